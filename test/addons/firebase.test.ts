import { createHmac, verify as verifySignature } from 'node:crypto';
import { createRequire } from 'node:module';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, FIREBASE_EMAIL, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

const AUDIENCE = 'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit';
const SECRET = 'q8nVtWl2XrP0bYzKc5JdAeGhUm3Ts7Fo1LiCx9Rv';
const FIREBASE_KEY = rsaPair('firebase').publicKey;

/** Gateways by the configuration of `chat`, with a high rate limit. */
const gateways = new Map<string, Promise<TestGateway>>();

function gatewayFor(addon: Record<string, unknown>): Promise<TestGateway> {
  const key = JSON.stringify(addon);
  const gateway =
    gateways.get(key) ??
    testGateway((config) => {
      config.rate_limit = { burst: 1_000, per_user: false, attempts_per_minute: 1_000 };
      Object.assign(chatOf(config).addons, { firebase: addon });
    });
  gateways.set(key, gateway);
  return gateway;
}

function chatOf(config: ReturnType<typeof baseConfig>): { addons: object } {
  return config.tenants[0]!.clients[2] as { addons: object };
}

/** The configuration of a custom token. */
function custom(more: Record<string, unknown> = {}): Record<string, unknown> {
  const { pem } = rsaPair('firebase');
  return { client_email: FIREBASE_EMAIL, private_key: pem, private_key_id: 'firebase-key-1', ...more };
}

async function delegateTo(gateway: TestGateway, claims: Record<string, unknown> = {}, scope?: string[]) {
  return gateway.delegate({ target: 'chat', scope }, { token: await gateway.idToken(claims) });
}

async function claimsOf(addon: Record<string, unknown>, claims: Record<string, unknown>, scope?: string[]) {
  return readJwt(readToken(await delegateTo(await gatewayFor(addon), claims, scope))).payload;
}

async function refusal(addon: Record<string, unknown>, claims: Record<string, unknown>) {
  return readRefusal(await delegateTo(await gatewayFor(addon), claims));
}

const invalid = (message: string) => ({ status: 200, code: 'INVALID_REQUEST', message });

/** The diagnostics of a configuration with this add-on. */
function diagnose(addon: Record<string, unknown>): string[] {
  const config = baseConfig();
  Object.assign(chatOf(config).addons, { firebase: addon });
  try {
    parseConfig(config);
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .map((line) => line.replace('tenants[0].clients[2].addons.firebase', '…'));
  }
}

describe('a Firebase custom token', () => {
  it('has exactly the claims that Firebase requires', async () => {
    const gateway = await gatewayFor(custom());
    const answer = await delegateTo(gateway);
    const iat = gateway.clock.seconds();
    expect(readJwt(readToken(answer))).toEqual({
      header: { alg: 'RS256', typ: 'JWT', kid: 'firebase-key-1' },
      payload: { iss: FIREBASE_EMAIL, sub: FIREBASE_EMAIL, aud: AUDIENCE, iat, exp: iat + 3600, uid: 'auth0|alice' },
    });
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'FirebaseCustomToken',
      token: readToken(answer),
      tokenType: 'Bearer',
      apiType: 'FIREBASE',
      expiresAt: '2026-01-01T01:00:00.000Z',
      expiresIn: 3600,
      uid: 'auth0|alice',
    });
  });

  it('verifies with jsonwebtoken and node:crypto, and with no other key', async () => {
    const gateway = await gatewayFor(custom());
    const token = readToken(await delegateTo(gateway));
    const options = {
      algorithms: ['RS256' as const],
      audience: AUDIENCE,
      issuer: FIREBASE_EMAIL,
      clockTimestamp: gateway.clock.seconds(),
    };
    expect(jwt.verify(token, FIREBASE_KEY, options)).toMatchObject({ uid: 'auth0|alice' });
    expect(() => jwt.verify(token, rsaPair('stranger').publicKey, options)).toThrow('invalid signature');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const verifies = (text: string) =>
      verifySignature('sha256', Buffer.from(text), FIREBASE_KEY, Buffer.from(signature, 'base64url'));
    expect([verifies(`${header}.${payload}`), verifies(`${header}.${payload}A`)]).toEqual([true, false]);
  });

  it('has no kid if none is configured', async () => {
    const token = readToken(await delegateTo(await gatewayFor(custom({ private_key_id: undefined }))));
    expect(readJwt(token).header).toEqual({ alg: 'RS256', typ: 'JWT' });
  });

  it('has the configured lifetime, at most one hour', async () => {
    const { iat, exp } = await claimsOf(custom({ lifetime_in_seconds: 60 }), {});
    expect(exp! - iat!).toBe(60);
    expect(diagnose(custom({ lifetime_in_seconds: 3600 }))).toEqual([]);
    expect(diagnose(custom({ lifetime_in_seconds: 3601 }))).toEqual([
      '….lifetime_in_seconds: a number; expected a number of at most 3600',
    ]);
  });

  it('has no claims from the scope', async () => {
    const person = { name: 'Alice', email: 'alice@example.com' };
    expect((await claimsOf(custom(), person, ['profile email passthrough'])).claims).toBeUndefined();
  });

  it.each([
    ['email', { email: 'alice@example.com', email_verified: true }, 'alice@example.com'],
    ['app_metadata.firebase_uid', { app_metadata: { firebase_uid: 'f-1' } }, 'f-1'],
    ['https://example.com/uid', { 'https://example.com/uid': 'f-2' }, 'f-2'],
    ['user_id', { user_id: 'somebody else' }, 'auth0|alice'],
    ['sub', {}, 'auth0|alice'],
  ])('has the uid of the configured path %s', async (uid, claims, expected) => {
    expect((await claimsOf(custom({ uid }), claims)).uid).toBe(expected);
  });

  it('has the custom claims of the map, without those whose path leads nowhere', async () => {
    const claims = { role: 'app_metadata.role', admin: 'app_metadata.admin', none: 'app_metadata.none' };
    const token = { app_metadata: { role: 'editor', admin: false } };
    expect((await claimsOf(custom({ claims }), token)).claims).toEqual({ role: 'editor', admin: false });
    expect('claims' in (await claimsOf(custom({ claims }), {}))).toBe(false);
  });
});

describe('data_claim', () => {
  const data_claim = 'https://example.com/firebase_data';

  it('sets the uid and the custom claims, as Auth0 rules did with firebase_data', async () => {
    const token = { [data_claim]: { uid: 'f-3', role: 'editor', teams: ['red'], nested: { deep: true } } };
    const { uid, claims } = await claimsOf(custom({ data_claim }), token);
    expect([uid, claims]).toEqual(['f-3', { role: 'editor', teams: ['red'], nested: { deep: true } }]);
  });

  it('takes precedence over the configured uid, and the claims map over it', async () => {
    const addon = custom({ data_claim, uid: 'email', claims: { role: 'nickname' } });
    const token = { email: 'alice@example.com', email_verified: true, nickname: 'ali' };
    const both = await claimsOf(addon, { ...token, [data_claim]: { uid: 'f-3', role: 'editor', team: 'red' } });
    expect([both.uid, both.claims]).toEqual(['f-3', { role: 'ali', team: 'red' }]);
    const without = await claimsOf(addon, { ...token, [data_claim]: { team: 'red' } });
    expect([without.uid, without.claims]).toEqual(['alice@example.com', { role: 'ali', team: 'red' }]);
  });

  it.each([undefined, null, {}])('that is %j in the token leaves the defaults', async (data) => {
    const { uid, claims } = await claimsOf(custom({ data_claim }), { [data_claim]: data });
    expect([uid, claims]).toEqual(['auth0|alice', undefined]);
  });

  it.each(['text', 7, true, ['list']])('that is %j is refused', async (data) => {
    expect(await refusal(custom({ data_claim }), { [data_claim]: data })).toEqual(
      invalid(`The claim "${data_claim}" must be an object with a Firebase uid and custom claims`),
    );
  });

  it.each([
    'acr',
    'amr',
    'at_hash',
    'aud',
    'auth_time',
    'azp',
    'cnf',
    'c_hash',
    'exp',
    'iat',
    'iss',
    'jti',
    'nbf',
    'nonce',
    'sub',
    'firebase',
  ])('must not contain %s, and neither must the claims map', async (name) => {
    expect(await refusal(custom({ data_claim: 'd' }), { d: { uid: 'f-3', [name]: 'value' } })).toEqual(
      invalid(`The claim "d.${name}" must be absent: Firebase reserves its name`),
    );
    expect(diagnose(custom({ claims: { [name]: 'email' } }))).toEqual([
      `….claims.${name}: a string; expected a claim name that is not reserved`,
    ]);
  });

  it('with names of inherited properties is plain data', async () => {
    const token = JSON.parse('{"d": {"uid": "f-3", "constructor": 1, "__proto__": {"admin": true}}}');
    const { claims } = await claimsOf(custom({ data_claim: 'd' }), token);
    expect(JSON.stringify(claims)).toBe('{"constructor":1,"__proto__":{"admin":true}}');
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('the uid of a custom token', () => {
  const LONGEST = '\u{1f600}'.repeat(64);

  it('has 1 to 128 UTF-16 units', async () => {
    expect(LONGEST.length).toBe(128);
    expect((await claimsOf(custom({ uid: 'uid' }), { uid: LONGEST })).uid).toBe(LONGEST);
    expect((await claimsOf(custom({ uid: 'uid' }), { uid: 'a' })).uid).toBe('a');
    expect(await refusal(custom({ uid: 'uid' }), { uid: `${LONGEST}a` })).toEqual(
      invalid('The claim "uid" must have at most 128 characters, because it is the Firebase uid'),
    );
    expect(await refusal(custom(), { sub: 'a'.repeat(129) })).toEqual(
      invalid('The claim "sub" must have at most 128 characters, because it is the Firebase uid'),
    );
  });

  it.each([[undefined], [null], [''], [7], [true], [['a']], [{ a: 1 }]])('is not %j', async (value) => {
    const message = (claim: string) =>
      invalid(
        `The claim "${claim}" must be a non-empty string without lone surrogates, because it is the Firebase uid`,
      );
    expect(await refusal(custom({ uid: 'app_metadata.uid' }), { app_metadata: { uid: value } })).toEqual(
      message('app_metadata.uid'),
    );
    if (value !== undefined)
      expect(await refusal(custom({ data_claim: 'd' }), { d: { uid: value } })).toEqual(message('d.uid'));
  });

  it('has no lone surrogates, which UTF-8 would all encode as the same character', async () => {
    expect(await refusal(custom({ uid: 'uid' }), { uid: 'a\ud800' })).toEqual(
      invalid('The claim "uid" must be a non-empty string without lone surrogates, because it is the Firebase uid'),
    );
  });
});

describe('the custom claims of a custom token', () => {
  it('have at most 1000 characters as JSON', async () => {
    const fill = 1000 - JSON.stringify({ fill: '' }).length;
    const addon = custom({ claims: { fill: 'fill' } });
    expect(((await claimsOf(addon, { fill: 'é'.repeat(fill) })).claims as { fill: string }).fill).toHaveLength(fill);
    expect(await refusal(addon, { fill: 'é'.repeat(fill + 1) })).toEqual(
      invalid('The custom claims of a Firebase token must have at most 1000 characters as JSON'),
    );
  });
});

describe('a token of the Firebase SDK 2', () => {
  interface Generator {
    createToken(data: object, options: { iat: number; expires: number }): string;
  }
  // The package sets module.exports at run time, so that only require() finds its exports.
  const FirebaseTokenGenerator = createRequire(import.meta.url)('firebase-token-generator') as new (
    secret: string,
  ) => Generator;
  const data_claim = 'd';
  const addon = { secret: SECRET, data_claim };

  // The package throws on surrogate pairs, so characters beyond U+FFFF cannot be compared.
  it.each([
    ['a uid alone', {}],
    [
      'claims of each kind',
      { role: 'editor', level: 3, on: true, off: false, none: null, list: [1, 'two'], in: { deep: {} } },
    ],
    ['claims that are not ASCII', { name: 'Zoë 漢字 €', quote: '"\\/\b\f\n\r\t\u0001\u2028' }],
    ['numbers', { float: 1.5, big: 1e21, negative: -0.25, zero: 0 }],
    ['names that look like indexes', { 2: 'b', 1: 'a', name: 'c' }],
  ])('with %s has the same bytes as one of firebase-token-generator 2.0.0', async (_what, claims) => {
    const gateway = await gatewayFor({ ...addon, lifetime_in_seconds: 600 });
    const iat = gateway.clock.seconds();
    const expected = new FirebaseTokenGenerator(SECRET).createToken(
      { uid: 'f-4', ...claims },
      { iat, expires: iat + 600 },
    );
    expect(readToken(await delegateTo(gateway, { d: { uid: 'f-4', ...claims } }))).toBe(expected);
  });

  it('is signed with the secret as UTF-8, even if it is not ASCII', async () => {
    const secret = 'geheim-ßecret-漢字';
    const gateway = await gatewayFor({ secret });
    const iat = gateway.clock.seconds();
    const expected = new FirebaseTokenGenerator(secret).createToken(
      { uid: 'auth0|alice' },
      { iat, expires: iat + 3600 },
    );
    expect(readToken(await delegateTo(gateway))).toBe(expected);
  });

  it('has exactly this content, without the flags admin, debug or simulate', async () => {
    const gateway = await gatewayFor({ ...addon, claims: { role: 'role' } });
    const token = readToken(await delegateTo(gateway, { role: 'editor', admin: true, d: { uid: 'f-4' } }));
    const iat = gateway.clock.seconds();
    expect(readJwt(token)).toEqual({
      header: { typ: 'JWT', alg: 'HS256' },
      payload: { iat, exp: iat + 3600, v: 0, d: { uid: 'f-4', role: 'editor' } },
    });
  });

  it('verifies with jsonwebtoken and node:crypto', async () => {
    const gateway = await gatewayFor(addon);
    const token = readToken(await delegateTo(gateway));
    const options = { algorithms: ['HS256' as const], clockTimestamp: gateway.clock.seconds() };
    expect(jwt.verify(token, SECRET, options)).toMatchObject({ v: 0, d: { uid: 'auth0|alice' } });
    expect(() => jwt.verify(token, `${SECRET}x`, options)).toThrow('invalid signature');
    const [header, payload, signature] = token.split('.');
    expect(createHmac('sha256', SECRET).update(`${header}.${payload}`).digest('base64url')).toBe(signature);
  });

  it('has a uid of at most 256 bytes', async () => {
    const longest = 'é'.repeat(128);
    const { d } = await claimsOf({ secret: SECRET, uid: 'uid' }, { uid: longest });
    expect(d).toEqual({ uid: longest });
    expect(await refusal({ secret: SECRET, uid: 'uid' }, { uid: `${longest}a` })).toEqual(
      invalid('The claim "uid" must have at most 256 bytes, because it is the Firebase uid'),
    );
  });

  it('has fewer than 1024 bytes', async () => {
    const gateway = await gatewayFor(addon);
    const sizeOf = async (fill: number) => {
      const answer = await delegateTo(gateway, { d: { uid: 'f-4', fill: 'a'.repeat(fill) } });
      return answer.errors ? readRefusal(answer) : readToken(answer).length;
    };
    const base = (await sizeOf(0)) as number;
    const room = Math.floor(((1023 - base) * 3) / 4);
    expect([1022, 1023]).toContain(await sizeOf(room));
    expect(await sizeOf(room + 2)).toEqual(invalid('The Firebase token must be shorter than 1024 bytes'));
  });

  it.each(['sub', 'firebase', 'iss'])('must not have the claim %s', async (name) => {
    expect(await refusal(addon, { d: { uid: 'f-4', [name]: 'value' } })).toEqual(
      invalid(`The claim "d.${name}" must be absent: Firebase reserves its name`),
    );
  });
});

/** The JSON file of a service account, as Google gives it. */
function serviceAccount(more: Record<string, unknown> = {}): string {
  const account = {
    type: 'service_account',
    project_id: 'demo-project',
    private_key_id: 'firebase-key-1',
    private_key: rsaPair('firebase').pem,
    client_email: FIREBASE_EMAIL,
    client_id: '100000000000000000000',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
    ...more,
  };
  return `${JSON.stringify(account, null, 2)}\n`;
}

describe('service_account', () => {
  it('issues the same token as client_email, private_key and private_key_id', async () => {
    const { path } = configFolder({ 'service-account.json': serviceAccount() });
    const issue = async (addon: Record<string, unknown>) => readToken(await delegateTo(await gatewayFor(addon)));
    const fromFile = await issue({ service_account: { file: `${path}/service-account.json` } });
    expect(fromFile).toBe(await issue(custom()));
    expect(await issue({ service_account: serviceAccount() })).toBe(fromFile);
  });

  it('signs without a kid where the file has no private_key_id', async () => {
    const gateway = await gatewayFor({ service_account: serviceAccount({ private_key_id: undefined }) });
    expect(readJwt(readToken(await delegateTo(gateway))).header).toEqual({ alg: 'RS256', typ: 'JWT' });
  });

  const EXPECTED = '….service_account: a string; expected the JSON file of a Google service account';

  it.each([
    ['a PEM text', rsaPair('firebase').pem, '; this is no JSON object'],
    ['a list', '[]', '; this is no JSON object'],
    ['the configuration of a web app', '{"apiKey":"x"}', '; this has no client_email and no private_key'],
    ['a file without its key', serviceAccount({ private_key: '' }), '; this has no private_key'],
    ['an address that is no string', serviceAccount({ client_email: 7 }), '; this has no client_email'],
    [
      'a key that is cut off',
      serviceAccount({ private_key: rsaPair('firebase').pem.slice(0, 400) }),
      ', whose private_key is an unencrypted RSA private key in PEM form',
    ],
  ])('is refused with %s', (_what, text, why) => {
    expect(diagnose({ service_account: text })).toEqual([`${EXPECTED}${why}`]);
  });
});

describe('the configuration of firebase', () => {
  const EITHER = 'expected service_account alone, client_email with private_key, or secret alone';

  it.each([
    ['nothing', {}, [`….client_email: missing; ${EITHER}`, `….private_key: missing; ${EITHER}`]],
    ['half a service account', custom({ private_key: undefined }), [`….private_key: missing; ${EITHER}`]],
    ['both kinds', custom({ secret: SECRET }), [`….secret: a string; ${EITHER}`]],
    [
      'a service account and a part of one',
      { service_account: serviceAccount(), private_key_id: 'k1' },
      [`….service_account: a string; ${EITHER}`],
    ],
    [
      'a service account and a secret',
      { service_account: serviceAccount(), secret: SECRET },
      [`….secret: a string; ${EITHER}`],
    ],
    ['an empty secret', { secret: '' }, ['….secret: an empty string; expected a secret that is not empty']],
    [
      'a uid in SDK 2 claims',
      { secret: SECRET, claims: { uid: 'email' } },
      ['….claims.uid: a string; expected a claim name other than uid'],
    ],
    [
      'an invalid key',
      custom({ private_key: 'no key' }),
      ['….private_key: a string; expected an unencrypted RSA private key in PEM form'],
    ],
    [
      'a misspelled key',
      custom({ privat_key_id: 'x' }),
      ['….privat_key_id: unknown key; did you mean "private_key_id"?'],
    ],
  ])('is refused with %s', (_what, addon, faults) => {
    expect(diagnose(addon)).toEqual(faults);
  });
});
