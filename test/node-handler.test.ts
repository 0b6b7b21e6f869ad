import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createNodeHandler } from '../src/node-handler.js';
import { DELEGATE, type TestGateway, testGateway } from './support/gateway.js';
import { openConnection } from './support/raw-connection.js';

let gateway: TestGateway;
let idToken: string;
beforeAll(async () => {
  gateway = await testGateway((config) => Object.assign(config, { rate_limit: { burst: 100 } }));
  idToken = await gateway.idToken();
});

/** Starts a server of node:http that parses the body first, as Express does, and leaves the result in `request.body`. */
async function start(parse?: (sent: string) => unknown): Promise<string> {
  const handle = createNodeHandler(gateway);
  const server = createServer(async (incoming: IncomingMessage & { body?: unknown }, outgoing) => {
    if (parse) incoming.body = parse(await text(incoming));
    await handle(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const delegate = () => JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } });

async function postJson(origin: string, body: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${idToken}` };
  const response = await fetch(`${origin}/graphql`, { method: 'POST', headers, body });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe('a gateway in a server of others', () => {
  it.each<[string, ((sent: string) => unknown) | undefined]>([
    ['nothing', undefined],
    ['express.json()', JSON.parse],
    ['express.text()', (sent) => sent],
    ['express.raw()', (sent) => Buffer.from(sent)],
  ])('reads JSON after %s', async (_parser, parse) => {
    const { status, body } = await postJson(await start(parse), delegate());
    expect([status, body.errors]).toEqual([200, undefined]);
    expect(body.data.delegate.credential.apiType).toBe('APP');
  });

  it('reads a form that was parsed, with every value of a parameter', async () => {
    const form = new URLSearchParams({
      client_id: 'web',
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      id_token: idToken,
      target: 'api',
      api_type: 'app',
    });
    const origin = await start((sent) => {
      const parsed = new URLSearchParams(sent);
      return Object.fromEntries(
        [...parsed.keys()].map((name) => {
          const values = parsed.getAll(name);
          return [name, values.length > 1 ? values : values[0]];
        }),
      );
    });
    const post = (body: URLSearchParams) => fetch(`${origin}/delegation`, { method: 'POST', body });
    expect((await post(form)).status).toBe(200);
    form.append('target', 'chat');
    const repeated = await post(form);
    expect([repeated.status, await repeated.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining('target') },
    ]);
  });

  it('refuses a body that is too long, parsed or not', async () => {
    const padded = JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(100 * 1024) });
    for (const parse of [undefined, JSON.parse]) {
      expect((await postJson(await start(parse), padded)).status).toBe(413);
    }
  });

  it('answers 500 and logs why when the body was read and is gone', async () => {
    const { status, body } = await postJson(await start(() => undefined), delegate());
    expect([status, body.errors[0].extensions.code]).toEqual([500, 'INTERNAL']);
    expect(gateway.log.lines.join('')).toContain('request.body is not set');
  });

  it('refuses a request with two Host headers', async () => {
    const { socket, closed } = openConnection(Number(new URL(await start()).port));
    socket.write('GET /livez HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\nConnection: close\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 400 .*The request must have one valid Host header/s);
  });
});
