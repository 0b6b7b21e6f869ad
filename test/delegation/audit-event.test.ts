import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { readToken } from '../support/answers.js';
import { type GraphqlRequest, type TestGateway, testGateway } from '../support/gateway.js';

const REQUEST_ID = 'a-request-of-this-test';
const headers = { 'x-request-id': REQUEST_ID };

/** The hash by which an audit event identifies a token. */
function sha256(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Delegates, and returns the audit events of that delegation without pino's own fields. */
async function readAuditEvents(gateway: TestGateway, input: Record<string, unknown>, request: GraphqlRequest = {}) {
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

describe('the audit event of a delegation', () => {
  it('has all fields when the delegation succeeded (sd)', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const request = { token, connection: { remoteAddress: '198.51.100.7' } };
    expect(await readAuditEvents(gateway, { target: 'chat' }, request)).toEqual([
      {
        audit: 'sd',
        tenant: 'acme',
        client: 'web',
        authenticated: false,
        target: 'chat',
        apiType: 'FIREBASE',
        user: 'auth0|alice',
        actors: ['web'],
        tokenSha256: sha256(token),
        ip: '198.51.100.7',
        requestId: REQUEST_ID,
        durationMs: 0,
      },
    ]);
  });

  it('names the user and the client when the rate limit refused (limit_delegation)', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    for (let count = 0; count < 10; count++) await gateway.delegate({ target: 'api' }, { token });
    expect(await readAuditEvents(gateway, { target: 'api' }, { token })).toEqual([
      {
        audit: 'limit_delegation',
        tenant: 'acme',
        client: 'web',
        authenticated: false,
        target: 'api',
        apiType: 'APP',
        user: 'auth0|alice',
        actors: ['web'],
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
  ])(
    'names the user when the delegation failed (fd) after the token was verified: %s',
    async (code, input, expected) => {
      const gateway = await testGateway();
      const user = code === 'INVALID_REQUEST' ? `auth0|${'a'.repeat(200)}` : 'auth0|alice';
      const token = await gateway.idToken({ sub: user });
      const [line, ...others] = await readAuditEvents(gateway, input, { token });
      expect(others).toEqual([]);
      expect(line).toEqual({
        audit: 'fd',
        tenant: 'acme',
        client: 'web',
        authenticated: false,
        ...Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
        user,
        actors: ['web'],
        tokenSha256: sha256(token),
        ip: '192.0.2.1',
        requestId: REQUEST_ID,
        durationMs: 0,
        code,
      });
    },
  );

  it('has no user when the delegation failed (fd) before the token was verified', async () => {
    const gateway = await testGateway();
    const forged = `${(await gateway.idToken()).slice(0, -8)}AAAAAAAA`;
    expect(await readAuditEvents(gateway, { target: 'api' }, { token: forged })).toEqual([
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

  it('has no token hash when the request has no token', async () => {
    const [line] = await readAuditEvents(await testGateway(), { clientId: 'web' });
    expect(line).toMatchObject({ audit: 'fd', client: 'web', target: 'web', code: 'INVALID_REQUEST' });
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

  it('does not contain the user or the client of a forged token', async () => {
    const gateway = await testGateway();
    const other = await testGateway();
    const token = await other.idToken({ sub: 'auth0|mallory', aud: 'web', iss: 'https://evil.example.com/' });
    const [line] = await readAuditEvents(gateway, { target: 'api' }, { token });
    expect(line).toMatchObject({ audit: 'fd', code: 'INVALID_TOKEN' });
    expect(line).not.toHaveProperty('user');
    expect(line).not.toHaveProperty('client');
    expect(gateway.log.lines.join('')).not.toMatch(/mallory|evil/);
  });

  it('does not contain a request id with characters that are not allowed', async () => {
    const gateway = await testGateway();
    const [line] = await readAuditEvents(gateway, {}, { token: 'not-a-token', headers: { 'x-request-id': 'a b{"' } });
    expect(line?.requestId).toMatch(/^[\da-f-]{36}$/);
  });
});
