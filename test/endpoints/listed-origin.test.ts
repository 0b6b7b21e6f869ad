import { describe, expect, it } from 'vitest';
import { type ConfigDocument, testGateway } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';

const APP = 'https://app.example.com';
const MESSAGE = 'The Origin of the request is not one of cors.origins';

const FORM = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token: 'none' });
const QUERY = JSON.stringify({ query: '{ viewer { userId } }' });

/** A request of each endpoint that counts attempts, as a page could send it without a preflight or with one. */
const COUNTED: readonly (readonly [name: string, path: string, init: RequestInit])[] = [
  ['a form', '/delegation', { method: 'POST', body: FORM }],
  [
    'JSON of the legacy endpoint',
    '/delegation',
    { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  ],
  ['JSONP', `/delegation?${FORM}&cbx=callback`, { method: 'GET' }],
  ['GraphQL', '/graphql', { method: 'POST', body: QUERY, headers: { 'content-type': 'application/json' } }],
  ['plain text', '/graphql', { method: 'POST', body: QUERY, headers: { 'content-type': 'text/plain' } }],
];

async function gatewayWith(change: (config: ConfigDocument) => void = () => {}) {
  const gateway = await testGateway((config) => {
    Object.assign(config, { cors: { origins: [APP] }, rate_limit: { attempts_per_minute: 3 } });
    Object.assign(config.tenants[0]!, { legacy: { jsonp: true } });
    change(config);
  });
  const send = async (path: string, init: RequestInit, origin?: string) => {
    const request = new Request(`http://gateway.test${path}`, init);
    if (origin !== undefined) request.headers.set('origin', origin);
    const response = await gateway.fetch(request, { remoteAddress: '192.0.2.1' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { gateway, send };
}

describe.each(COUNTED)('where origins are listed, %s', (_name, path, init) => {
  it.each(['https://evil.example', 'http://app.example.com', `${APP}:8443`, `${APP}.evil.example`, 'null', ''])(
    'of a page of origin %j is refused before it counts',
    async (origin) => {
      const { send } = await gatewayWith();
      for (let count = 0; count < 5; count++) {
        const { status, headers, text } = await send(path, init, origin);
        expect(status).toBe(403);
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('vary')).toBe('Origin');
        expect(JSON.parse(text)).toEqual(
          path === '/graphql'
            ? { errors: [{ message: MESSAGE, extensions: { code: 'INVALID_REQUEST' } }] }
            : { error: 'invalid_request', error_description: MESSAGE },
        );
      }
      // The visitor of that page still has its three attempts.
      const own = { method: 'POST', body: FORM };
      for (let count = 0; count < 3; count++) expect((await send('/delegation', own, APP)).status).toBe(401);
      expect((await send('/delegation', own, APP)).status).toBe(429);
    },
  );

  it.each([APP, undefined])('of origin %j is answered', async (origin) => {
    const { send } = await gatewayWith();
    expect((await send(path, init, origin)).text).not.toContain(MESSAGE);
  });

  it('of any page is answered where "*" is among them', async () => {
    const { send } = await gatewayWith((config) => {
      config.cors = { origins: [APP, '*'] };
    });
    expect((await send(path, init, 'https://evil.example')).text).not.toContain(MESSAGE);
  });

  it('of every page is refused where the list is empty', async () => {
    const { send } = await gatewayWith((config) => {
      config.cors = { origins: [] };
    });
    expect((await send(path, init, APP)).status).toBe(403);
  });
});

describe('where origins are listed', () => {
  it.each([
    ['GET', '/.well-known/jwks.json', 200],
    ['GET', '/livez', 200],
    ['OPTIONS', '/graphql', 204],
    ['OPTIONS', '/delegation', 204],
  ])('%s %s, which does not count, is answered to every page', async (method, path, status) => {
    const { send } = await gatewayWith();
    expect((await send(path, { method }, 'https://evil.example')).status).toBe(status);
  });

  it('GraphiQL may call the gateway from its own origin, and only where it is on', async () => {
    const [, path, init] = COUNTED[3]!;
    for (const [graphiql, status] of [
      [true, 200],
      [false, 403],
    ] as const) {
      const { send } = await gatewayWith((config) => {
        config.graphiql = graphiql;
      });
      expect((await send(path, init, 'http://gateway.test')).status).toBe(status);
      expect((await send(path, init, 'https://gateway.test.evil.example')).status).toBe(403);
      expect((await send(path, init, 'null')).status).toBe(403);
    }
  });
});
