import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { createConfigFields } from '../../src/config/fields.js';
import { formatPath } from '../../src/config/path.js';
import { isPlausibleName } from '../../src/config/plausible-name.js';
import { gatewayJsonSchema } from '../../src/config/schema.js';
import { APP_SECRET } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

/** 10,000 times 32 bytes, the same in every run. */
const pseudoRandom = Array.from({ length: 10_000 }, (_, index) => createHash('sha256').update(`${index}`).digest());

/** Every name of a property in a JSON Schema. */
function propertyNames(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(propertyNames);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value) : []),
    ...propertyNames(value),
  ]);
}

describe('a plausible name', () => {
  it('is every name of the configuration, those of an export included', () => {
    const names = new Set(propertyNames(gatewayJsonSchema(createConfigFields(String), ADDONS)));
    expect(names.size).toBeGreaterThan(150);
    expect([...names].filter((name) => formatPath([name]) !== name)).toEqual([]);
  });

  it.each([
    'on_store_failure',
    'redis_url',
    'drainSeconds',
    'tokens_valid_after',
    'fcm',
    'nam',
    'others',
    '__proto__',
    '$schema',
    'x-forwarded-for',
    'preferred_username',
    'app_metadata.role',
    'idTokenSignedResponseAlg',
    'CHAT_FIREBASE_PRIVATE_KEY',
    'sha256',
    'https://example.com/roles',
    'https://hasura.io/jwt/claims',
  ])('is %s', (name) => {
    expect(isPlausibleName(name)).toBe(true);
    expect(formatPath([name])).toContain(name);
  });

  const { pem } = rsaPair('somebody');
  const jwt = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  it.each([
    ['a PEM file', pem],
    ['a PEM file on one line', pem.replaceAll('\n', '\\n')],
    ['a line of a PEM file', pem.split('\n')[3]!],
    ['the first line of a PKCS #8 key', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'],
    ['a JWT', jwt],
    ['the header of a JWT', jwt.split('.')[0]!],
    ['the payload of a JWT', jwt.split('.')[1]!],
    ['the signature of a JWT', jwt.split('.')[2]!],
    // Invented values in the vendors' forms, joined so that no scanner takes them for real ones.
    ['a key of Stripe', ['sk', 'live', '51H8aBcDeFgHiJkLmNoPqRsT'].join('_')],
    ['a token of GitHub', ['ghp', '16C7e42F292c6912E7710c838347Ae178B4a'].join('_')],
    ['a token of Slack', ['xoxb', '263594206564', '2343594206564', 'FGqddMF8t08v8N7Oq4i57vs1'].join('-')],
    [
      'a webhook of Slack',
      ['https://hooks.slack.com/services', 'T00000000', 'B00000000', 'aBcDeFgHiJkLmNoPqRsTuVwX'].join('/'),
    ],
    ['a key id of AWS', ['AKIA', 'IOSFODNN7EXAMPLE'].join('')],
    ['a key of AWS', ['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/')],
    ['a key of Google', ['AIza', 'SyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUvW'].join('')],
    ['a client secret of Auth0', 'kZ9mQ2vXr7LtB4nWc8YdE1fGh5JsK0pA_uToI3xV6yRqNbMzCe-lDgHwSaPjFiUo'],
    ['a secret in hexadecimal', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    ['a short secret in hexadecimal', 'd41d8cd98f00b204'],
    ['base32', 'JBSWY3DPEHPK3PXPJBSWY3DP'],
    ['base64', 'dGhpcyBpcyBhIHNlY3JldCBvZiBtaW5l'],
    ['base64 with its padding', 'dGhpcyBpcyBhIHNlY3JldA=='],
    ['a UUID', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ['letters at random', 'qxjvkwzpmtrbnlhd'],
    ['a password of Google for an app', 'xkqj zvwp mnbt rsdl'],
    ['a password with digits in it', 'Tr0ub4dor3'],
    ['a secret after a colon without a space', `client_secret:${APP_SECRET}`],
    ['a secret of digits', '90210733'],
  ])('is not %s', (_what, secret) => {
    expect(formatPath(['tenants', 0, secret])).toBe(`tenants[0][a key of ${secret.length} characters]`);
  });

  it.each<[string, (bytes: Buffer) => string]>([
    ['base64', (bytes) => bytes.toString('base64')],
    ['base64url', (bytes) => bytes.toString('base64url')],
    ['hexadecimal', (bytes) => bytes.toString('hex')],
    ['a UUID', (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5')],
    ['letters and digits', (bytes) => Array.from(bytes, (byte) => (byte % 36).toString(36)).join('')],
    ['letters', (bytes) => Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join('')],
  ])('is none of 10,000 random secrets: %s', (_what, encode) => {
    expect(pseudoRandom.map(encode).filter(isPlausibleName)).toEqual([]);
  });
});
