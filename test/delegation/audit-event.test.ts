import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { readToken } from '../support/answers.js';
import { testClock } from '../support/clock.js';
import { type GraphqlRequest, ISSUER, type TestGateway, testGateway } from '../support/gateway.js';

const REQUEST_ID = 'a-request-of-this-test';
const headers = { 'x-request-id': REQUEST_ID };

/** A token whose signature does not verify. */
function forge(header: object, claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.AAAA`;
}

/** The hash by which an audit event identifies a token. */
function sha256(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

const TIME = new Date(testClock().now()).toISOString();

/** What every event of these tests says of the request. */
const COMMON = {
  time: TIME,
  endpoint: 'graphql',
  tenant: 'acme',
  authenticated: false,
  ip: '192.0.2.1',
  requestId: REQUEST_ID,
  durationMs: 0,
};

/** Delegates, and returns the audit events of that delegation. */
async function readAuditEvents(gateway: TestGateway, input: Record<string, unknown>, request: GraphqlRequest = {}) {
  const before = gateway.log.audits().length;
  await gateway.delegate(input, { ...request, headers: { ...headers, ...request.headers } });
  return gateway.log.audits().slice(before);
}

describe('the audit event of a delegation', () => {
  it('has all fields when the delegation succeeded (sd)', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const request = { token, connection: { remoteAddress: '198.51.100.7' } };
    expect(await readAuditEvents(gateway, { target: 'chat' }, request)).toEqual([
      {
        ...COMMON,
        audit: 'sd',
        client: 'web',
        target: 'chat',
        apiType: 'FIREBASE',
        user: 'auth0|alice',
        issuer: ISSUER,
        actors: ['web'],
        issued: { uid: 'auth0|alice', expiresAt: new Date(gateway.clock.now() + 3_600_000).toISOString() },
        tokenSha256: sha256(token),
        ip: '198.51.100.7',
      },
    ]);
  });

  it('names the user and the client when the rate limit refused (limit_delegation)', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    for (let count = 0; count < 10; count++) await gateway.delegate({ target: 'api' }, { token });
    expect(await readAuditEvents(gateway, { target: 'api' }, { token })).toEqual([
      {
        ...COMMON,
        audit: 'limit_delegation',
        client: 'web',
        target: 'api',
        apiType: 'APP',
        user: 'auth0|alice',
        issuer: ISSUER,
        actors: ['web'],
        tokenSha256: sha256(token),
        code: 'RATE_LIMITED',
        message: 'The user has no delegation left; the next one is possible in 60 s',
      },
    ]);
  });

  it.each([
    ['INVALID_TARGET', { target: 'nope' }, { target: undefined, apiType: undefined }],
    ['UNAUTHORIZED_CLIENT', { target: 'private' }, { target: 'private', apiType: 'APP' }],
    ['ADDON_NOT_CONFIGURED', { target: 'api', apiType: 'FIREBASE' }, { target: 'api', apiType: 'FIREBASE' }],
    ['INVALID_SCOPE', { target: 'chat', scope: ['"'] }, { target: 'chat', apiType: 'FIREBASE' }],
    ['INVALID_REQUEST', { target: 'chat' }, { target: 'chat', apiType: 'FIREBASE' }],
  ])(
    'names the user when the delegation failed (fd) after the token was verified: %s',
    async (code, input, expected) => {
      const gateway = await testGateway();
      const user = code === 'INVALID_REQUEST' ? `auth0|${'a'.repeat(200)}` : 'auth0|alice';
      const token = await gateway.idToken({ sub: user });
      const [line, ...others] = await readAuditEvents(gateway, input, { token });
      expect(others).toEqual([]);
      expect(line).toEqual({
        ...COMMON,
        audit: 'fd',
        client: 'web',
        ...Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
        user,
        issuer: ISSUER,
        actors: ['web'],
        tokenSha256: sha256(token),
        code,
        message: expect.stringMatching(/./),
      });
    },
  );

  it('has no user when the delegation failed (fd) before the token was verified', async () => {
    const gateway = await testGateway();
    const forged = `${(await gateway.idToken()).slice(0, -8)}AAAAAAAA`;
    expect(await readAuditEvents(gateway, { target: 'api' }, { token: forged })).toEqual([
      {
        ...COMMON,
        audit: 'fd',
        target: 'api',
        apiType: 'APP',
        tokenSha256: sha256(forged),
        claimed: { iss: ISSUER, aud: 'web', kid: 'idp-1' },
        code: 'INVALID_TOKEN',
        message: 'The subject token does not verify: its signature is not valid',
      },
    ]);
  });

  it('has no token hash when the request has no token', async () => {
    const [line] = await readAuditEvents(await testGateway(), { clientId: 'web' });
    expect(line).toMatchObject({ audit: 'fd', client: 'web', target: 'web', code: 'INVALID_TOKEN' });
    expect(line).not.toHaveProperty('tokenSha256');
  });

  it('is also written in a tenant that has not enabled delegation', async () => {
    const gateway = await testGateway((config) => {
      config.tenants[0]!.delegation.enabled = false;
    });
    const [line] = await readAuditEvents(
      gateway,
      { clientId: 'web', target: 'api' },
      { token: await gateway.idToken() },
    );
    expect(line).toMatchObject({ audit: 'fd', client: 'web', target: 'api', code: 'DELEGATION_DISABLED' });
    expect(line).not.toHaveProperty('user');
  });

  it('has the code INTERNAL and no detail of the error when an add-on throws an unexpected one', async () => {
    const broken: AddonDefinition = {
      ...ADDONS.find(({ name }) => name === 'app')!,
      create: () => ({
        issue: ({ userId }) => {
          throw new Error(`inner detail of ${userId}`);
        },
      }),
    };
    const gateway = await testGateway(() => {}, { addons: [broken, ...ADDONS.filter(({ name }) => name !== 'app')] });
    const lines = await readAuditEvents(gateway, { target: 'api' }, { token: await gateway.idToken() });
    expect(lines).toMatchObject([{ audit: 'fd', code: 'INTERNAL', apiType: 'APP' }]);
    expect(JSON.stringify(lines)).not.toContain('inner detail');
  });

  it('has the duration of the delegation', async () => {
    const gateway: TestGateway = await testGateway(() => {}, {
      deps: {
        randomUUID: () => {
          gateway.clock.advance(42);
          return 'jti';
        },
      },
    });
    const [line] = await readAuditEvents(gateway, { target: 'api' }, { token: await gateway.idToken() });
    expect(line).toMatchObject({ audit: 'sd', durationMs: 42 });
  });

  it('is written for each alias of an operation', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    await gateway.graphql(
      'mutation { a: delegate(input: { target: "api" }) { refreshToken } b: delegate(input: { target: "nope" }) { refreshToken } }',
      { token },
    );
    expect(gateway.log.audits().map(({ audit, target }) => [audit, target])).toEqual([
      ['sd', 'api'],
      ['fd', undefined],
    ]);
  });

  it('identifies a renewed token by its hash only', async () => {
    const gateway = await testGateway();
    const renewed = readToken(await gateway.delegate({}, { token: await gateway.idToken() }));
    const [line] = await readAuditEvents(gateway, {}, { token: renewed });
    expect(line).toMatchObject({ user: 'auth0|alice', tokenSha256: sha256(renewed) });
    expect(gateway.log.lines.join('')).not.toContain(renewed.slice(-20));
  });
});

describe('an audit event of an unverified request', () => {
  const INJECTED = 'injected","audit":"sd';

  it.each([
    ['an unknown client', { clientId: INJECTED }],
    ['a token that was sent as the client', { clientId: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl' }],
    ['an unknown target', { clientId: 'web', target: INJECTED }],
    ['the name of an inherited property', { clientId: '__proto__', target: 'constructor' }],
  ])('does not contain %s', async (_what, input) => {
    const gateway = await testGateway();
    const lines = await readAuditEvents(gateway, input, { token: 'not-a-token' });
    expect(lines).toHaveLength(1);
    for (const text of Object.values(input)) {
      if (text !== 'web') expect(gateway.log.lines.join('')).not.toContain(text.slice(0, 12));
    }
  });

  it('says only in "claimed" what a forged token claims, and never its user', async () => {
    const gateway = await testGateway();
    const other = await testGateway();
    const token = await other.idToken({ sub: 'auth0|mallory', aud: 'web', iss: 'https://evil.example.com/' });
    const [line] = await readAuditEvents(gateway, { target: 'api' }, { token });
    expect(line).toMatchObject({ audit: 'fd', code: 'INVALID_TOKEN' });
    expect(line).not.toHaveProperty('user');
    expect(line).not.toHaveProperty('client');
    expect(line?.claimed).toEqual({ iss: 'https://evil.example.com/', aud: 'web', kid: 'idp-1' });
    expect(gateway.log.lines.join('')).not.toMatch(/mallory/);
  });

  it('cuts what a forged token claims to 256 characters, joins audiences, and escapes what a reader cannot see', async () => {
    const gateway = await testGateway();
    const aud = ['a'.repeat(200), 'b'.repeat(200)];
    const token = forge({ alg: 'none', kid: '\u202Egpj' }, { iss: `https://${'i'.repeat(300)}`, aud });
    const [line] = await readAuditEvents(gateway, { clientId: 'web' }, { token });
    expect(line?.claimed).toEqual({
      iss: `https://${'i'.repeat(248)}`,
      aud: `${'a'.repeat(200)} ${'b'.repeat(55)}`,
      kid: '\\u202egpj',
    });
  });

  it.each([
    ['a list with an object', { iss: {}, aud: [{}], kid: 1 }],
    ['nothing', {}],
  ])(
    'keeps only strings of what a forged token claims: %s',
    async (_what, { kid, ...claims }: Record<string, unknown>) => {
      const gateway = await testGateway();
      const [line] = await readAuditEvents(
        gateway,
        { clientId: 'web' },
        { token: forge({ alg: 'none', kid }, claims) },
      );
      expect(line).toMatchObject({ code: 'INVALID_TOKEN', claimed: {} });
      expect(line?.claimed).toEqual({});
    },
  );

  it('claims nothing when the token cannot be decoded', async () => {
    const [line] = await readAuditEvents(await testGateway(), { clientId: 'web' }, { token: 'not-a-token' });
    expect(line).not.toHaveProperty('claimed');
  });

  it('does not contain a request id with characters that are not allowed', async () => {
    const gateway = await testGateway();
    const [line] = await readAuditEvents(gateway, {}, { token: 'not-a-token', headers: { 'x-request-id': 'a b{"' } });
    expect(line?.requestId).toMatch(/^[\da-f-]{36}$/);
  });
});
