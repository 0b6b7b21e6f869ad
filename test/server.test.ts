import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../src/addons/addon.js';
import { app } from '../src/addons/app.js';
import { firebase } from '../src/addons/firebase.js';
import { type RunningServer, serve } from '../src/server.js';
import { DELEGATE, type TestGateway, testGateway } from './support/gateway.js';
import { openConnection, rawPost, statusLines } from './support/raw-connection.js';

/** A signer that waits until the test lets it go on. */
function gate() {
  let open = () => {};
  let begun = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const addon: AddonDefinition = {
    ...app,
    create(config, context) {
      const honest = app.create(config, context);
      return {
        async issue(request) {
          begun();
          await opened;
          return honest!.issue(request);
        },
      };
    },
  };
  return { addons: [addon, firebase], open, begins };
}

const opened: RunningServer[] = [];

async function start(
  options: Parameters<typeof testGateway>[1] = {},
  shutdownGraceMs?: number,
): Promise<{ server: RunningServer; gateway: TestGateway; token: string }> {
  const gateway = await testGateway(() => {}, options);
  const server = await serve(gateway, {
    host: '127.0.0.1',
    port: 0,
    ...(shutdownGraceMs !== undefined && { shutdownGraceMs }),
  });
  opened.push(server);
  return { server, gateway, token: await gateway.idToken() };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

const HELLO = JSON.stringify({ query: '{ __typename }' });

describe('the server, over sockets', () => {
  it('answers the mutation, with an Authorization header of 20 KiB of headers around it', async () => {
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

  it('counts by the address of the other end', async () => {
    const { server, token, gateway } = await start();
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
    expect(gateway.log.audits()[0]?.ip).toBe('127.0.0.1');
  });

  it('keeps a connection for the next request, and answers pipelined requests in order', async () => {
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

  it('refuses two Host headers, whatever they say, and ends the connection', async () => {
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

  it('refuses two Host headers at the legacy door in its own form, with the headers that every answer has', async () => {
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
    ['a request line that is none', 'NONSENSE\r\n\r\n', 400],
    ['no Host header', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    ['a length and chunks at once', rawPost(HELLO, ['Transfer-Encoding: chunked']), 400],
    ['two lengths', rawPost(HELLO, ['Content-Length: 3']), 400],
    ['a header of 40 KiB', rawPost(HELLO, [`X-Padding: ${'a'.repeat(40 * 1024)}`]), 431],
  ])('refuses %s and goes on serving', async (_name, text, status) => {
    const { server, gateway } = await start();
    const { socket, closed } = openConnection(server.port);
    socket.write(text);
    expect(await closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(gateway.log.lines).toEqual([]);
  });

  it.each(['[', 'a b', 'x/graphql?', '@', 'user:pass@gateway.test', ''])(
    'answers a Host header that is no host (%j)',
    async (host) => {
      const { server, gateway } = await start();
      const { socket, closed } = openConnection(server.port);
      socket.write(`GET /nothing HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await closed).toMatch(/^HTTP\/1\.1 400 .*The request must have one valid Host header/s);
      expect(gateway.log.lines).toEqual([]);
    },
  );

  it.each(['http://[/graphql', '//[/graphql', '*', 'nothing', 'http://', '/%ff', '/\\\\'])(
    'answers a request target that is none of its paths (%j)',
    async (target) => {
      const { server, gateway } = await start();
      const { socket, closed } = openConnection(server.port);
      socket.write(`GET ${target} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`);
      expect(await closed).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(gateway.log.lines).toEqual([]);
    },
  );

  it('reads no more of a body in chunks than it may have', async () => {
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

  it('gives headers 10 s and the whole request 15 s', async () => {
    const { server } = await start();
    expect(server.limits.headersTimeout).toBe(10_000);
    expect(server.limits.requestTimeout).toBe(15_000);
    expect(server.limits.timeout).toBe(75_000);
  });

  it('takes no harm from a caller that goes away before the answer', async () => {
    const { addons, open: letGo, begins } = gate();
    const { server, gateway, token } = await start({ addons });
    const { socket } = openConnection(server.port);
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    socket.write(rawPost(body, [`Authorization: Bearer ${token}`]));
    await begins;
    socket.destroy();
    await once(socket, 'close');
    letGo();
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.close();
    expect(gateway.log.lines.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });

  it('takes no harm from a caller that goes away within its body', async () => {
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
  it('finishes the answer that has begun, then ends its connection, and takes no new one', async () => {
    const { addons, open: letGo, begins } = gate();
    const { server, token } = await start({ addons });
    const { socket, closed } = openConnection(server.port);
    const body = JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });
    socket.write(rawPost(body, [`Authorization: Bearer ${token}`]));
    await begins;
    const stopped = server.close();
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
    letGo();
    const text = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(/"remaining":9/);
    await stopped;
  });

  it('does not wait for connections that wait: kept alive, or never used', async () => {
    const { server } = await start({}, 60_000);
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

  it('waits no longer than its grace for a caller that does not send its body', async () => {
    const { server } = await start({}, 50);
    const { socket, closed } = openConnection(server.port);
    socket.write(rawPost(HELLO).slice(0, -5));
    await fetch(`${server.url}/livez`);
    await server.close();
    expect(await closed).toBe('');
  });

  it('is over at once with agents that keep connections alive', async () => {
    const { server } = await start({}, 60_000);
    const agent = new Agent({ keepAlive: true });
    const [response] = await once(request(`${server.url}/livez`, { agent }).end(), 'response');
    response.resume();
    await once(response, 'end');
    await server.close();
    agent.destroy();
  });

  it('says why it cannot listen', async () => {
    const { server, gateway } = await start();
    await expect(serve(gateway, { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
