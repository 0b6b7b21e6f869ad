import { isRecord } from '../lib/json.js';
import type { AddonDefinition } from './addon.js';
import type { Credential, FieldDescriptor, FieldScalars } from './credential.js';

/** The greatest and least Int of GraphQL, and the greatest time of a Date in milliseconds (ECMAScript, section 21.4.1.1). */
const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);
const MAX_TIME_MS = 8.64e15;

const FITS: { readonly [Name in keyof FieldScalars]: (value: unknown) => boolean } = {
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  Int: (value) => Number.isInteger(value) && isBetween(value, MIN_INT, MAX_INT),
  Boolean: (value) => typeof value === 'boolean',
  DateTime: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
};

/**
 * Checks that a credential is what its add-on declares, before any endpoint serializes it. Otherwise graphql-js would
 * find the mismatch after the delegation was audited as a success, and POST /delegation would return the value.
 *
 * @throws TypeError that names the add-on and the field, and holds no value
 */
export function checkCredential({ name, credential: type }: AddonDefinition, credential: Credential): void {
  const check = (field: string, fits: boolean, expected: string) => {
    if (!fits) throw new TypeError(`The add-on "${name}" issued a credential whose ${field} is not ${expected}`);
  };
  const { token, tokenType, expiresAt, expiresIn, fields, issued = {} } = credential;
  check('token', isText(token), 'a non-empty string');
  check('tokenType', isText(tokenType), 'a non-empty string');
  check('expiresAt', expiresAt === null || isEpochSeconds(expiresAt), 'null or whole epoch seconds');
  check('expiresIn', expiresIn === null || FITS.Int(expiresIn), 'null or a whole number of 32 bits');
  check('fields', isRecord(fields), 'an object');
  check('issued', isRecord(issued) && Object.values(issued).every(FITS.String), 'an object of strings');
  for (const [field, descriptor] of Object.entries(type.fields)) {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    check(`fields.${field}`, fitsDescriptor(value, descriptor), describe(descriptor));
  }
}

function fitsDescriptor(value: unknown, { type, nullable = false }: FieldDescriptor): boolean {
  if (value === null) return nullable;
  if (typeof type === 'string') return FITS[type](value);
  return Array.isArray(value) && value.every((item) => FITS[type[0]](item));
}

function describe({ type, nullable = false }: FieldDescriptor): string {
  return `${nullable ? 'null or ' : ''}of type ${typeof type === 'string' ? type : `[${type[0]}]`}`;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isEpochSeconds(value: unknown): boolean {
  return Number.isInteger(value) && isBetween(value, -MAX_TIME_MS / 1000, MAX_TIME_MS / 1000);
}

function isBetween(value: unknown, minimum: number, maximum: number): boolean {
  return typeof value === 'number' && value >= minimum && value <= maximum;
}
