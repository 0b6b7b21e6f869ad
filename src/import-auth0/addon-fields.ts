import { z } from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { createConfigFields } from '../config/fields.js';

/** What the importer has to know of one field of an add-on's configuration. */
export interface AddonField {
  readonly secret: boolean;
  readonly integer: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

/** The fields of an add-on, by name. */
export type AddonFields = ReadonlyMap<string, AddonField>;

/** Which add-ons there are and which fields they take, read off their own schemas: a new one needs nothing here. */
export function addonFields(addons: readonly AddonDefinition[]): ReadonlyMap<string, AddonFields> {
  const fields = createConfigFields(() => '');
  return new Map(
    addons.flatMap(({ name, config }) =>
      config
        ? [[name, fieldsOf(z.toJSONSchema(config(fields), { io: 'input', unrepresentable: 'any' }))] as const]
        : [],
    ),
  );
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function fieldsOf({ properties = {} }: JsonSchema): AddonFields {
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
