import * as z from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { createConfigFields } from '../config/fields.js';

/** The smallest and the largest number that a field takes. */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number;
}

/** What the importer has to know about one field of an add-on's configuration. */
export interface AddonField extends Limits {
  readonly secret: boolean;
  readonly integer: boolean;
}

/** The fields of an add-on, by name. */
export type AddonFields = ReadonlyMap<string, AddonField>;

/** Reads the fields of each add-on from its configuration schema, so that a new add-on needs no change here. */
export function readAddonFields(addons: readonly AddonDefinition[]): ReadonlyMap<string, AddonFields> {
  const fields = createConfigFields(() => '');
  return new Map(
    addons.flatMap(({ name, config }) =>
      config
        ? [[name, readFields(z.toJSONSchema(config(fields), { io: 'input', unrepresentable: 'any' }))] as const]
        : [],
    ),
  );
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function readFields({ properties = {} }: JsonSchema): AddonFields {
  return new Map(
    Object.entries(properties).map(([name, schema]) => {
      const { type, minimum, maximum, anyOf = [] } = schema as JsonSchema;
      return [
        name,
        {
          secret: anyOf.some((each) => (each as JsonSchema).properties?.env !== undefined),
          integer: type === 'integer',
          minimum: minimum ?? Number.MIN_SAFE_INTEGER,
          maximum: maximum ?? Number.MAX_SAFE_INTEGER,
        },
      ];
    }),
  );
}

/** Makes a number whole and moves it into its limits, with a note; the self-check refuses anything else. */
export function clampNumber(
  path: string,
  value: unknown,
  { minimum, maximum }: Limits,
  note: (sentence: string) => void,
): unknown {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return value;
  const clamped = Math.min(Math.max(Math.trunc(number), minimum), maximum);
  if (clamped !== number) note(`${path} is ${number}: changed to ${clamped}, the nearest allowed value`);
  return clamped;
}
