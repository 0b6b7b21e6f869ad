import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { createGateway } from '../../../src/gateway.js';
import { FetchRequest } from '../../../src/http/fetch.js';
import { baseConfig, type TestGateway, testGateway } from '../../support/gateway.js';

const ADDRESS = 'http://gateway.test/graphql';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway((config) => Object.assign(config, { graphiql: true }));
});

function get(headers: Record<string, string> = {}, method = 'GET', query = ''): Promise<Response> {
  return gateway.fetch(new Request(ADDRESS + query, { method, headers: { accept: 'text/html', ...headers } }), {
    remoteAddress: '192.0.2.1',
  });
}

/** Fetches the headers of the page; the body is discarded. */
async function head(headers: Record<string, string> = {}): Promise<Headers> {
  const response = await get(headers, 'HEAD');
  expect(response.status).toBe(200);
  return response.headers;
}

async function bytes(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** The options that the page passes to GraphiQL. */
async function readOptions() {
  const html = await (await get()).text();
  return JSON.parse(/ id="graphiql-options">(.*?)<\/script>/.exec(html)?.[1] ?? '{}');
}

/** Reads from a response the memory that it is sent from. */
async function memory(encoding: string): Promise<ArrayBufferLike> {
  const headers = { accept: 'text/html', 'accept-encoding': encoding };
  const { body } = await gateway.answer(new FetchRequest(new Request(ADDRESS, { headers })), {
    remoteAddress: '192.0.2.1',
  });
  return (body as Uint8Array).buffer;
}

describe("GraphiQL's page", () => {
  it('is sent from one buffer for each coding, so that slow clients use no memory of their own', async () => {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const first = await memory(encoding);
      expect(first.byteLength).toBeGreaterThan(100_000);
      // Compared here, because a difference of 9 MB takes long to print.
      expect((await memory(encoding)) === first).toBe(true);
    }
  });

  it('is kept by a reload, because it takes a second of processor time to make', async () => {
    const before = await memory('br');
    await gateway.reload(parseConfig({ ...baseConfig(), graphiql: true }));
    expect((await memory('br')) === before).toBe(true);
  });

  it.each([
    ['the page', '', 2],
    ['its script', '?graphiql=script', 3],
    ['a worker', '?graphiql=graphql', 3],
  ])('%s is the same after decompression, at a fraction of the size', async (_name, query, factor) => {
    const plain = await bytes(await get({}, 'GET', query));
    const brotli = await bytes(await get({ 'accept-encoding': 'br' }, 'GET', query));
    const gzip = await bytes(await get({ 'accept-encoding': 'gzip' }, 'GET', query));
    expect(brotliDecompressSync(brotli).equals(plain)).toBe(true);
    expect(gunzipSync(gzip).equals(plain)).toBe(true);
    expect(brotli.length).toBeLessThan(plain.length / factor);
    expect(gzip.length).toBeLessThan(plain.length / factor);
  });

  it('has its script and the scripts of its workers beside it, which the browser keeps under the same rules', async () => {
    for (const name of ['script', 'editorWorkerService', 'json', 'graphql']) {
      const accept = { accept: '*/*', 'accept-encoding': 'br' };
      const file = await get(accept, 'GET', `?graphiql=${name}`);
      expect(file.status).toBe(200);
      expect(file.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(file.headers.get('cache-control')).toBe('private, no-cache');
      const etag = file.headers.get('etag') ?? '';
      expect((await get({ ...accept, 'if-none-match': etag }, 'GET', `?graphiql=${name}`)).status).toBe(304);
    }
  });

  it('has no file of any other name', async () => {
    for (const name of ['', 'other', '__proto__', 'toString']) {
      const response = await get({}, 'GET', `?graphiql=${name}`);
      expect([response.status, response.headers.get('etag')]).toEqual([expect.any(Number), null]);
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
  });

  it.each([
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['*', 'br'],
    ['deflate', null],
    ['gzip;q=0', null],
    ['gzip;q=0.000, br;q=0', null],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0.5,gzip ; q=0.5', 'br'],
    ['identity, gzip;q=0.5', null],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['*;q=0', null],
    ['*;q=0.5, br;q=0', 'gzip'],
    ['identity;q=0, *', 'br'],
    ['identity;q=0', null],
    ['gzip;q=2, br;q=high', null],
  ])('for Accept-Encoding "%s" has Content-Encoding %s', async (accepted, expected) => {
    expect((await head({ 'accept-encoding': accepted })).get('content-encoding')).toBe(expected);
  });

  it('is not compressed for a client that sends no Accept-Encoding', async () => {
    expect((await head()).get('content-encoding')).toBeNull();
  });

  it('may be cached by the browser only, and must be revalidated at each use', async () => {
    for (const headers of [await head(), await head({ 'accept-encoding': 'br' }), (await get()).headers]) {
      expect(headers.get('cache-control')).toBe('private, no-cache');
      expect(headers.get('vary')).toBe('Accept, Accept-Encoding');
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  it('has a strong ETag that differs between codings and stays the same between requests', async () => {
    const etags = [];
    for (const encoding of ['identity', 'gzip', 'br', 'identity', 'gzip', 'br'])
      etags.push((await head({ 'accept-encoding': encoding })).get('etag'));
    for (const etag of etags) expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(new Set(etags.slice(0, 3)).size).toBe(3);
    expect(etags.slice(3)).toEqual(etags.slice(0, 3));
  });

  it('gets 304 without a body for a client that has the current version, by GET and by HEAD', async () => {
    const coding = { 'accept-encoding': 'br' };
    const page = await head(coding);
    const etag = page.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      for (const method of ['GET', 'HEAD']) {
        const response = await get({ ...coding, 'if-none-match': known }, method);
        expect(response.status).toBe(304);
        expect((await bytes(response)).length).toBe(0);
        for (const name of ['etag', 'cache-control', 'vary']) expect(response.headers.get(name)).toBe(page.get(name));
        for (const name of ['content-type', 'content-length', 'content-encoding'])
          expect(response.headers.get(name)).toBeNull();
      }
    }
  });

  it('is sent again when the client has another version or another coding of it', async () => {
    const gzip = (await head({ 'accept-encoding': 'gzip' })).get('etag') ?? '';
    for (const known of ['"other"', gzip, gzip.slice(1, -1), '']) {
      const response = await get({ 'accept-encoding': 'br', 'if-none-match': known }, 'HEAD');
      expect(response.status).toBe(200);
    }
  });

  it('has the same headers by HEAD as by GET, with the length of the body of GET, and no body', async () => {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const headers = { 'accept-encoding': encoding, 'x-request-id': 'same' };
      const [byGet, byHead] = [await get(headers), await get(headers, 'HEAD')];
      expect(byHead.status).toBe(200);
      expect(Object.fromEntries(byHead.headers)).toEqual(Object.fromEntries(byGet.headers));
      expect(byHead.headers.get('content-length')).toBe(String((await bytes(byGet)).length));
      expect((await bytes(byHead)).length).toBe(0);
    }
  });

  it('has another ETag with another token, so that the browser loads the page of a restarted demo', async () => {
    const etagWith = async (token: string) => {
      const headers = JSON.stringify({ Authorization: `Bearer ${token}` });
      const config = parseConfig({ ...baseConfig(), graphiql: true });
      const other = await createGateway(config, { graphiqlExample: { headers } });
      const response = await other.fetch(new Request(ADDRESS, { method: 'HEAD', headers: { accept: 'text/html' } }), {
        remoteAddress: '192.0.2.1',
      });
      await other.close();
      return response.headers.get('etag');
    };
    expect(await etagWith('first')).not.toBe(await etagWith('second'));
  });

  it('has a tab for each example, which has one operation, so that the play button offers no choice', async () => {
    const { defaultTabs } = await readOptions();
    const operations = defaultTabs.map(({ query }: { query: string }) =>
      parse(query).definitions.map((definition) => 'name' in definition && definition.name?.value),
    );
    expect(operations).toEqual([['Delegate'], ['Viewer']]);
  });

  it('passes its first example and headers as those of the active tab, and keeps the headers out of storage', async () => {
    const options = await readOptions();
    expect(options.query).toBe(options.defaultTabs[0].query);
    expect(options).not.toHaveProperty('defaultQuery');
    expect(JSON.parse(options.initialHeaders)).toEqual({ Authorization: 'Bearer <the token of the user>' });
    expect(options.headers).toBe(options.initialHeaders);
    expect(options.shouldPersistHeaders).toBe(false);
  });

  it('has options that do not end their script, whatever the examples contain', async () => {
    const config = parseConfig({ ...baseConfig(), graphiql: true });
    const example = { queries: ['# </script><script>alert(1)</script>\nquery { __typename }'] };
    const other = await createGateway(config, { graphiqlExample: example });
    const html = await (
      await other.fetch(new Request(ADDRESS, { headers: { accept: 'text/html' } }), { remoteAddress: '192.0.2.1' })
    ).text();
    await other.close();
    expect(html.includes('alert(1)')).toBe(true);
    expect(html.includes('<script>alert(1)')).toBe(false);
  });

  it('posts to another URL than its own, because a POST to its own URL would evict it from the cache', async () => {
    const { endpoint } = await readOptions();
    for (const address of [ADDRESS, `${ADDRESS}?query={viewer{id}}`, 'https://proxy.example.com/prefix/graphql']) {
      const resolved = new URL(endpoint, address);
      expect(resolved.href).not.toBe(address);
      expect(resolved.pathname).toBe(new URL(address).pathname);
    }
    const response = await gateway.fetch(
      new Request(new URL(endpoint, ADDRESS), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      }),
      { remoteAddress: '192.0.2.1' },
    );
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('varies by Origin too when origins are configured', async () => {
    const strict = await testGateway((config) =>
      Object.assign(config, { graphiql: true, cors: { origins: ['https://app.example.com'] } }),
    );
    const response = await strict.fetch(new Request(ADDRESS, { method: 'HEAD', headers: { accept: 'text/html' } }), {
      remoteAddress: '192.0.2.1',
    });
    expect(response.headers.get('vary')).toBe('Accept, Accept-Encoding, Origin');
  });
});
