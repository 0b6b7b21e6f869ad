import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpRequest, HttpResponse } from '../../src/http/message.js';
import { NodeRequest } from '../../src/http/node-request.js';
import { sendResponse } from '../../src/http/node-response.js';

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Sends bytes as they are and returns everything that comes back until the server closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write(bytes, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

describe('a response over node:http', () => {
  const send = async (response: () => HttpResponse, method = 'GET') => {
    const port = await listen((_request, outgoing) => void sendResponse(outgoing, response()));
    return exchange(port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  };

  it('has the length of its text in bytes, and no chunks', async () => {
    const answer = await send(
      () => new HttpResponse('{"a":"ä"}', { headers: { 'Content-Type': 'application/json', Vary: 'Origin' } }),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\ncontent-length: 10\r\n/i);
    expect(answer).toMatch(/\r\nvary: Origin\r\n/i);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(Buffer.from(answer.split('\r\n\r\n')[1] ?? '', 'latin1').toString()).toBe('{"a":"ä"}');
  });

  it('has the length and no content for HEAD', async () => {
    const answer = await send(() => new HttpResponse('12345'), 'HEAD');
    expect(answer).toMatch(/\r\ncontent-length: 5\r\n/i);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it.each([204, 304])('has no length when it has the status %s', async (status) => {
    const answer = await send(() => new HttpResponse(null, { status }));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(/content-length/i);
  });

  it('keeps its bytes and its own length when it has one', async () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
    const answer = await send(() => new HttpResponse(bytes, { headers: { 'Content-Length': '1000' } }));
    expect(answer).toMatch(/\r\ncontent-length: 1000\r\n/i);
    expect(Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')).toEqual(Buffer.from(bytes));
  });
});

describe('a request of node:http', () => {
  /** Answers with what the callback reads of the request. */
  const read = async (bytes: string, callback: (request: HttpRequest) => unknown) => {
    const port = await listen(async (incoming, outgoing) => {
      outgoing.end(JSON.stringify((await callback(new NodeRequest(incoming, outgoing))) ?? null));
    });
    const answer = await exchange(port, bytes);
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
  };
  const get = (target: string, headers = '') =>
    `GET ${target} HTTP/1.1\r\nHost: a.example:1\r\n${headers}Connection: close\r\n\r\n`;

  it.each([
    ['/graphql?a=b?c', '/graphql', 'a=b?c'],
    ['/a/../graphql', '/a/../graphql', ''],
    ['//other.example/graphql', '//other.example/graphql', ''],
    ['http://other.example/graphql?a', 'http://other.example/graphql', 'a'],
  ])('with the target %s has the path %s and the query %o', async (target, path, query) => {
    const parts = await read(get(target), (request) => [request.method, request.host, request.path, request.query]);
    expect(parts).toEqual(['GET', 'a.example:1', path, query]);
  });

  it('has the headers in any case, joined when one is given twice, and null for others', async () => {
    const headers = 'X-Forwarded-For: 1\r\nx-forwarded-for: 2\r\n';
    const names = ['x-forwarded-for', 'X-FORWARDED-FOR', 'x-missing', 'constructor', '__proto__'];
    expect(await read(get('/', headers), ({ headers }) => names.map((name) => headers.get(name)))).toEqual([
      '1, 2',
      '1, 2',
      null,
      null,
      null,
    ]);
  });

  const post = (body: string, headers = '') =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${headers}Connection: close\r\n\r\n${body}`;

  it('has a body that is read up to a limit, and an empty one for GET', async () => {
    expect(await read(get('/'), (request) => request.readText(6))).toBe('');
    expect(await read(post('123456'), (request) => request.readText(6))).toBe('123456');
    const failed = (request: HttpRequest) => request.readText(5).catch((error) => error.message);
    expect(await read(post('123456'), failed)).toBe('longer than 5 bytes');
  });

  it('refuses a body that is not UTF-8', async () => {
    const failed = (request: HttpRequest) => request.readText(5).catch((error) => error.name);
    expect(await read(post('\xff'), failed)).toBe('TypeError');
  });

  it('fails to read the body of a client that has disconnected, before or while it is read', async () => {
    const outcomes: string[] = [];
    const read = (request: HttpRequest) => request.readText(9).catch((error) => void outcomes.push(error.message));
    let begun = () => {};
    const ended: Promise<unknown>[] = [];
    const port = await listen((incoming, outgoing) => {
      const request = new NodeRequest(incoming, outgoing);
      ended.push(
        incoming.url === '/late'
          ? new Promise((resolve) => incoming.once('close', resolve)).then(() => read(request))
          : read(request),
      );
      incoming.on('error', () => {});
      begun();
    });
    for (const path of ['/early', '/late']) {
      const started = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12`);
      await started;
      socket.destroy();
      await ended.at(-1);
    }
    expect(outcomes).toEqual(Array(2).fill('The connection ended before the body'));
  });

  it('aborts its signal when the client disconnects, and not after a response', async () => {
    const signals: AbortSignal[] = [];
    let begun = () => {};
    const port = await listen((incoming, outgoing) => {
      signals.push(new NodeRequest(incoming, outgoing).signal);
      if (incoming.url === '/answered') outgoing.end();
      else begun();
    });
    await exchange(port, get('/answered'));
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const client = httpRequest({ port, host: '127.0.0.1', path: '/left' }).on('error', () => {});
    client.end();
    await started;
    client.destroy();
    await once(signals[1] as AbortSignal, 'abort');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });
});
