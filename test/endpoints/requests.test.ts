import { beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});

const HELLO = JSON.stringify({ query: '{ __typename }' });
const LIMIT = 100 * 1024;

interface Send {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit | null;
}

async function send({ method = 'POST', path = '/graphql', host = 'gateway.test', headers = {}, body = HELLO }: Send) {
  const bodiless = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  const response = await gateway.fetch(
    new Request(`http://${host}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(bodiless ? {} : { body, duplex: 'half' }),
    } as RequestInit),
    { remoteAddress: '192.0.2.1' },
  );
  const text = await response.text();
  const error = text.startsWith('{"errors"') ? JSON.parse(text).errors[0] : undefined;
  return { status: response.status, headers: response.headers, text, error };
}

function refusal(status: number, message: string) {
  return { status, error: { message, extensions: { code: 'INVALID_REQUEST' } } };
}

/** A body without a Content-Length that counts the bytes read from it. */
function chunks(total: number, size = 16 * 1024) {
  const read = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (read.bytes >= total) return controller.close();
      read.bytes += size;
      controller.enqueue(new Uint8Array(size).fill(0x20));
    },
  });
  return { read, body };
}

describe('the media type of a request', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8";x=y',
    ' application/json ',
  ])('%j is accepted', async (type) => {
    expect((await send({ headers: { 'content-type': type } })).status).toBe(200);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    'application/graphql+json',
    'application/jsonp',
    'text/plain; application/json',
    '',
  ])('%j is refused with 415', async (type) => {
    expect(await send({ headers: { 'content-type': type } })).toMatchObject(
      refusal(415, 'The Content-Type must be application/json'),
    );
  });

  it('a form is refused, and its mutation is not executed', async () => {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: 'mutation { delegate(input: {}) { refreshToken } }' }));
    const response = await gateway.fetch(new Request('http://gateway.test/graphql', { method: 'POST', body: form }), {
      remoteAddress: '192.0.2.1',
    });
    expect(response.status).toBe(415);
    expect(gateway.log.audits()).toEqual([]);
  });
});

describe('the body of a request', () => {
  it('may have 100 KiB', async () => {
    expect((await send({ body: HELLO.padEnd(LIMIT) })).status).toBe(200);
  });

  it('is refused with 413 when it has one byte more, with and without a Content-Length', async () => {
    const tooLong = refusal(413, 'The body is longer than 102400 bytes');
    expect(
      await send({ body: HELLO.padEnd(LIMIT + 1), headers: { 'content-length': String(LIMIT + 1) } }),
    ).toMatchObject(tooLong);
    expect(await send({ body: HELLO.padEnd(LIMIT + 1) })).toMatchObject(tooLong);
    expect(await send({ body: chunks(LIMIT + 1, 1024).body })).toMatchObject(tooLong);
  });

  it('is not read beyond its limit', async () => {
    const { read, body } = chunks(1024 * 1024 * 1024);
    expect((await send({ body })).status).toBe(413);
    expect(read.bytes).toBeLessThan(LIMIT + 64 * 1024);
  });

  it.each([
    ['an empty body', '', 'The body is not JSON'],
    ['half an object', '{"query":', 'The body is not JSON'],
    ['JavaScript', "{query:'{ __typename }'}", 'The body is not JSON'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'The body could not be read as UTF-8'],
    ['an array', `[${HELLO}]`, 'The body must be a JSON object with "query"; batches are not taken'],
    ['a string', '"{ __typename }"', 'The body must be a JSON object with "query"; batches are not taken'],
    ['null', 'null', 'The body must be a JSON object with "query"; batches are not taken'],
    ['a number', '1', 'The body must be a JSON object with "query"; batches are not taken'],
    ['no query', '{}', 'Must provide query string.'],
    ['a query that is null', '{"query":null}', 'Must provide query string.'],
  ])('is refused with 400: %s', async (_name, body, message) => {
    const answer = await send({ body });
    expect(answer).toMatchObject(refusal(400, message));
    expect(answer.headers.get('allow')).toBeNull();
  });

  it.each([
    ['in a list', Array.from({ length: 1_001 }, () => 0)],
    ['in an object', { input: Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, {}])) }],
    ['in nested lists', JSON.parse(`${'['.repeat(1_002)}${']'.repeat(1_002)}`)],
  ])('may have 1,000 values in its variables, and is refused with more: %s', async (_name, variables) => {
    const gateway = await testGateway();
    const answer = await gateway.graphql('{ __typename }', { variables: { variables } });
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([
      { message: 'The variables hold more than 1000 values', extensions: { code: 'INVALID_REQUEST' } },
    ]);
    const accepted = await gateway.graphql('{ __typename }', {
      variables: { list: Array.from({ length: 900 }, () => 0) },
    });
    expect(accepted.data).toEqual({ __typename: 'Query' });
  });

  it('is the only source of the document: a query in the URL is ignored', async () => {
    const path = `/graphql?query=${encodeURIComponent('mutation { delegate(input: {}) { refreshToken } }')}`;
    expect(await send({ path, body: '{}' })).toMatchObject(refusal(400, 'Must provide query string.'));
  });
});

describe('methods, paths and hosts', () => {
  it('GET on /graphql without a query gets 405 with Allow: POST', async () => {
    const answer = await send({ method: 'GET' });
    expect(answer).toMatchObject(refusal(405, 'The method must be POST'));
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('%s on /graphql gets 405 with Allow: GET, POST', async (method) => {
    const answer = await send({ method });
    expect(answer).toMatchObject(refusal(405, 'The method must be GET or POST'));
    expect(answer.headers.get('allow')).toBe('GET, POST');
  });

  it('HEAD on /graphql gets 405', async () => {
    expect((await send({ method: 'HEAD' })).status).toBe(405);
  });

  it('a browser gets 405 as JSON when GraphiQL is off', async () => {
    const answer = await send({ method: 'GET', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(answer).toMatchObject(refusal(405, 'The method must be POST'));
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it.each(['/nothing', '/graphql/', '/graphql/x', '/GRAPHQL', '/constructor', '/__proto__', '//graphql'])(
    '%s gets 404',
    async (path) => {
      expect(await send({ path })).toMatchObject(refusal(404, 'There is nothing at this path'));
    },
  );

  it('an unknown host gets 421', async () => {
    const hosts = await testGateway(({ tenants }) =>
      Object.assign(tenants[0] as object, { hosts: ['api.example.com'] }),
    );
    const ask = (host: string) =>
      hosts.fetch(
        new Request(`http://${host}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: HELLO,
        }),
        { remoteAddress: '192.0.2.1' },
      );
    const answer = await ask('other.example.com');
    expect(answer.status).toBe(421);
    expect(await answer.json()).toEqual({
      errors: [{ message: 'No tenant has this host', extensions: { code: 'INVALID_REQUEST' } }],
    });
    for (const host of ['api.example.com', 'API.example.com:4000', 'api.example.com.'])
      expect((await ask(host)).status).toBe(200);
  });

  it('/livez is answered for every host', async () => {
    expect(await send({ method: 'GET', path: '/livez' })).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });
});

describe('every response', () => {
  const kinds: readonly (readonly [string, Send, number])[] = [
    ['a result', {}, 200],
    ['a document that does not parse', { body: '{"query":"{"}' }, 200],
    ['a body that is not JSON', { body: '{' }, 400],
    ['an unsupported method', { method: 'PUT' }, 405],
    ['an unsupported media type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['an unknown path', { path: '/nothing' }, 404],
  ];

  it.each(kinds)('has the cache, nosniff, request id and CORS headers: %s', async (_name, request, status) => {
    const answer = await send(request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-expose-headers')).toBe(
      'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, WWW-Authenticate',
    );
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('has the request id of the client when its characters are allowed', async () => {
    const id = async (given: string) =>
      (await send({ headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await id('trace-1.a_B')).toBe('trace-1.a_B');
    expect(await id('a'.repeat(64))).toBe('a'.repeat(64));
    for (const unsafe of ['a'.repeat(65), 'a b', '{"a":1}', '<script>', 'a,b', 'é'])
      expect(await id(unsafe)).not.toBe(unsafe);
  });

  it('is JSON with every Accept header', async () => {
    for (const accept of ['text/html', 'text/event-stream', 'multipart/mixed', 'image/png']) {
      const answer = await send({ headers: { accept } });
      expect(answer).toMatchObject({ status: 200, text: '{"data":{"__typename":"Query"}}' });
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
  });
});

describe('GraphiQL', () => {
  it('is served to browsers only when it is on', async () => {
    const open = await testGateway((config) => Object.assign(config, { graphiql: true }));
    const ask = (accept: string) =>
      open.fetch(new Request('http://gateway.test/graphql', { headers: { accept } }), { remoteAddress: '192.0.2.1' });
    const page = await ask('text/html');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
    const html = await page.text();
    expect(html).toContain('<title>Delegation Gateway</title>');
    expect(html).toContain('mutation Delegate');
    expect(html).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)="?(?:https?:)?\/\//i);
    expect((await ask('application/json')).status).toBe(405);
  });

  it('is served to clients that accept any type, except to a GraphQL request by GET', async () => {
    const open = await testGateway((config) => Object.assign(config, { graphiql: true }));
    const ask = (query: string, headers: Record<string, string>) =>
      open.fetch(new Request(`http://gateway.test/graphql${query}`, { headers }), { remoteAddress: '192.0.2.1' });
    for (const headers of [{}, { accept: '*/*' }] as Record<string, string>[]) {
      expect((await ask('', headers)).headers.get('content-type')).toBe('text/html; charset=utf-8');
      const refused = await ask('?query={__typename}', headers);
      expect(refused.status).toBe(401);
      expect((await refused.json()).errors[0].extensions.code).toBe('INVALID_TOKEN');
    }
  });
});

describe('cross-origin rules', () => {
  const preflight = (origin: string, headers: Record<string, string> = {}): RequestInit => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', ...headers },
  });

  it('allow the request headers that clients send', async () => {
    const headers = { 'access-control-request-headers': 'authorization,auth0-client,content-type,x-request-id' };
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', preflight('https://app.example.com', headers)),
      { remoteAddress: '192.0.2.1' },
    );
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase().split(/, */);
    expect(allowed).toEqual(expect.arrayContaining(['content-type', 'authorization', 'auth0-client', 'x-request-id']));
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('allow a configured origin and no other', async () => {
    const strict = await testGateway((config) =>
      Object.assign(config, { cors: { origins: ['https://app.example.com'] } }),
    );
    const ask = (origin: string | undefined, init: RequestInit) => {
      const request = new Request('http://gateway.test/graphql', init);
      if (origin !== undefined) request.headers.set('origin', origin);
      return strict.fetch(request, { remoteAddress: '192.0.2.1' });
    };
    const post: RequestInit = { method: 'POST', headers: { 'content-type': 'application/json' }, body: HELLO };
    for (const init of [post, preflight('https://app.example.com')]) {
      const response = await ask('https://app.example.com', init);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect(response.headers.get('vary')).toBe('Origin');
    }
    for (const origin of [
      'https://evil.example',
      'https://app.example.com.evil.example',
      'http://app.example.com',
      'null',
    ]) {
      for (const init of [post, preflight(origin)]) {
        const response = await ask(origin, init);
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
        expect(response.headers.get('access-control-expose-headers')).toBeNull();
        expect(response.headers.get('vary')).toBe('Origin');
      }
    }
    expect((await ask(undefined, post)).headers.get('access-control-allow-origin')).toBeNull();
  });
});
