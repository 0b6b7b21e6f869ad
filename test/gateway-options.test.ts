import { describe, expect, it } from 'vitest';
import { FetchRequest } from '../src/http/fetch.js';
import { createGateway, type Gateway, parseConfig } from '../src/index.js';
import { baseConfig, testGateway } from './support/gateway.js';

const request = (path: string) => new Request(`http://gateway.test${path}`);
const CONNECTION = { remoteAddress: '192.0.2.1' };

describe('the address of the client', () => {
  const EXPECTED = 'remoteAddress must be the IP address of the client';

  it.each<[string, unknown]>([
    ['no connection', undefined],
    ['a connection without an address', {}],
    ['an empty address', { remoteAddress: '' }],
    ['a word', { remoteAddress: 'unknown' }],
  ])('is required at every path: %s is a TypeError', async (_what, connection) => {
    const gateway: Gateway = await testGateway();
    for (const path of ['/graphql', '/delegation', '/.well-known/jwks.json', '/livez', '/nothing']) {
      const rejected = expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(EXPECTED) });
      await expect(gateway.fetch(request(path), connection as never)).rejects.toEqual(rejected);
      await expect(gateway.answer(new FetchRequest(request(path)), connection as never)).rejects.toEqual(rejected);
    }
  });
});

describe('basePath', () => {
  const open = (basePath: string) => testGateway(undefined, { deps: { basePath } });
  const statuses = async (gateway: Gateway, paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => (await gateway.fetch(request(path), CONNECTION)).status));

  it('is the path below which everything is', async () => {
    const gateway = await open('/a/identity');
    const below = ['/livez', '/.well-known/jwks.json', '/graphql?query={__typename}', '/nothing'];
    const withoutBase = await statuses(await testGateway(), below);
    expect(
      await statuses(
        gateway,
        below.map((path) => `/a/identity${path}`),
      ),
    ).toEqual(withoutBase);
    expect(await statuses(gateway, [...below, '/a', '/a/identitylivez', '/a/identity//livez'])).toEqual(
      Array(below.length + 3).fill(404),
    );
  });

  it('redirects from itself to the same with a slash, below which the relative links of pages are right', async () => {
    const gateway = await open('/a/identity');
    const response = await gateway.fetch(request('/a/identity'), CONNECTION);
    expect(response.status).toBe(308);
    const location = new URL(response.headers.get('location') ?? '', 'https://proxy.example.com/prefix/a/identity');
    expect(location.pathname).toBe('/prefix/a/identity/');
  });

  it('takes nothing else off a request: its body, its headers and its client are the same', async () => {
    const gateway = await open('/identity');
    const body = JSON.stringify({
      query: 'mutation { delegate(input: { target: "api" }) { credential { apiType } } }',
    });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await gateway.idToken()}` };
    const post = new Request('http://gateway.test/identity/graphql', { method: 'POST', headers, body });
    const response = await gateway.fetch(post, CONNECTION);
    expect(await response.json()).toEqual({ data: { delegate: { credential: { apiType: 'APP' } } } });
  });

  it.each(['', '/', 'identity', '/identity/', '/a//b', '/a?b', '/a#b', '/a\r\nb', '/ä'])(
    'cannot be %j',
    async (basePath) => {
      await expect(createGateway(parseConfig(baseConfig()), { basePath })).rejects.toThrow(
        new TypeError('basePath must be a path such as "/identity", which does not end with a slash'),
      );
    },
  );
});
