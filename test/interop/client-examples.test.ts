import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as apollo from '../../examples/clients/apollo.js';
import * as plainFetch from '../../examples/clients/fetch.js';
import * as gqlTada from '../../examples/clients/gql-tada.js';
import * as graphqlRequest from '../../examples/clients/graphql-request.js';
import * as relay from '../../examples/clients/relay.js';
import * as urql from '../../examples/clients/urql.js';
import { type RunningServer, serve } from '../../src/server.js';
import { APP_SECRET, type TestGateway, testGateway } from '../support/gateway.js';

const FOLDER = fileURLToPath(new URL('../../examples/clients', import.meta.url));

/** Waiting moves the clock of the gateway, by the seconds that the example waits. */
const waits = vi.hoisted(() => ({ wait: async (_seconds: number) => {} }));
vi.mock('../../examples/clients/wait.js', () => ({ wait: (seconds: number) => waits.wait(seconds) }));

interface ExampleClient {
  callApi(api: string, input: { target: string }): Promise<Response>;
  readRemaining?(): Promise<number>;
  watchRemaining?(show: (remaining: number) => void): unknown;
}

interface Example {
  createGatewayClient(url: string, idToken: string): ExampleClient;
}

const EXAMPLES: readonly (readonly [file: string, example: Example])[] = [
  ['fetch.ts', plainFetch],
  ['graphql-request.ts', graphqlRequest],
  ['apollo.ts', apollo],
  ['urql.ts', urql],
  ['relay.ts', relay],
  ['gql-tada.ts', gqlTada],
];

/** An API that accepts the app tokens of the target `api`. */
function startApi(gateway: TestGateway): Server {
  return createServer(({ headers: { authorization } }, response) => {
    const [scheme, token = ''] = (authorization ?? '').split(' ');
    try {
      const clockTimestamp = gateway.clock.seconds();
      const { sub } = jwt.verify(token, APP_SECRET, { audience: 'api', clockTimestamp }) as jwt.JwtPayload;
      response.writeHead(scheme === 'Bearer' ? 200 : 401).end(sub);
    } catch {
      response.writeHead(401).end();
    }
  }).listen(0, '127.0.0.1');
}

describe.each(EXAMPLES)('examples/clients/%s', (file, { createGatewayClient }) => {
  let gateway: TestGateway;
  let server: RunningServer;
  let api: Server;
  let apiUrl: string;
  let client: ExampleClient;
  const requests: string[] = [];
  const waited: number[] = [];

  beforeAll(async () => {
    gateway = await testGateway((config) => {
      config.rate_limit = { burst: 2 };
    });
    waits.wait = async (seconds) => {
      waited.push(seconds);
      gateway.clock.advance(seconds * 1000);
    };
    const answer: TestGateway['answer'] = async (request, connection) => {
      requests.push(request.method);
      return gateway.answer(request, connection);
    };
    server = await serve({ ...gateway, answer }, { host: '127.0.0.1', port: 0 });
    api = startApi(gateway);
    await once(api, 'listening');
    apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`;
    client = createGatewayClient(`${server.url}/graphql`, await gateway.idToken());
  });
  afterAll(async () => {
    api?.close();
    await server?.close();
  });

  it('delegates, uses the credential, shows what is left, and waits by retryAfter when nothing is', async () => {
    const shown: number[] = [];
    const show = async (left: number, queries: number) => {
      if (!client.watchRemaining) shown.push((await client.readRemaining?.()) ?? Number.NaN);
      await expect.poll(() => shown.at(-1)).toBe(left);
      // A cache asks once: the payloads of the delegations update it.
      expect(requests).toHaveLength(client.watchRemaining ? 1 + queries : 1 + 2 * queries);
    };
    await client.watchRemaining?.((remaining) => shown.push(remaining));
    await show(2, 0);
    expect(requests[0]).toBe(file === 'urql.ts' ? 'GET' : 'POST');
    for (const left of [1, 0]) {
      const response = await client.callApi(apiUrl, { target: 'api' });
      expect([response.status, await response.text()]).toEqual([200, 'auth0|alice']);
      await show(left, 2 - left);
    }
    expect(waited).toEqual([]);
    const response = await client.callApi(apiUrl, { target: 'api' });
    expect([response.status, waited]).toEqual([200, [60]]);
  });

  it('throws what is not RATE_LIMITED', async () => {
    await expect(client.callApi(apiUrl, { target: 'private' })).rejects.toThrow();
  });
});

describe('what is generated for the examples', () => {
  const run = (...args: string[]) => execFileSync('npx', args, { cwd: FOLDER, encoding: 'utf8', stdio: 'pipe' });

  it('is up to date, and the examples compile, with strictScalars', () => {
    expect(JSON.parse(readFileSync(join(FOLDER, 'codegen.json'), 'utf8')).config.strictScalars).toBe(true);
    expect(() => execFileSync('npm', ['run', 'check'], { cwd: FOLDER, stdio: 'pipe' })).not.toThrow();
  });

  it('is up to date for gql.tada', () => {
    const copy = join(mkdtempSync(join(tmpdir(), 'gql-tada-')), 'graphql-env.d.ts');
    run('gql.tada', 'generate', 'output', '--output', copy);
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(join(FOLDER, 'graphql-env.d.ts'), 'utf8'));
  });
});
