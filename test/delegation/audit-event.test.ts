import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { tokenOf } from '../support/answers.js';
import { type GraphqlRequest, type TestGateway, testGateway } from '../support/gateway.js';

const REQUEST_ID = 'a-request-of-this-test';
const headers = { 'x-request-id': REQUEST_ID };

/** The SHA-256 that stands for a token. */
function sha256(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** The audit lines of one delegation, without pino's own fields. */
async function auditOf(gateway: TestGateway, input: Record<string, unknown>, request: GraphqlRequest = {}) {
  const before = gateway.log.audits().length;
  await gateway.delegate(input, { ...request, headers: { ...headers, ...request.headers } });
  return gateway.log
    .audits()
    .slice(before)
    .map(({ level, time, msg, ...rest }) => {
      expect([level, msg]).toEqual([30, 'delegation']);
      return rest;
    });
}

describe('the audit of a delegation', () => {
  it('that succeeded (sd) is one line with everything', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const request = { token, connection: { remoteAddress: '198.51.100.7' } };
    expect(await auditOf(gateway, { target: 'chat' }, request)).toEqual([
      {
        audit: 'sd',
        tenant: 'acme',
        client: 'web',
        authenticated: false,
        target: 'chat',
        apiType: 'FIREBASE',
        user: 'auth0|alice',
        tokenSha256: sha256(token),
        ip: '198.51.100.7',
        requestId: REQUEST_ID,
        durationMs: 0,
      },
    ]);
  });

  it('that the limit refused (limit_delegation) says whose', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    for (let count = 0; count < 10; count++) await gateway.delegate({ target: 'api' }, { token });
    expect(await auditOf(gateway, { target: 'api' }, { token })).toEqual([
      {
        audit: 'limit_delegation',
        tenant: 'acme',
        client: 'web',
        authenticated: false,
        target: 'api',
        apiType: 'APP',
        user: 'auth0|alice',
        tokenSha256: sha256(token),
        ip: '192.0.2.1',
        requestId: REQUEST_ID,
        durationMs: 0,
        code: 'RATE_LIMITED',
      },
    ]);
  });

  it.each([
    ['INVALID_TARGET', { target: 'nope' }, { target: undefined, apiType: undefined }],
    ['UNAUTHORIZED_CLIENT', { target: 'private' }, { target: 'private', apiType: 'APP' }],
    ['ADDON_NOT_CONFIGURED', { target: 'api', apiType: 'FIREBASE' }, { target: 'api', apiType: 'FIREBASE' }],
    ['INVALID_SCOPE', { target: 'chat', scope: ['"'] }, { target: 'chat', apiType: 'FIREBASE' }],
    ['INVALID_REQUEST', { target: 'chat' }, { target: 'chat', apiType: 'FIREBASE' }],
  ])('that failed (fd) after the token was verified says so: %s', async (code, input, expected) => {
    const gateway = await testGateway();
    const user = code === 'INVALID_REQUEST' ? `auth0|${'a'.repeat(200)}` : 'auth0|alice';
    const token = await gateway.idToken({ sub: user });
    const [line, ...others] = await auditOf(gateway, input, { token });
    expect(others).toEqual([]);
    expect(line).toEqual({
      audit: 'fd',
      tenant: 'acme',
      client: 'web',
      authenticated: false,
      ...Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
      user,
      tokenSha256: sha256(token),
      ip: '192.0.2.1',
      requestId: REQUEST_ID,
      durationMs: 0,
      code,
    });
  });

  it('that failed before the token was verified (fd) has no user', async () => {
    const gateway = await testGateway();
    const forged = `${(await gateway.idToken()).slice(0, -8)}AAAAAAAA`;
    expect(await auditOf(gateway, { target: 'api' }, { token: forged })).toEqual([
      {
        audit: 'fd',
        tenant: 'acme',
        authenticated: false,
        target: 'api',
        apiType: 'APP',
        tokenSha256: sha256(forged),
        ip: '192.0.2.1',
        requestId: REQUEST_ID,
        durationMs: 0,
        code: 'INVALID_TOKEN',
      },
    ]);
  });

  it('without a token has no hash of one', async () => {
    const [line] = await auditOf(await testGateway(), { clientId: 'web' });
    expect(line).toMatchObject({ audit: 'fd', client: 'web', target: 'web', code: 'INVALID_REQUEST' });
    expect(line).not.toHaveProperty('tokenSha256');
  });

  it('in a tenant that has not enabled delegation is recorded too', async () => {
    const gateway = await testGateway((config) => {
      config.tenants[0]!.delegation.enabled = false;
    });
    const [line] = await auditOf(gateway, { clientId: 'web', target: 'api' }, { token: await gateway.idToken() });
    expect(line).toMatchObject({ audit: 'fd', client: 'web', target: 'api', code: 'DELEGATION_DISABLED' });
    expect(line).not.toHaveProperty('user');
  });

  it('that broke in an add-on is INTERNAL, with nothing of what broke it', async () => {
    const broken: AddonDefinition = {
      ...ADDONS.find(({ name }) => name === 'app')!,
      create: () => ({
        issue: ({ userId }) => {
          throw new Error(`inner detail of ${userId}`);
        },
      }),
    };
    const gateway = await testGateway(() => {}, { addons: [broken, ...ADDONS.filter(({ name }) => name !== 'app')] });
    const lines = await auditOf(gateway, { target: 'api' }, { token: await gateway.idToken() });
    expect(lines).toMatchObject([{ audit: 'fd', code: 'INTERNAL', apiType: 'APP' }]);
    expect(JSON.stringify(lines)).not.toContain('inner detail');
  });

  it('times the delegation', async () => {
    const gateway: TestGateway = await testGateway(() => {}, {
      deps: {
        randomUUID: () => {
          gateway.clock.advance(42);
          return 'jti';
        },
      },
    });
    const [line] = await auditOf(gateway, { target: 'api' }, { token: await gateway.idToken() });
    expect(line).toMatchObject({ audit: 'sd', durationMs: 42 });
  });

  it('is a line for each alias of one operation', async () => {
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

  it('links a renewed token to the delegation that it came from by no secret', async () => {
    const gateway = await testGateway();
    const renewed = tokenOf(await gateway.delegate({}, { token: await gateway.idToken() }));
    const [line] = await auditOf(gateway, {}, { token: renewed });
    expect(line).toMatchObject({ user: 'auth0|alice', tokenSha256: sha256(renewed) });
    expect(gateway.log.lines.join('')).not.toContain(renewed.slice(-20));
  });
});

describe('what an unverified request can write into the audit', () => {
  const INJECTED = 'injected","audit":"sd';

  it.each([
    ['the client', { clientId: INJECTED }],
    [
      'the client, in the place of which it sends a token',
      { clientId: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl' },
    ],
    ['the target', { clientId: 'web', target: INJECTED }],
    ['an inherited name', { clientId: '__proto__', target: 'constructor' }],
  ])('is not %s', async (_what, input) => {
    const gateway = await testGateway();
    const lines = await auditOf(gateway, input, { token: 'not-a-token' });
    expect(lines).toHaveLength(1);
    for (const text of Object.values(input)) {
      if (text !== 'web') expect(gateway.log.lines.join('')).not.toContain(text.slice(0, 12));
    }
  });

  it('is not the user or the client that a forged token names', async () => {
    const gateway = await testGateway();
    const other = await testGateway();
    const token = await other.idToken({ sub: 'auth0|mallory', aud: 'web', iss: 'https://evil.example.com/' });
    const [line] = await auditOf(gateway, { target: 'api' }, { token });
    expect(line).toMatchObject({ audit: 'fd', code: 'INVALID_TOKEN' });
    expect(line).not.toHaveProperty('user');
    expect(line).not.toHaveProperty('client');
    expect(gateway.log.lines.join('')).not.toMatch(/mallory|evil/);
  });

  it('is not a request id that could end a line', async () => {
    const gateway = await testGateway();
    const [line] = await auditOf(gateway, {}, { token: 'not-a-token', headers: { 'x-request-id': 'a b{"' } });
    expect(line?.requestId).toMatch(/^[\da-f-]{36}$/);
  });
});
