import { decodeJwt, decodeProtectedHeader } from 'jose';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { APP_SECRET, FIREBASE_EMAIL, ISSUER, TENANT_ISSUER, testGateway } from '../../support/gateway.js';
import { rsaPair } from '../../support/keys.js';

describe('the delegate mutation', () => {
  it('exchanges an ID token for a Firebase custom token, with the rate-limit status in the body and the headers', async () => {
    const gateway = await testGateway();
    const { status, data, errors, headers } = await gateway.delegate(
      { target: 'chat' },
      { token: await gateway.idToken() },
    );
    expect(errors).toBeUndefined();
    expect(status).toBe(200);
    const { credential, rateLimit, refreshToken } = data.delegate;
    const now = gateway.clock.seconds();
    expect(credential).toEqual({
      __typename: 'FirebaseCustomToken',
      token: expect.any(String),
      tokenType: 'Bearer',
      apiType: 'FIREBASE',
      expiresAt: new Date((now + 3600) * 1000).toISOString(),
      expiresIn: 3600,
      uid: 'auth0|alice',
    });
    expect(
      jwt.verify(credential.token, rsaPair('firebase').publicKey, { algorithms: ['RS256'], clockTimestamp: now }),
    ).toMatchObject({
      iss: FIREBASE_EMAIL,
      uid: 'auth0|alice',
    });
    expect(rateLimit).toEqual({
      limit: 10,
      remaining: 9,
      reset: now + 60,
      resetAt: new Date((now + 60) * 1000).toISOString(),
      retryAfter: null,
    });
    expect(refreshToken).toBeNull();
    expect(headers.get('x-ratelimit-limit')).toBe('10');
    expect(headers.get('x-ratelimit-remaining')).toBe('9');
    expect(headers.get('x-ratelimit-reset')).toBe(String(now + 60));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('exchanges an ID token for a token of another application, with the claims of the scope', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken({
      name: 'Alice',
      email: 'alice@example.com',
      email_verified: true,
      role: 'root',
    });
    const { data } = await gateway.delegate({ target: 'api', scope: ['openid email'] }, { token });
    const { credential } = data.delegate;
    expect(credential).toMatchObject({
      __typename: 'AppToken',
      tokenType: 'Bearer',
      apiType: 'APP',
      audience: 'api',
      expiresIn: 3600,
    });
    const now = gateway.clock.seconds();
    expect(jwt.verify(credential.token, APP_SECRET, { algorithms: ['HS256'], clockTimestamp: now })).toEqual({
      iss: TENANT_ISSUER,
      sub: 'auth0|alice',
      aud: 'api',
      azp: 'web',
      iat: now,
      exp: now + 3600,
      jti: expect.any(String),
      idp: ISSUER,
      chain_iat: now,
      chain_exp: now + 86_400,
      act: { sub: 'web' },
      email: 'alice@example.com',
      email_verified: true,
    });
  });

  it('renews the token of the caller when the input is empty, and accepts the renewed token', async () => {
    const gateway = await testGateway();
    const first = await gateway.delegate({}, { token: await gateway.idToken() });
    const renewed = first.data.delegate.credential.token;
    expect(decodeProtectedHeader(renewed).alg).toBe('RS256');
    expect(decodeJwt(renewed)).toMatchObject({ iss: TENANT_ISSUER, sub: 'auth0|alice', aud: 'web', azp: 'web' });
    const second = await gateway.delegate({ target: 'chat' }, { token: renewed });
    expect(second.data.delegate.credential.uid).toBe('auth0|alice');
    expect(second.data.delegate.rateLimit.remaining).toBe(8);
  });

  it('prefers the token of the input to that of the header', async () => {
    const gateway = await testGateway();
    const [header, input] = [
      await gateway.idToken({ sub: 'auth0|header' }),
      await gateway.idToken({ sub: 'auth0|input' }),
    ];
    const uid = async (given: object, token?: string) =>
      (await gateway.delegate({ target: 'chat', ...given }, token === undefined ? {} : { token })).data.delegate
        .credential.uid;
    expect(await uid({ subjectToken: { idToken: input } }, header)).toBe('auth0|input');
    expect(await uid({ subjectToken: { idToken: input } })).toBe('auth0|input');
    expect(await uid({}, header)).toBe('auth0|header');
  });

  it.each([
    ['no token', {}, undefined, 'INVALID_TOKEN', 'There is no subjectToken, and no Authorization: Bearer header'],
    ['an unknown target', { target: 'none' }, {}, 'INVALID_TARGET', 'target names no application of this tenant'],
    [
      'a target that does not allow it',
      { target: 'private' },
      {},
      'UNAUTHORIZED_CLIENT',
      'The calling application is not among the allowed_clients of the target',
    ],
    [
      'an unknown client',
      { clientId: 'none' },
      {},
      'UNAUTHORIZED_CLIENT',
      'clientId names no application of this tenant',
    ],
    [
      'an add-on that the target lacks',
      { target: 'api', apiType: 'FIREBASE' },
      {},
      'ADDON_NOT_CONFIGURED',
      'The target is not configured for apiType FIREBASE',
    ],
    ['an expired token', {}, { exp: 1 }, 'INVALID_TOKEN', 'it has expired (exp)'],
  ])('refuses %s', async (_name, input, claims, code, message) => {
    const gateway = await testGateway();
    const answer = await gateway.delegate(input, claims === undefined ? {} : { token: await gateway.idToken(claims) });
    expect(answer.data).toEqual({ delegate: null });
    expect(answer.status).toBe(200);
    expect(answer.errors?.[0].extensions.code).toBe(code);
    expect(answer.errors?.[0].message).toContain(message);
  });

  it('refuses every request in a tenant that has not enabled delegation', async () => {
    const gateway = await testGateway(({ tenants }) => Object.assign(tenants[0] as object, { delegation: {} }));
    const answer = await gateway.delegate({}, { token: await gateway.idToken() });
    expect([answer.status, answer.errors?.[0].extensions.code, answer.errors?.[0].message]).toEqual([
      200,
      'DELEGATION_DISABLED',
      'This tenant has not enabled delegation',
    ]);
  });
});
