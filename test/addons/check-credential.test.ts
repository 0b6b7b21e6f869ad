import { describe, expect, it } from 'vitest';
import type { AddonDefinition, Credential } from '../../src/addons/addon.js';
import { checkCredential } from '../../src/addons/check-credential.js';
import type { FieldDescriptors } from '../../src/addons/credential.js';
import { ADDONS } from '../../src/addons/index.js';
import { layer } from '../../src/addons/layer.js';
import { testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';

const VALUE = 'tok-5ecret';
const FIELDS: FieldDescriptors = {
  id: { type: 'ID', description: '' },
  text: { type: 'String', nullable: true, description: '' },
  count: { type: 'Int', description: '' },
  flag: { type: 'Boolean', description: '' },
  time: { type: 'DateTime', description: '' },
  list: { type: ['Int'], nullable: true, description: '' },
};
const definition: AddonDefinition = { ...layer, name: 'pager', credential: { ...layer.credential, fields: FIELDS } };
const RIGHT = { token: VALUE, tokenType: 'Bearer', expiresAt: 1, expiresIn: 1 };
const FIELDS_RIGHT = { id: VALUE, text: VALUE, count: 1, flag: false, time: new Date(0), list: [1, 2] };

/** The message for a credential that JavaScript code, or code with a cast, could return. */
function checkFaulty(credential: unknown): string {
  try {
    checkCredential(definition, credential as Credential);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message.replace('The add-on "pager" issued a credential whose ', '');
  }
}

describe('the check of a credential', () => {
  it.each([
    ['with all its fields', {}, {}],
    ['without times', { expiresAt: null, expiresIn: null }, {}],
    ['with null for nullable fields', {}, { text: null, list: null }],
    ['with an empty string and an empty list', {}, { text: '', list: [] }],
    ['with the limits of an Int', { expiresIn: 2 ** 31 - 1 }, { count: -(2 ** 31) }],
    ['with the greatest time of a Date', { expiresAt: 8.64e12 }, { time: new Date(8.64e15) }],
    ['with what its legacy body needs', { model: { any: 'thing' } }, { more: Symbol() }],
  ])('accepts one %s', (_what, own, fields) => {
    expect(checkFaulty({ ...RIGHT, ...own, fields: { ...FIELDS_RIGHT, ...fields } })).toBe('accepted');
  });

  const seconds = 'expiresAt is not null or whole epoch seconds';
  const int32 = 'expiresIn is not null or a whole number of 32 bits';
  it.each<[Record<string, unknown>, string]>([
    [{ token: '' }, 'token is not a non-empty string'],
    [{ token: { key: VALUE } }, 'token is not a non-empty string'],
    [{ token: undefined }, 'token is not a non-empty string'],
    [{ tokenType: 7 }, 'tokenType is not a non-empty string'],
    [{ tokenType: '' }, 'tokenType is not a non-empty string'],
    [{ expiresAt: '1' }, seconds],
    [{ expiresAt: 1.5 }, seconds],
    [{ expiresAt: undefined }, seconds],
    [{ expiresAt: Number.NaN }, seconds],
    [{ expiresAt: 8.64e12 + 1 }, seconds],
    [{ expiresIn: 2 ** 31 }, int32],
    [{ expiresIn: 0.5 }, int32],
    [{ expiresIn: undefined }, int32],
    [{ fields: undefined }, 'fields is not an object'],
    [{ fields: VALUE }, 'fields is not an object'],
  ])('refuses one with %j', (own, message) => {
    expect(checkFaulty({ ...RIGHT, fields: FIELDS_RIGHT, ...own })).toBe(message);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ id: 7 }, 'fields.id is not of type ID'],
    [{ id: null }, 'fields.id is not of type ID'],
    [{ text: { key: VALUE } }, 'fields.text is not null or of type String'],
    [{ text: undefined }, 'fields.text is not null or of type String'],
    [{ count: 2 ** 31 }, 'fields.count is not of type Int'],
    [{ count: '1' }, 'fields.count is not of type Int'],
    [{ flag: VALUE }, 'fields.flag is not of type Boolean'],
    [{ time: 0 }, 'fields.time is not of type DateTime'],
    [{ time: new Date(Number.NaN) }, 'fields.time is not of type DateTime'],
    [{ list: 1 }, 'fields.list is not null or of type [Int]'],
    [{ list: [1, VALUE] }, 'fields.list is not null or of type [Int]'],
    [{ list: [null] }, 'fields.list is not null or of type [Int]'],
  ])('refuses one whose own fields have %j', (fields, message) => {
    expect(checkFaulty({ ...RIGHT, fields: { ...FIELDS_RIGHT, ...fields } })).toBe(message);
  });

  it('refuses one that inherits a declared field', () => {
    const { id: _id, ...own } = FIELDS_RIGHT;
    expect(checkFaulty({ ...RIGHT, fields: Object.assign(Object.create({ id: VALUE }), own) })).toBe(
      'fields.id is not of type ID',
    );
  });
});

describe('a credential that does not fit its declaration', () => {
  const APP = ADDONS.find(({ name }) => name === 'app') as AddonDefinition;
  /** A gateway whose add-on `app` returns this. */
  const returning = (credential: unknown) =>
    testGateway(() => {}, {
      addons: [{ ...APP, create: () => ({ issue: () => credential as Credential }) }, ...ADDONS.slice(1)],
    });

  it.each([
    ['its token', { ...RIGHT, token: { key: VALUE }, fields: { audience: 'api' } }],
    ['its lifetime', { ...RIGHT, expiresIn: 2 ** 31, fields: { audience: 'api' } }],
    ['its own field', { ...RIGHT, fields: { audience: { key: VALUE } } }],
  ])(
    'by %s is INTERNAL at /graphql and at POST /delegation, audited as a failure, and not repeated',
    async (_what, credential) => {
      const gateway = await returning(credential);
      const token = await gateway.idToken();
      const graphql = await gateway.delegate({ target: 'api' }, { token });
      expect([graphql.status, graphql.data, graphql.errors?.[0]]).toMatchObject([
        200,
        { delegate: null },
        {
          message: 'An unexpected error occurred; the log has it under the request id',
          extensions: { code: 'INTERNAL', rateLimit: { remaining: 9 } },
        },
      ]);
      const legacy = await postForm(gateway, { target: 'api', api_type: 'app', id_token: token });
      expect([legacy.status, legacy.body.error]).toEqual([500, 'server_error']);
      expect(gateway.log.audits()).toMatchObject([
        { audit: 'fd', code: 'INTERNAL', target: 'api', apiType: 'APP' },
        { audit: 'fd', code: 'INTERNAL', target: 'api', apiType: 'APP' },
      ]);
      const log = gateway.log.lines.join('');
      expect(log).toContain('issued a credential whose');
      for (const text of [graphql.text, legacy.text, log]) expect(text).not.toContain(VALUE);
    },
  );
});
