import { describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../../support/gateway.js';
import { GRANT_TYPE, postForm } from '../../support/legacy.js';

const withJsonp = () =>
  testGateway((config) => {
    Object.assign(config.tenants[0]!, { legacy: { jsonp: true } });
  });

async function get(gateway: TestGateway, parameters: Record<string, string>) {
  const query = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', ...parameters });
  const response = await gateway.fetch(new Request(`http://gateway.test/delegation?${query}`), {
    remoteAddress: '192.0.2.1',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('JSONP', () => {
  it('is refused with 405 as JSON unless the tenant enables it', async () => {
    const answer = await get(await testGateway(), { cbx: 'cb' });
    expect(answer.status).toBe(405);
    expect(JSON.parse(answer.text)).toEqual({ error: 'invalid_request', error_description: 'The method must be POST' });
  });

  it('passes the body to the callback', async () => {
    const gateway = await withJsonp();
    const answer = await get(gateway, { id_token: await gateway.idToken(), target: 'chat', cbx: '__auth0$cb_1' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('9');
    const body = /^__auth0\$cb_1\((.*)\);$/.exec(answer.text)?.[1] as string;
    expect(JSON.parse(body)).toEqual({
      token_type: 'Bearer',
      expires_in: 3600,
      id_token: expect.stringMatching(/^ey/),
    });
  });

  it('has the status of an error in the body, for a refusal and for invalid parameters', async () => {
    const gateway = await withJsonp();
    const forged = await get(gateway, { id_token: 'no.token.at-all', cbx: 'cb' });
    expect(forged.status).toBe(200);
    expect(forged.text).toMatch(/^cb\(\{"error":"invalid_token","error_description":"[^"]+","status":401\}\);$/);
    const missing = await get(gateway, { cbx: 'cb' });
    expect(missing.text).toMatch(/^cb\(\{"error":"invalid_request","error_description":"[^"]+","status":400\}\);$/);
  });

  it.each(['', 'a.b', 'alert(1)//', '1cb', 'a'.repeat(65), 'a-b', 'é'])(
    'refuses the callback name %j as JSON',
    async (cbx) => {
      const gateway = await withJsonp();
      const answer = await get(gateway, { id_token: await gateway.idToken(), cbx });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(JSON.parse(answer.text).error_description).toMatch(/^cbx must be given once and name a callback/);
    },
  );

  it('refuses two callback names as JSON', async () => {
    const gateway = await withJsonp();
    const response = await gateway.fetch(new Request('http://gateway.test/delegation?cbx=one&cbx=two'), {
      remoteAddress: '192.0.2.1',
    });
    expect(response.status).toBe(400);
    expect((await response.json()).error_description).toMatch(/^cbx must be given once and name a callback/);
  });

  it('lists both methods in the 405 for another method', async () => {
    const gateway = await withJsonp();
    const response = await gateway.fetch(new Request('http://gateway.test/delegation', { method: 'PUT' }), {
      remoteAddress: '192.0.2.1',
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect((await response.json()).error_description).toBe('The method must be POST or GET');
  });

  it('does not change POST', async () => {
    const gateway = await withJsonp();
    expect((await postForm(gateway, { id_token: await gateway.idToken() })).body).toHaveProperty('id_token');
  });
});
