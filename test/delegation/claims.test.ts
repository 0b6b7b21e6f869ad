import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { baseConfig, type TestGateway, testGateway } from '../support/gateway.js';

const PROFILE = {
  name: 'Alice Liddell',
  family_name: 'Liddell',
  given_name: 'Alice',
  middle_name: 'P.',
  nickname: 'ali',
  preferred_username: 'alice',
  profile: 'https://example.com/alice',
  picture: 'https://example.com/alice.png',
  website: 'https://alice.example.com',
  gender: 'female',
  birthdate: '1852-05-04',
  zoneinfo: 'Europe/London',
  locale: 'en-GB',
  updated_at: '2026-01-01T00:00:00.000Z',
};
const EMAIL = { email: 'alice@example.com', email_verified: true };
const OTHERS = {
  phone_number: '+44 1',
  address: { country: 'GB' },
  app_metadata: { role: 'admin', teams: ['red', 'blue'], 'dotted.name': 'whole' },
  'https://example.com/roles': ['editor'],
  'https://example.com/meta': { plan: 'gold' },
  nonce: 'n-1',
  at_hash: 'abc',
  auth_time: 1,
  amr: ['pwd'],
  nothing: null,
  no: false,
  zero: 0,
};

/** The claims of an app token for `api` without the registered ones. */
async function claimsFor(
  scope: readonly string[] | undefined,
  { token = { ...PROFILE, ...EMAIL, ...OTHERS }, claims = {} }: { token?: object; claims?: object } = {},
): Promise<unknown> {
  const gateway = await gatewayWith(claims);
  const subject = await gateway.idToken({ ...token });
  const answer = await gateway.delegate({ target: 'api', scope }, { token: subject });
  const { iss, sub, aud, azp, iat, exp, jti, idp, chain_iat, chain_exp, act, auth_time, amr, ...rest } = readJwt(
    readToken(answer),
  ).payload;
  expect([iss, sub, aud, azp, exp! - iat!, typeof jti]).toEqual([
    'https://acme.example.com/',
    'auth0|alice',
    'api',
    'web',
    3600,
    'string',
  ]);
  return rest;
}

/** One gateway for each claims map, with a rate limit that the tests do not reach. */
const gateways = new Map<string, Promise<TestGateway>>();

function gatewayWith(claims: object): Promise<TestGateway> {
  const key = JSON.stringify(claims);
  const gateway =
    gateways.get(key) ??
    testGateway((config) => {
      config.rate_limit = { burst: 1_000, per_user: false, attempts_per_minute: 1_000 };
      Object.assign(config.tenants[0]!.clients[1]!, { claims });
    });
  gateways.set(key, gateway);
  return gateway;
}

describe('the scope of an app token', () => {
  it.each([
    ['openid', {}],
    ['profile', PROFILE],
    ['email', EMAIL],
    ['openid profile email', { ...PROFILE, ...EMAIL }],
    ['passthrough', { ...PROFILE, ...EMAIL }],
    ['openid passthrough', { ...PROFILE, ...EMAIL }],
    ['openid phone address offline_access app_metadata nonce constructor __proto__ toString', {}],
    ['PROFILE Email', {}],
  ])('%s copies exactly the documented claims', async (scope, expected) => {
    expect(await claimsFor([scope])).toEqual(expected);
  });

  it.each([...Object.entries(PROFILE), ...Object.entries(EMAIL)])(
    'copies %s when the source token has it',
    async (name, value) => {
      const scope = name in EMAIL ? 'email' : 'profile';
      expect(await claimsFor([scope], { token: { [name]: value } })).toEqual({ [name]: value });
      expect(await claimsFor([scope === 'email' ? 'profile' : 'email'], { token: { [name]: value } })).toEqual({});
    },
  );

  it('adds no claim that the source token lacks', async () => {
    for (const scope of ['profile', 'email', 'passthrough'])
      expect(await claimsFor([scope], { token: {} })).toEqual({});
  });

  it('can be one string, a list of strings, or both', async () => {
    const both = { ...PROFILE, ...EMAIL };
    for (const scope of [['profile', 'email'], ['profile email'], ['openid profile', 'email openid']]) {
      expect(await claimsFor(scope)).toEqual(both);
    }
  });

  it('is openid when it is absent, empty or blank', async () => {
    for (const scope of [undefined, [], [''], [' ']]) expect(await claimsFor(scope)).toEqual({});
  });

  it('copies values unchanged', async () => {
    const token = { name: { first: 'Alice' }, email_verified: 'yes', email: null, locale: ['en', 7] };
    expect(await claimsFor(['profile email'], { token })).toEqual(token);
  });

  it.each(['"', 'open"id', 'a\\b', 'openid\tprofile', 'openid\nprofile', 'café', 'a\u0000', 'a\u007f', '\u00a0'])(
    'is refused when it contains %j',
    async (scope) => {
      const gateway = await gatewayWith({});
      const answer = await gateway.delegate({ target: 'api', scope: [scope] }, { token: await gateway.idToken() });
      expect(readRefusal(answer)).toEqual({
        status: 200,
        code: 'INVALID_SCOPE',
        message: 'scope must consist of scope values as defined in RFC 6749 §3.3',
      });
    },
  );

  it.each(['!#[]~', 'https://example.com/read', 'read:users', "a'b"])('ignores the unknown value %j', async (scope) => {
    expect(await claimsFor([scope])).toEqual({});
  });
});

describe('the claims map of a client', () => {
  it('adds its claims with any scope', async () => {
    const claims = { role: 'app_metadata.role', teams: 'app_metadata.teams', who: 'sub', id: 'user_id' };
    const expected = { role: 'admin', teams: ['red', 'blue'], who: 'auth0|alice', id: 'auth0|alice' };
    expect(await claimsFor(undefined, { claims })).toEqual(expected);
    expect(await claimsFor(['email'], { claims })).toEqual({ ...EMAIL, ...expected });
  });

  it('adds no claim for a path that does not exist', async () => {
    const claims = {
      a: 'missing',
      b: 'app_metadata.missing',
      c: 'name.first',
      d: 'app_metadata.teams.0',
      e: 'app_metadata.teams.length',
      f: 'app_metadata.role.length',
      g: 'app_metadata..role',
      h: '.',
    };
    expect(await claimsFor(undefined, { claims })).toEqual({});
  });

  it('copies null, false, 0 and empty values', async () => {
    expect(await claimsFor(undefined, { claims: { a: 'nothing', b: 'no', c: 'zero' } })).toEqual({
      a: null,
      b: false,
      c: 0,
    });
  });

  it('reads claims whose names contain dots, at any level', async () => {
    const claims = {
      roles: 'https://example.com/roles',
      plan: 'https://example.com/meta.plan',
      dotted: 'app_metadata.dotted.name',
    };
    expect(await claimsFor(undefined, { claims })).toEqual({ roles: ['editor'], plan: 'gold', dotted: 'whole' });
  });

  it('copies a namespaced claim to a plain name', async () => {
    const claims = { 'https://api.example.com/role': 'app_metadata.role' };
    expect(await claimsFor(undefined, { claims })).toEqual({ 'https://api.example.com/role': 'admin' });
  });

  it('overrides a claim that the scope copies', async () => {
    expect(await claimsFor(['email'], { claims: { email: 'nickname' } })).toEqual({ ...EMAIL, email: 'ali' });
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'constructor.name',
    '__proto__.polluted',
    'app_metadata.constructor',
  ])('does not read the inherited property %s', async (path) => {
    expect(await claimsFor(undefined, { claims: { found: path } })).toEqual({});
  });

  it('reads a claim that is named like an inherited property, and changes no prototype', async () => {
    const token = JSON.parse(
      '{"constructor": "c", "__proto__": {"polluted": true}, "email": {"__proto__": {"polluted": true}}}',
    );
    const claims = { constructor: 'constructor', inner: '__proto__.polluted' };
    const copied = (await claimsFor(['email'], { token, claims })) as Record<string, unknown>;
    expect(Object.entries(copied).map(([name, value]) => [name, JSON.stringify(value)])).toEqual([
      ['email', '{"__proto__":{"polluted":true}}'],
      ['constructor', '"c"'],
      ['inner', 'true'],
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each('iss sub aud exp nbf iat jti azp nonce auth_time at_hash c_hash acr amr'.split(' '))(
    'is refused when it sets the reserved claim %s',
    (name) => {
      const config = baseConfig();
      Object.assign(config.tenants[0]!.clients[1]!, { claims: { [name]: 'email' } });
      expect(() => parseConfig(config)).toThrow(
        `tenants[0].clients[1].claims.${name}: a string; expected a claim name that is not reserved`,
      );
    },
  );
});
