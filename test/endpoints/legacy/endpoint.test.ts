import { describe, expect, it } from 'vitest';
import { testGateway } from '../../support/gateway.js';
import { GRANT_TYPE, postForm, postJson, postLegacy } from '../../support/legacy.js';

const FORM = 'application/x-www-form-urlencoded';

describe('POST /delegation', () => {
  it('answers a form with the bodies of Auth0', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    const app = await postForm(gateway, { id_token, target: 'api', api_type: 'app', scope: 'openid profile' });
    expect(app.status).toBe(200);
    expect(app.body).toEqual({ token_type: 'Bearer', expires_in: 3600, id_token: expect.stringMatching(/^ey/) });
    const firebase = await postForm(gateway, { id_token, target: 'chat', api_type: 'firebase' });
    expect(firebase.body).toEqual({ token_type: 'Bearer', expires_in: 3600, id_token: expect.stringMatching(/^ey/) });
    expect(firebase.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(firebase.headers.get('cache-control')).toBe('no-store');
  });

  it('answers JSON in the same way, with any case and parameters of the media type', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    expect((await postJson(gateway, { id_token, target: 'chat' })).status).toBe(200);
    const body = JSON.stringify({ grant_type: GRANT_TYPE, client_id: 'web', id_token, target: null, scope: '' });
    const answer = await postLegacy(gateway, body, 'Application/JSON; charset=UTF-8');
    expect(answer.status).toBe(200);
    expect(answer.body.expires_in).toBe(36_000);
  });

  it('accepts an absent or empty target, scope and api_type, as mobile clients send them', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    const bare = await postForm(gateway, { id_token });
    const empty = await postForm(gateway, { id_token, target: '', scope: '', api_type: '', device: '' });
    for (const answer of [bare, empty]) {
      expect(answer.status).toBe(200);
      const [, claims] = answer.body.id_token.split('.');
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ aud: 'web', azp: 'web' });
    }
  });

  it('uses the only add-on of the target when api_type is empty, and reads auth0 as app', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    const empty = await postForm(gateway, { id_token, target: 'chat', api_type: '' });
    expect(decodeClaims(empty.body.id_token)).toMatchObject({ uid: 'auth0|alice' });
    const alias = await postForm(gateway, { id_token, target: 'chat', api_type: 'auth0' });
    expect(decodeClaims(alias.body.id_token)).toMatchObject({ aud: 'chat' });
  });

  it('copies the profile and email claims of the source token for the scope passthrough', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken({ name: 'Alice', email: 'alice@example.com', role: 'admin' });
    const { body } = await postForm(gateway, { id_token, scope: 'passthrough' });
    expect(decodeClaims(body.id_token)).toMatchObject({ name: 'Alice', email: 'alice@example.com' });
    expect(decodeClaims(body.id_token)).not.toHaveProperty('role');
  });

  it('ignores unknown and nested parameters, also repeated ones', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    const form = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token });
    for (const name of ['a[b]', 'a[b]', 'device', 'id_token[x]', '__proto__', 'constructor']) form.append(name, 'x');
    expect((await postLegacy(gateway, form.toString(), FORM)).status).toBe(200);
    const json = await postJson(gateway, { id_token, a: { b: [1] }, device: 7 });
    expect(json.status).toBe(200);
  });

  it.each([
    ['a missing client_id', { client_id: '' }, 'client_id is missing'],
    ['a missing grant_type', { grant_type: '' }, 'grant_type is missing'],
    ['another grant_type', { grant_type: 'password' }, `grant_type must be ${GRANT_TYPE}`],
    ['a missing subject token', { id_token: '' }, 'Exactly one of id_token and refresh_token must be given'],
    ['two subject tokens', { refresh_token: 'r' }, 'Exactly one of id_token and refresh_token must be given'],
    ['an unknown api_type', { api_type: 'nope' }, 'api_type must be one of app, '],
  ])('refuses %s', async (_name, change, description) => {
    const gateway = await testGateway();
    const answer = await postForm(gateway, { id_token: await gateway.idToken(), ...change });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: expect.stringContaining(description) });
  });

  it('refuses a known parameter that is repeated or not a string', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    const form = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token });
    form.append('target', 'chat');
    form.append('target', '');
    const twice = await postLegacy(gateway, form.toString(), FORM);
    expect([twice.status, twice.body.error_description]).toEqual([400, 'target is given twice']);
    const number = await postJson(gateway, { id_token, scope: 7 });
    expect([number.status, number.body.error_description]).toEqual([400, 'scope must be a string']);
  });

  it.each([
    ['INVALID_TOKEN', 401, 'invalid_token', { id_token: 'no.token.at-all' }],
    ['UNAUTHORIZED_CLIENT', 403, 'unauthorized_client', { client_id: 'nobody' }],
    ['UNAUTHORIZED_CLIENT by allowed_clients', 403, 'unauthorized_client', { target: 'private' }],
    ['INVALID_TARGET', 400, 'invalid_target', { target: 'nope' }],
    ['ADDON_NOT_CONFIGURED', 400, 'invalid_request', { target: 'api', api_type: 'firebase' }],
    ['INVALID_SCOPE', 400, 'invalid_scope', { scope: 'open"id' }],
  ])('answers %s with its status and legacy error, and without the key code', async (_name, status, error, change) => {
    const gateway = await testGateway();
    const answer = await postForm(gateway, { id_token: await gateway.idToken(), ...change });
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.any(String) });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('answers unauthorized_client when the tenant has not enabled delegation', async () => {
    const gateway = await testGateway((config) => {
      config.tenants[0]!.delegation.enabled = false;
    });
    const answer = await postForm(gateway, { id_token: await gateway.idToken() });
    expect([answer.status, answer.body.error]).toEqual([403, 'unauthorized_client']);
  });

  it.each([
    ['a media type other than form and JSON', 415, 'x', 'text/plain'],
    ['no media type', 415, undefined, undefined],
    ['broken JSON', 400, '{', 'application/json'],
    ['a JSON array', 400, '[]', 'application/json'],
    ['a body over 100 KiB', 413, `a=${'x'.repeat(103_000)}`, FORM],
  ])('refuses %s as JSON', async (_name, status, body, type) => {
    const answer = await postLegacy(await testGateway(), body, type);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
  });

  it('refuses other methods as JSON, also GET', async () => {
    const gateway = await testGateway();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await postLegacy(gateway, undefined, undefined, { method });
      expect([answer.status, answer.headers.get('allow'), answer.body.error]).toEqual([405, 'POST', 'invalid_request']);
    }
  });

  it('refuses an unknown host with the legacy body', async () => {
    const gateway = await testGateway((config) => {
      Object.assign(config.tenants[0]!, { hosts: ['known.example.com'] });
    });
    const answer = await postForm(gateway, {}, { host: 'other.example.com' });
    expect([answer.status, answer.body.error]).toEqual([421, 'invalid_request']);
  });

  it('answers a preflight that asks for Auth0-Client', async () => {
    const gateway = await testGateway();
    const preflight = new Request('http://gateway.test/delegation', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'auth0-client,content-type',
      },
    });
    const response = await gateway.fetch(preflight, { remoteAddress: '192.0.2.1' });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toBe('auth0-client,content-type');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('the rate limit of both endpoints', () => {
  it('is reached by five calls here and five at /graphql, with the headers on success and on 429', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    for (let call = 1; call <= 5; call++) {
      const legacy = await postForm(gateway, { id_token, target: 'chat' });
      expect(legacy.headers.get('x-ratelimit-limit')).toBe('10');
      expect(legacy.headers.get('x-ratelimit-remaining')).toBe(String(10 - 2 * call + 1));
      const { data } = await gateway.delegate({ target: 'chat' }, { token: id_token });
      expect(data.delegate.rateLimit.remaining).toBe(10 - 2 * call);
    }
    const refused = await postForm(gateway, { id_token, target: 'chat' });
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      error: 'too_many_requests',
      error_description: expect.stringContaining('no delegation left'),
      message: 'Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.',
    });
    expect(refused.headers.get('x-ratelimit-limit')).toBe('10');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(refused.headers.get('x-ratelimit-reset')).toBe(String(gateway.clock.seconds() + 600));
    expect(refused.headers.get('retry-after')).toBe('60');
  });

  it('includes a shared attempt guard, whose 429 has Retry-After and no rate-limit status', async () => {
    const gateway = await testGateway((config) => {
      config.rate_limit = { attempts_per_minute: 2 };
    });
    const bad = { id_token: 'no.token.at-all' };
    expect((await postForm(gateway, bad)).status).toBe(401);
    const { errors } = await gateway.delegate({}, { token: 'no.token.at-all' });
    expect(errors?.[0].extensions.code).toBe('INVALID_TOKEN');
    const refused = await postForm(gateway, bad);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      error: 'too_many_requests',
      message: expect.stringMatching(/^Too many requests/),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-limit')).toBeNull();
  });

  it.each([
    ['a missing parameter', 'client_id=web', 'application/x-www-form-urlencoded', 'grant_type is missing'],
    ['a body that is no JSON', '{', 'application/json', 'The body is not JSON'],
    [
      'another type',
      'x',
      'text/plain',
      'The Content-Type must be application/json or application/x-www-form-urlencoded',
    ],
  ])('comes with an audit event for a request that cannot be read: %s', async (_what, body, type, message) => {
    const gateway = await testGateway();
    const answer = await postLegacy(gateway, body, type);
    expect(answer.body.error_description).toContain(message);
    expect(gateway.log.audits()).toEqual([
      {
        audit: 'fd',
        time: new Date(gateway.clock.now()).toISOString(),
        endpoint: 'delegation',
        tenant: 'acme',
        ip: '192.0.2.1',
        requestId: answer.headers.get('x-request-id'),
        code: 'INVALID_REQUEST',
        message: answer.body.error_description,
      },
    ]);
  });

  it('comes with the same audit events at both', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken();
    await postForm(gateway, { id_token, target: 'chat' });
    await gateway.delegate({ target: 'chat' }, { token: id_token });
    const [legacy, graphql] = gateway.log.audits();
    expect(legacy).toMatchObject({ audit: 'sd', endpoint: 'delegation', client: 'web', target: 'chat' });
    expect({ ...legacy, requestId: '', endpoint: 'graphql' }).toEqual({ ...graphql, requestId: '' });
  });
});

function decodeClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
}
