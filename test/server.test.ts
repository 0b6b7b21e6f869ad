import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AddonDefinition } from '../src/addons/addon.js';
import { app } from '../src/addons/app.js';
import { firebase } from '../src/addons/firebase.js';
import { type RunningServer, serve } from '../src/server.js';
import { DELEGATE, type TestGateway, testGateway } from './support/gateway.js';
import { poll } from './support/poll.js';
import { openConnection, rawPost, statusLines } from './support/raw-connection.js';

/** Add-ons whose app token is issued only after the test calls `release`. */
function blockedAddons() {
  let release = () => {};
  let start = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const addon: AddonDefinition = {
    ...app,
    create(config, context) {
      const real = app.create(config, context);
      return {
        async issue(request) {
          start();
          await released;
          return real!.issue(request);
        },
      };
    },
  };
  return { addons: [addon, firebase], release, started };
}

async function start(
  options: Parameters<typeof testGateway>[1] = {},
  graceMs = 60_000,
): Promise<{ server: RunningServer; gateway: TestGateway; token: string }> {
  const gateway = await testGateway(() => {}, options);
  const server = await serve(gateway, {
    host: '127.0.0.1',
    port: 0,
    quietMs: 20,
    graceMs,
  });
  onTestFinished(() => server.close());
  return { server, gateway, token: await gateway.idToken() };
}

const HELLO = JSON.stringify({ query: '{ __typename }' });

describe('the server', () => {
  it('answers the mutation when the headers are longer than 20 KiB', async () => {
    const { server, token } = await start();
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-padding': 'a'.repeat(20 * 1024),
      },
      body: JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } }),
    });
    const { data } = (await response.json()) as { data: { delegate: { credential: { token: string } } } };
    expect(response.status).toBe(200);
    expect(data.delegate.credential.token).toMatch(/^eyJ/);
    expect(response.headers.get('x-ratelimit-remaining')).toBe('9');
  });

  it('takes the address of the peer as the client IP', async () => {
    const { server, token, gateway } = await start();
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
    expect(gateway.log.audits()[0]?.ip).toBe('127.0.0.1');
  });

  it('keeps a connection alive, and answers pipelined requests in order', async () => {
    const { server } = await start();
    const { socket, until } = openConnection(server.port);
    socket.write(rawPost(HELLO));
    await until(/"Query"/);
    socket.write(
      rawPost(JSON.stringify({ query: '{ first: __typename }' })) +
        rawPost(JSON.stringify({ query: '{ second: __typename }' })),
    );
    const text = await until(/second/);
    expect(statusLines(text)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200']);
    expect(text.indexOf('first')).toBeLessThan(text.indexOf('second'));
  });

  it('refuses two Host headers, even equal ones, and ends the connection', async () => {
    const { server } = await start();
    for (const second of ['Host: other.test', 'host: gateway.test']) {
      const { socket, closed } = openConnection(server.port);
      socket.write(rawPost(HELLO, [second]));
      const text = await closed;
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toMatch(/cache-control: no-store/i);
      expect(text).toContain(
        '{"errors":[{"message":"The request must have one valid Host header","extensions":{"code":"INVALID_REQUEST"}}]}',
      );
    }
  });

  it('refuses two Host headers at /delegation with the legacy body and the usual headers', async () => {
    const { server } = await start();
    const { socket, closed } = openConnection(server.port);
    socket.write(rawPost(HELLO, ['Host: other.test']).replace('/graphql', '/delegation'));
    const text = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toMatch(/access-control-allow-origin: \*/i);
    expect(text).toContain(
      '{"error":"invalid_request","error_description":"The request must have one valid Host header"}',
    );
  });

  it.each([
    ['an invalid request line', 'NONSENSE\r\n\r\n', 400],
    ['no Host header', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    ['a Content-Length with a chunked body', rawPost(HELLO, ['Transfer-Encoding: chunked']), 400],
    ['two Content-Length headers', rawPost(HELLO, ['Content-Length: 3']), 400],
    ['a header of 40 KiB', rawPost(HELLO, [`X-Padding: ${'a'.repeat(40 * 1024)}`]), 431],
  ])('refuses %s and keeps serving others', async (_name, text, status) => {
    const { server, gateway } = await start();
    const { socket, closed } = openConnection(server.port);
    socket.write(text);
    expect(await closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(gateway.log.lines).toEqual([]);
  });

  it.each(['[', 'a b', 'x/graphql?', '@', 'user:pass@gateway.test', ''])(
    'refuses a Host header that is not a host (%j)',
    async (host) => {
      const { server, gateway } = await start();
      const { socket, closed } = openConnection(server.port);
      socket.write(`GET /nothing HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await closed).toMatch(/^HTTP\/1\.1 400 .*The request must have one valid Host header/s);
      expect(gateway.log.lines).toEqual([]);
    },
  );

  it.each(['http://[/graphql', '//[/graphql', '*', 'nothing', 'http://', '/%ff', '/\\\\'])(
    'refuses a request target that is not one of its paths (%j)',
    async (target) => {
      const { server, gateway } = await start();
      const { socket, closed } = openConnection(server.port);
      socket.write(`GET ${target} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`);
      expect(await closed).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(gateway.log.lines).toEqual([]);
    },
  );

  it('refuses a chunked body as soon as it is longer than 100 KiB', async () => {
    const { server } = await start();
    const { socket, until } = openConnection(server.port);
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `${(16 * 1024).toString(16)}\r\n${' '.repeat(16 * 1024)}\r\n`;
    for (let sent = 0; sent < 8; sent++) socket.write(chunk);
    const text = await until(/\r\n\r\n.*longer/s);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('The body is longer than 102400 bytes');
  });

  it('limits the time for headers to 10 s and for the request to 15 s', async () => {
    const { server } = await start();
    expect(server.limits.headersTimeout).toBe(10_000);
    expect(server.limits.requestTimeout).toBe(15_000);
    expect(server.limits.timeout).toBe(75_000);
  });

  it('keeps serving, and logs no warning, when a client disconnects before the answer', async () => {
    const { addons, release, started } = blockedAddons();
    const { server, gateway, token } = await start({ addons });
    const { socket } = openConnection(server.port);
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    socket.write(rawPost(body, [`Authorization: Bearer ${token}`]));
    await started;
    socket.destroy();
    await once(socket, 'close');
    release();
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.close();
    expect(gateway.log.lines.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });

  it('keeps serving, and logs nothing, when a client disconnects in the middle of its body', async () => {
    const { server, gateway } = await start();
    const { socket } = openConnection(server.port);
    socket.write(rawPost(HELLO).slice(0, -5));
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.close();
    expect(gateway.log.lines).toEqual([]);
  });
});

describe('shutdown', () => {
  it('answers the request that has begun, then ends its connection, and accepts no new one', async () => {
    const { addons, release, started } = blockedAddons();
    const { server, token } = await start({ addons });
    const { socket, closed } = openConnection(server.port);
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    socket.write(rawPost(body, [`Authorization: Bearer ${token}`]));
    await started;
    const stopped = server.close();
    await poll('it accepts no new connection', () =>
      fetch(`${server.url}/livez`).then(
        () => false,
        () => true,
      ),
    );
    release();
    const text = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(/"remaining":9/);
    await stopped;
  });

  it('closes connections that stay quiet: kept alive, unused, or in the middle of a header', async () => {
    const { server } = await start();
    const used = openConnection(server.port);
    used.socket.write(rawPost(HELLO));
    await used.until(/"Query"/);
    const unused = openConnection(server.port);
    await once(unused.socket, 'connect');
    const slow = openConnection(server.port);
    slow.socket.write('POST /graphql HTTP/1.1\r\nHost: gate');
    await fetch(`${server.url}/livez`);
    await server.close();
    expect(statusLines(await used.closed)).toHaveLength(1);
    expect(await unused.closed).toBe('');
    expect(await slow.closed).toBe('');
  });

  it('waits at most the grace period for a client that does not finish its body', async () => {
    const { server } = await start({}, 50);
    const { socket, closed } = openConnection(server.port);
    socket.write(rawPost(HELLO).slice(0, -5));
    await fetch(`${server.url}/livez`);
    await server.close();
    expect(await closed).toBe('');
  });

  it('closes the pooled connection of a client when it stays quiet', async () => {
    const { server } = await start();
    const agent = new Agent({ keepAlive: true });
    const [response] = await once(request(`${server.url}/livez`, { agent }).end(), 'response');
    response.resume();
    await once(response, 'end');
    await server.close();
    agent.destroy();
  });

  it('rejects with the error of listen', async () => {
    const { server, gateway } = await start();
    await expect(serve(gateway, { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
