import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig, type ConfigDocument, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { samlTenant } from '../support/saml.js';

/** A gateway, and a function that gets a document of it. */
async function documentGateway() {
  const gateway = await testGateway((config) => samlTenant(config));
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    gateway.fetch(new Request(`http://gateway.test${path}`, { method, headers }), { remoteAddress: '192.0.2.1' });
  return { gateway, get };
}

describe('/', () => {
  it('says where things are, and everything that it links is there', async () => {
    const { gateway, get } = await documentGateway();
    const response = await get('/');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const links = [...(await response.text()).matchAll(/<a href="([^"]+)">\/([^<]+)</g)];
    expect(links.map(([, target]) => target)).toEqual(links.map(([, , shown]) => shown));
    const found = await Promise.all(links.map(async ([, to]) => `${to} ${(await get(`/${to}`)).status}`));
    // Both endpoints take POST.
    expect(found).toEqual([
      'graphql 405',
      'delegation 405',
      '.well-known/jwks.json 200',
      'saml/metadata 200',
      'livez 200',
      'readyz 200',
    ]);
    await gateway.reload(parseConfig(baseConfig()));
    expect(await (await get('/')).text()).not.toContain('saml');
  });
});

describe.each(['/', '/.well-known/jwks.json', '/saml/metadata'])('%s', (path) => {
  it('may be cached for five minutes, and is a 304 without a body for a client that has it', async () => {
    const { get } = await documentGateway();
    const first = await get(path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect((await first.text()).length).toBeGreaterThan(100);
    const again = await get(path, { 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    for (const { headers } of [first, again]) expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(again.headers.get('etag')).toBe(etag);
    expect((await get(path, { 'if-none-match': '"another"' })).status).toBe(200);
  });

  it('has another entity tag after a reload with another key', async () => {
    const { gateway, get } = await documentGateway();
    const before = (await get(path)).headers.get('etag') ?? '';
    const document = baseConfig() as ConfigDocument;
    samlTenant(document);
    if (path === '/') Object.assign(document.tenants[0] as object, { certificate: undefined });
    else if (path !== '/saml/metadata')
      Object.assign(document.tenants[0] as object, { signing_key: rsaPair('next').pem, certificate: undefined });
    else Object.assign(document.tenants[0] as object, { issuer: 'https://renamed.example.com/' });
    await gateway.reload(parseConfig(document));
    const after = await get(path, { 'if-none-match': before });
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(before);
  });

  it('is 405 for another method', async () => {
    const { get } = await documentGateway();
    const { status, headers } = await get(path, {}, 'POST');
    expect([status, headers.get('allow')]).toEqual([405, 'GET']);
  });
});
