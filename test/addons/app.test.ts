import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  verify as verifySignature,
} from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from '../../src/server.js';
import { readJwt, readRefusal, readToken } from '../support/answers.js';
import { testClock } from '../support/clock.js';
import {
  APP_SECRET,
  type ConfigDocument,
  ISSUER,
  TENANT_ISSUER,
  type TestGateway,
  testGateway,
} from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

/** 48 bytes that are not valid UTF-8, like the secrets that Auth0 generates. */
const SECRET_BYTES = Buffer.from(Array.from({ length: 48 }, (_, index) => (index * 37 + 200) % 256));
const TENANT_KEY = rsaPair('tenant').publicKey;

/** Creates a gateway with these fields on the client `api`. */
function gatewayFor(
  api: Record<string, unknown>,
  options: Parameters<typeof testGateway>[1] = {},
): Promise<TestGateway> {
  return testGateway((config) => void Object.assign(clientOf(config, 'api'), api), options);
}

function clientOf(config: ConfigDocument, id: string): object {
  return config.tenants[0]!.clients.find(({ client_id }) => client_id === id)!;
}

async function apiToken(gateway: TestGateway, request: Record<string, unknown> = {}): Promise<string> {
  return readToken(await gateway.delegate({ target: 'api', ...request }, { token: await gateway.idToken() }));
}

const expectedClaims = { issuer: TENANT_ISSUER, audience: 'api', subject: 'auth0|alice' };

/** Verifies a token with jsonwebtoken 9 at the time of the gateway's clock. */
function verifyByJsonwebtoken(token: string, key: jwt.Secret, algorithm: jwt.Algorithm, gateway: TestGateway) {
  const clockTimestamp = gateway.clock.seconds();
  return jwt.verify(token, key, { ...expectedClaims, algorithms: [algorithm], clockTimestamp, complete: true });
}

describe('an app token signed with the secret of its target', () => {
  it('has exactly these bytes', async () => {
    const gateway = await gatewayFor({}, { deps: { randomUUID: () => '6f1c8a52-9d3e-4b70-8a61-0d2f4c5e7b90' } });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const iat = Date.UTC(2026, 0, 1) / 1000;
    const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({
      iss: TENANT_ISSUER,
      sub: 'auth0|alice',
      aud: 'api',
      azp: 'web',
      iat,
      exp: iat + 3600,
      jti: '6f1c8a52-9d3e-4b70-8a61-0d2f4c5e7b90',
      idp: ISSUER,
      chain_iat: iat,
      chain_exp: iat + 86_400,
      act: { sub: 'web' },
    })}`;
    const expected = `${input}.${createHmac('sha256', APP_SECRET).update(input).digest('base64url')}`;
    expect(await apiToken(gateway)).toBe(expected);
    expect(expected).toMatchInlineSnapshot(
      `"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FjbWUuZXhhbXBsZS5jb20vIiwic3ViIjoiYXV0aDB8YWxpY2UiLCJhdWQiOiJhcGkiLCJhenAiOiJ3ZWIiLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyOTIwMCwianRpIjoiNmYxYzhhNTItOWQzZS00YjcwLThhNjEtMGQyZjRjNWU3YjkwIiwiaWRwIjoiaHR0cHM6Ly9sb2dpbi5leGFtcGxlLmNvbS8iLCJjaGFpbl9pYXQiOjE3NjcyMjU2MDAsImNoYWluX2V4cCI6MTc2NzMxMjAwMCwiYWN0Ijp7InN1YiI6IndlYiJ9fQ.hd6EHN6blAeqDxqUVjoaa8ZF57jwLCJR7P16x-d1uKo"`,
    );
  });

  it('verifies with jsonwebtoken, jose and node:crypto, and with no other secret', async () => {
    const gateway = await gatewayFor({});
    const token = await apiToken(gateway);
    expect(verifyByJsonwebtoken(token, APP_SECRET, 'HS256', gateway).header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(() => verifyByJsonwebtoken(token, `${APP_SECRET}x`, 'HS256', gateway)).toThrow('invalid signature');
    const currentDate = new Date(gateway.clock.now());
    const { payload } = await jwtVerify(token, createSecretKey(APP_SECRET, 'utf8'), {
      algorithms: ['HS256'],
      currentDate,
    });
    expect(payload.azp).toBe('web');
    const [header, body, signature] = token.split('.');
    expect(createHmac('sha256', APP_SECRET).update(`${header}.${body}`).digest('base64url')).toBe(signature);
  });

  it.each(['base64', 'base64url'] as const)(
    'is signed with the decoded secret if secret_encoded is set: %s',
    async (encoding) => {
      const gateway = await gatewayFor({
        client_secret: SECRET_BYTES.toString(encoding),
        jwt_configuration: { alg: 'HS256', secret_encoded: true },
      });
      const token = await apiToken(gateway);
      expect(verifyByJsonwebtoken(token, createSecretKey(SECRET_BYTES), 'HS256', gateway).header.alg).toBe('HS256');
      const asText = createSecretKey(SECRET_BYTES.toString(encoding), 'utf8');
      expect(() => verifyByJsonwebtoken(token, asText, 'HS256', gateway)).toThrow('invalid signature');
    },
  );
});

describe('an app token signed with the key of the tenant', () => {
  it.each(['RS256', 'PS256'] as const)('%s verifies with jsonwebtoken and node:crypto', async (alg) => {
    const gateway = await gatewayFor({ jwt_configuration: { alg } });
    const token = await apiToken(gateway);
    const { keys } = await (
      await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), { remoteAddress: '192.0.2.1' })
    ).json();
    const published = createPublicKey({ key: keys[0], format: 'jwk' });
    const { header } = verifyByJsonwebtoken(token, published, alg, gateway);
    expect(header).toEqual({ alg, typ: 'JWT', kid: keys[0].kid });
    const stranger = rsaPair('stranger').publicKey;
    expect(() => verifyByJsonwebtoken(token, stranger, alg, gateway)).toThrow('invalid signature');

    const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')));
    const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
    const padding = alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const verifies = (key: typeof TENANT_KEY) =>
      verifySignature('sha256', signed, { key, padding, ...(alg === 'PS256' && { saltLength: 32 }) }, signature);
    expect([verifies(TENANT_KEY), verifies(stranger)]).toEqual([true, false]);
  });

  it('is signed with RS256 if jwt_configuration names no algorithm', async () => {
    const gateway = await gatewayFor({ client_secret: undefined, jwt_configuration: undefined });
    expect(readJwt(await apiToken(gateway)).header.alg).toBe('RS256');
  });

  describe('over HTTP', () => {
    let server: RunningServer | undefined;
    afterEach(() => server?.close());

    it.each(['RS256', 'PS256'] as const)("%s verifies with jose's remote JWKS", async (alg) => {
      const gateway = await gatewayFor({ jwt_configuration: { alg } }, { clock: testClock(Date.now()) });
      server = await serve(gateway, { host: '127.0.0.1', port: 0, quietMs: 20 });
      const jwks = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
      const { payload, protectedHeader } = await jwtVerify(await apiToken(gateway), jwks, {
        ...expectedClaims,
        algorithms: [alg],
        typ: 'JWT',
      });
      expect(protectedHeader.kid).toBe(jwks.jwks()?.keys[0]?.kid);
      expect(payload.azp).toBe('web');
      const [header, body, signature] = (await apiToken(gateway)).split('.');
      const forged = `${header}.${body}.${signature?.split('').reverse().join('')}`;
      await expect(jwtVerify(forged, jwks)).rejects.toThrow('signature verification failed');
    });
  });

  it('is verified with a published key set that contains no private key material', async () => {
    const gateway = await testGateway();
    const response = await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), {
      remoteAddress: '192.0.2.1',
    });
    const { keys } = (await response.json()) as { keys: JsonWebKey[] };
    expect([response.status, keys.length]).toEqual([200, 1]);
    const { n, e } = TENANT_KEY.export({ format: 'jwk' });
    expect(keys[0]).toEqual({ kty: 'RSA', kid: expect.stringMatching(/^[\w-]{43}$/), use: 'sig', n, e });
  });
});

describe('the claims of an app token', () => {
  it('have the lifetime that the target is configured for', async () => {
    const lifetime = async (jwt_configuration: object) => {
      const gateway = await gatewayFor({ jwt_configuration: { alg: 'HS256', ...jwt_configuration } });
      const answer = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
      const { iat, exp } = readJwt(readToken(answer)).payload;
      const { expiresIn, expiresAt } = answer.data.delegate.credential;
      expect([iat, new Date(exp! * 1000).toISOString(), exp! - iat!]).toEqual([
        gateway.clock.seconds(),
        expiresAt,
        expiresIn,
      ]);
      return expiresIn;
    };
    expect(await lifetime({ lifetime_in_seconds: 1 })).toBe(1);
    expect(await lifetime({ lifetime_in_seconds: 86_400 })).toBe(86_400);
    // No app token outlives its chain.
    expect(await lifetime({ lifetime_in_seconds: 2_592_000 })).toBe(86_400);
    expect(await lifetime({})).toBe(36_000);
  });

  it('have a new jti for each token', async () => {
    const gateway = await gatewayFor({});
    const ids = new Set<unknown>();
    for (let count = 0; count < 10; count++) ids.add(readJwt(await apiToken(gateway)).payload.jti);
    expect(ids.size).toBe(10);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });

  it('name the calling application (azp) and the target (aud)', async () => {
    const gateway = await testGateway(
      (config) => void Object.assign(clientOf(config, 'api'), { allowed_clients: ['*'] }),
    );
    const byWeb = readJwt(await apiToken(gateway)).payload;
    const fromChat = await gateway.idToken({ aud: 'chat' });
    const byChat = readJwt(readToken(await gateway.delegate({ target: 'api' }, { token: fromChat }))).payload;
    expect([byWeb.azp, byWeb.aud, byChat.azp, byChat.aud]).toEqual(['web', 'api', 'chat', 'api']);
  });

  it('are returned with the fields of the type AppToken', async () => {
    const gateway = await testGateway();
    const answer = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
    expect(answer.data.delegate.credential).toEqual({
      __typename: 'AppToken',
      token: readToken(answer),
      tokenType: 'Bearer',
      apiType: 'APP',
      expiresAt: '2026-01-01T01:00:00.000Z',
      expiresIn: 3600,
      audience: 'api',
    });
  });
});

describe('a token that the tenant signed', () => {
  const chain = (config: ConfigDocument) => {
    for (const id of ['chat', 'private']) Object.assign(clientOf(config, id), { allowed_clients: ['api', 'web'] });
  };

  it.each([
    ['HS256', { alg: 'HS256' }, { hs256_delegation: true }],
    ['RS256', { alg: 'RS256' }, {}],
    ['PS256', { alg: 'PS256' }, {}],
  ])('with %s is a valid subject token for its audience', async (_alg, jwt_configuration, client) => {
    const gateway = await testGateway((config) => {
      chain(config);
      Object.assign(clientOf(config, 'api'), { jwt_configuration, ...client });
    });
    const token = await apiToken(gateway);
    const onward = await gateway.delegate({ target: 'private' }, { token });
    expect(readJwt(readToken(onward)).payload).toMatchObject({ aud: 'private', azp: 'api', sub: 'auth0|alice' });
    expect((await gateway.delegate({ target: 'chat' }, { token })).data.delegate.credential.uid).toBe('auth0|alice');
  });

  it('is refused as subject token of the application that requested it', async () => {
    const gateway = await testGateway(chain);
    const answer = await gateway.delegate({ clientId: 'web', target: 'private' }, { token: await apiToken(gateway) });
    expect(readRefusal(answer)).toMatchObject({ status: 200, code: 'INVALID_TOKEN' });
  });

  it('keeps the user id, so that a renewal spends from the same bucket', async () => {
    const gateway = await testGateway((config) => {
      chain(config);
      Object.assign(config.tenants[0]!.issuers[0]!, { subject_prefix: 'corp|' });
    });
    let answer = await gateway.delegate({}, { token: await gateway.idToken() });
    const seen: unknown[] = [];
    for (let renewals = 0; renewals < 9; renewals++) {
      answer = await gateway.delegate({}, { token: readToken(answer) });
      seen.push([readJwt(readToken(answer)).payload.sub, answer.data.delegate.rateLimit.remaining]);
    }
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0].map((remaining) => ['corp|auth0|alice', remaining]));
    expect(readRefusal(await gateway.delegate({}, { token: readToken(answer) }))).toMatchObject({
      code: 'RATE_LIMITED',
    });
    expect(readRefusal(await gateway.delegate({}, { token: await gateway.idToken() }))).toMatchObject({
      code: 'RATE_LIMITED',
    });
  });

  it('is refused after its expiry', async () => {
    const gateway = await testGateway();
    const token = readToken(await gateway.delegate({}, { token: await gateway.idToken() }));
    gateway.clock.advance(36_005_000);
    expect(readRefusal(await gateway.delegate({}, { token }))).toMatchObject({ status: 200, code: 'INVALID_TOKEN' });
  });
});
