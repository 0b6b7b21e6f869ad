import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Gateway } from '../src/gateway.js';
import { type RunningServer, serve } from '../src/server.js';
import { type ConfigDocument, DELEGATE, testGateway } from './support/gateway.js';
import { openConnection, rawPost, statusLines } from './support/raw-connection.js';

const HELLO = JSON.stringify({ query: '{ __typename }' });
const KIB = 1024;
const MIB = 1024 * KIB;
const READYZ = 'GET /readyz HTTP/1.1\r\nHost: gateway.test\r\n\r\n';

const servers: RunningServer[] = [];

/** Starts a server, and records the path of each request that it hands to its gateway. */
async function start(change: (config: ConfigDocument) => void = () => {}): Promise<{ port: number; paths: string[] }> {
  const gateway = await testGateway(change);
  const paths: string[] = [];
  const recording: Gateway = {
    ...gateway,
    answer(request, connection) {
      paths.push(request.path);
      return gateway.answer(request, connection);
    },
  };
  const server = await serve(recording, { host: '127.0.0.1', port: 0, quietMs: 20 });
  servers.push(server);
  return { port: server.port, paths };
}

/** The port of a server with the usual tenant, for all tests that need no other. */
let port: number;
beforeAll(async () => {
  ({ port } = await start());
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

const HOST = ['Host: gateway.test'];
const JSON_HEADERS = [...HOST, 'Content-Type: application/json'];
const CHUNKED = 'Transfer-Encoding: chunked';

/** The head of a request, with the header that announces its body. */
function head(line: string, framing: string, headers: readonly string[] = HOST): string {
  return [`${line} HTTP/1.1`, ...headers, framing, '', ''].join('\r\n');
}

function chunk(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}

/** A whole request with a chunked body of this many MiB. */
function upload(mebibytes: number, headers = JSON_HEADERS): string {
  const body = chunk(' '.repeat(64 * KIB)).repeat(16 * mebibytes);
  return head('POST /graphql', CHUNKED, headers) + body + chunk('');
}

describe('a chunked body of 2 MiB', () => {
  it('is answered with a 413 that ends the connection, and the next request on it is not answered', async () => {
    const { socket, closed, until } = openConnection(port);
    const events: string[] = [];
    until(/The body is longer/).then(() => events.push('answer'));
    socket.on('end', () => events.push('end'));
    socket.on('error', ({ message }) => events.push(message));
    socket.on('close', () => events.push('close'));
    socket.write(upload(2) + READYZ);
    const received = await closed;
    expect(statusLines(received)).toEqual(['HTTP/1.1 413']);
    expect(received).toMatch(/\r\nconnection: close\r\n/i);
    expect(events).toEqual(['answer', 'end', 'close']);
  });

  it('does not delay the next request of a client with a connection pool', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const outgoing = request(`http://127.0.0.1:${port}/graphql`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    });
    outgoing.end(' '.repeat(2 * MIB));
    const [refusal] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(refusal.statusCode).toBe(413);
    expect(await text(refusal)).toContain('The body is longer than 102400 bytes');

    const next = request(`http://127.0.0.1:${port}/readyz`, { agent }).end();
    const [answer] = (await once(next, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(await text(answer)).toBe('{"status":"ok"}');
    expect(next.reusedSocket).toBe(false);
  });
});

describe('a request that is answered before its body has arrived', () => {
  /** A server whose only tenant takes one host; GraphiQL and JSONP are on. */
  let permissivePort: number;
  beforeAll(async () => {
    ({ port: permissivePort } = await start((config) => {
      Object.assign(config, { graphiql: true });
      Object.assign(config.tenants[0] as object, { hosts: ['gateway.test'], legacy: { jsonp: true } });
    }));
  });

  const cases: [name: string, status: number, line: string, headers: readonly string[]][] = [
    ['415 at /graphql', 415, 'POST /graphql', [...HOST, 'Content-Type: text/plain']],
    ['415 at /delegation', 415, 'POST /delegation', [...HOST, 'Content-Type: text/plain']],
    ['405 at /graphql', 405, 'PUT /graphql', JSON_HEADERS],
    ['405 at /delegation', 405, 'PUT /delegation', JSON_HEADERS],
    ['405 at /.well-known/jwks.json', 405, 'POST /.well-known/jwks.json', HOST],
    ['404', 404, 'POST /nothing', JSON_HEADERS],
    ['421', 421, 'POST /graphql', ['Host: other.test', 'Content-Type: application/json']],
    ['400 for two Host headers', 400, 'POST /graphql', [...JSON_HEADERS, 'Host: other.test']],
    ['400 for a Host header that is not a host', 400, 'POST /delegation', ['Host: a b']],
    ['400 for no Host header', 400, 'POST /delegation', []],
    ['417 for an unknown expectation', 417, 'POST /graphql', [...JSON_HEADERS, 'Expect: coffee']],
    ['200 for a GET that has a body', 200, 'GET /livez', HOST],
    ['200 for a key set that is asked for with a body', 200, 'GET /.well-known/jwks.json', HOST],
    ['200 for GraphiQL that is asked for with a body', 200, 'GET /graphql', [...JSON_HEADERS, 'Accept: text/html']],
    ['401 for a query by GET that has a body', 401, 'GET /graphql?query={__typename}', JSON_HEADERS],
    ['405 for a mutation by GET that has a body', 405, 'GET /graphql?query=mutation{__typename}', JSON_HEADERS],
    ['200 for JSONP that has a body', 200, 'GET /delegation?cbx=callback', JSON_HEADERS],
    ['204 for a preflight that has a body', 204, 'OPTIONS /delegation', [...HOST, 'Origin: https://a.test']],
    ['200 for a HEAD that has a body', 200, 'HEAD /livez', HOST],
  ];
  const framings = [
    ['Content-Length', `Content-Length: ${64 * KIB}`, 'x'.repeat(KIB)],
    ['chunks', CHUNKED, chunk('x'.repeat(KIB))],
  ] as const;
  describe.each(framings)('by %s', (_framing, framing, part) => {
    it.each(cases)('ends its connection: %s', async (_name, status, line, headers) => {
      const { socket, closed } = openConnection(permissivePort);
      socket.write(head(line, framing, headers) + part);
      const received = await closed;
      expect(statusLines(received)).toEqual([`HTTP/1.1 ${status}`]);
      expect(received).toMatch(/\r\nconnection: close\r\n/i);
    });
  });

  it.each(['/graphql', '/delegation'])('ends its connection: 413 at %s by the Content-Length alone', async (path) => {
    const { socket, closed } = openConnection(port);
    socket.write(head(`POST ${path}`, `Content-Length: ${100 * KIB + 1}`, JSON_HEADERS));
    expect(await closed).toMatch(/^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
  });

  it.each(['/graphql', '/delegation'])('ends its connection: 413 at %s in the middle of its chunks', async (path) => {
    const { socket, closed } = openConnection(port);
    socket.write(head(`POST ${path}`, CHUNKED, JSON_HEADERS) + chunk(' '.repeat(100 * KIB + 1)));
    expect(await closed).toMatch(/^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
  });

  it.each([
    ['in the rest of its body', head('POST /nothing', `Content-Length: ${READYZ.length}`), READYZ],
    ['after its body', head('POST /nothing', CHUNKED), chunk('') + READYZ],
    ['after two Host headers', head('POST /nothing', CHUNKED, [...HOST, 'Host: other.test']), chunk('') + READYZ],
  ])('is the last on its connection: a request %s is neither answered nor processed', async (_name, first, rest) => {
    const { port, paths } = await start();
    const { socket, closed, until } = openConnection(port, { allowHalfOpen: true });
    socket.write(first);
    await until(/"extensions"/);
    socket.end(rest);
    expect(statusLines(await closed)).toHaveLength(1);
    expect(paths).toEqual(['/nothing']);
  });

  it('is the last on its connection: a request in the same segment as two Host headers is not processed', async () => {
    const { port, paths } = await start();
    const { socket, closed } = openConnection(port);
    socket.write(rawPost(HELLO, ['Host: other.test']) + READYZ);
    expect(statusLines(await closed)).toEqual(['HTTP/1.1 400']);
    expect(paths).toEqual(['/graphql']);
  });
});

describe('a client that goes on sending after a refusal', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['413', JSON_HEADERS, /^HTTP\/1\.1 413 .*The body is longer than 102400 bytes/s],
    ['415', HOST, /^HTTP\/1\.1 415 .*The Content-Type must be application\/json/s],
    ['400 for no Host header', [], /^HTTP\/1\.1 400 .*The request must have one valid Host header/s],
  ])('gets the answer when it reads only after it has sent everything: %s', async (_name, headers, answer) => {
    const { socket, closed } = openConnection(port);
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.pause();
    // More than the kernel buffers: a reset would end the upload with an error.
    await new Promise((resolve) => socket.write(upload(7, headers), resolve));
    socket.resume();
    expect(await closed).toMatch(answer);
    expect(errors).toEqual([]);
  });

  it('is cut off after 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, closed } = openConnection(port, { allowHalfOpen: true });
    socket.write(head('POST /nothing', CHUNKED));
    await once(socket, 'end');
    vi.advanceTimersByTime(4_999);
    await new Promise((resolve) => socket.write(chunk('x'), resolve));
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    const writeUntilClosed = () => socket.write(chunk('x'), (error) => error ?? setImmediate(writeUntilClosed));
    writeUntilClosed();
    expect(statusLines(await closed)).toEqual(['HTTP/1.1 404']);
  });

  it('is cut off after 8 MiB, whatever it sends', async () => {
    const { socket, closed } = openConnection(port, { allowHalfOpen: true });
    socket.write(head('POST /nothing', CHUNKED));
    await once(socket, 'end');
    const data = 'no chunk'.repeat(8 * KIB);
    let sent = 0;
    const writeUntilClosed = () =>
      socket.write(data, (error) => {
        if (error) return;
        sent += data.length;
        writeUntilClosed();
      });
    writeUntilClosed();
    await closed;
    expect(sent).toBeGreaterThan(7 * MIB);
    // What the two kernels buffer is sent, but not read.
    expect(sent).toBeLessThan(32 * MIB);
  });
});

describe('a request whose body has been sent in full', () => {
  it.each([
    ['a result', 200, rawPost(HELLO)],
    ['a document that does not parse', undefined, rawPost('{"query":"{"}')],
    ['an error in the result', undefined, rawPost(JSON.stringify({ query: DELEGATE, variables: { input: {} } }))],
    ['a body of 100 KiB', 200, rawPost(HELLO.padEnd(100 * KIB))],
    ['a body that is not JSON', 400, rawPost('{')],
    ['a 400 at /delegation', 400, rawPost('{}').replace('/graphql', '/delegation')],
    ['a 415', 415, rawPost(HELLO).replace('application/json', 'text/plain')],
    ['a 405', 405, rawPost(HELLO).replace('POST', 'PUT')],
    ['a 404', 404, rawPost(HELLO).replace('/graphql', '/nothing')],
    ['a GET with a body', 200, rawPost('ignored').replace('POST /graphql', 'GET /livez')],
    ['a chunked body', 200, head('POST /graphql', CHUNKED, JSON_HEADERS) + chunk(HELLO) + chunk('')],
    ['no body', 200, READYZ],
  ])('keeps its connection for the next one: %s', async (_name, status, sent) => {
    const { socket, until } = openConnection(port);
    socket.write(sent);
    const first = await until(/\}(\r\n0\r\n\r\n)?$/);
    expect(first).not.toMatch(/connection: close/i);
    const answer = status === undefined ? expect.any(String) : `HTTP/1.1 ${status}`;
    expect(statusLines(first)).toEqual([answer]);
    socket.write(READYZ);
    const both = await until(/(HTTP\/1\.1 .*){2}"status":"ok"/s);
    expect(statusLines(both)).toEqual([answer, 'HTTP/1.1 200']);
  });

  it('keeps its connection for the next one: a refusal of the attempt guard', async () => {
    const guarded = await start((config) => Object.assign(config, { rate_limit: { attempts_per_minute: 1 } }));
    const { socket, until } = openConnection(guarded.port);
    const attempt = rawPost(JSON.stringify({ query: DELEGATE, variables: { input: {} } }));
    socket.write(attempt + attempt);
    const received = await until(/RATE_LIMITED/);
    expect(statusLines(received)[1]).toBe('HTTP/1.1 429');
    expect(received).not.toMatch(/connection: close/i);
    socket.write(READYZ);
    await until(/"status":"ok"/);
  });
});
