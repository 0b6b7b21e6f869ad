import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeHive } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { printSubgraphSchema } from '../../src/endpoints/graphql/schema/schema.js';
import { type RunningServer, serve } from '../../src/server.js';
import { configFolder } from '../support/config-folder.js';
import { type TestGateway, testGateway } from '../support/gateway.js';
import { linkPackages } from '../support/library-project.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/supergraph/', import.meta.url));
const MODULES = fileURLToPath(new URL('node_modules', import.meta.url));
const PACKAGES = [
  '@apollo/gateway',
  '@apollo/server',
  '@graphql-hive/gateway-runtime',
  '@graphql-mesh/transport-http',
  '@theguild/federation-composition',
  'graphql',
];

const SDL = printSubgraphSchema(ADDONS);
const SERVICES = [
  { name: 'delegation', url: 'http://delegation.test/graphql', typeDefs: parse(SDL) },
  {
    name: 'catalog',
    url: 'http://catalog.test/graphql',
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
      type Query { product(id: ID!): Product }
      type Product @key(fields: "id") { id: ID! changed: DateTime }
      scalar DateTime
    `),
  },
];

describe('the printed subgraph, with another one', () => {
  it.each([
    ['Hive', () => composeHive(SERVICES), true],
    ['Apollo', () => composeApollo(SERVICES), false],
  ] as const)('composes in %s', (_name, compose, keepsOneOf) => {
    const { supergraphSdl, errors } = compose();
    expect(errors ?? []).toEqual([]);
    expect(supergraphSdl).toMatch(/\n {2}delegate\([^)]*input: DelegateInput!\s*\): DelegatePayload/);
    expect(supergraphSdl).toContain('product(id: ID!): Product');
    expect(supergraphSdl).not.toContain('_service');
    expect(supergraphSdl?.includes('@oneOf')).toBe(keepsOneOf);
  });
});

const folder = configFolder({ 'package.json': '{ "type": "module" }', 'delegation.graphql': SDL });
linkPackages(folder.path, PACKAGES, MODULES);

interface Answer {
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read as a client reads it
  readonly body: any;
}

describe.each(['apollo.mjs', 'hive.mjs'])('examples/supergraph/%s', (name) => {
  let gateway: TestGateway;
  let delegation: RunningServer;
  let router: ReturnType<typeof spawn>;
  let url: string;

  beforeAll(async () => {
    gateway = await testGateway((config) => {
      Object.assign(config, { trust_proxy: ['127.0.0.1/32'], graphql: { federation: true } });
      config.rate_limit = { per_user: false, attempts_per_minute: 40 };
    });
    delegation = await serve(gateway, { host: '127.0.0.1', port: 0 });
    copyFileSync(EXAMPLES + name, `${folder.path}/${name}`);
    router = spawn(process.execPath, [name], {
      cwd: folder.path,
      env: { ...process.env, PORT: '0', DELEGATION_URL: `${delegation.url}/graphql` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(router, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
    const [port] = await Promise.race([once(router.stdout!, 'data'), ended]);
    ended.catch(() => {});
    url = `http://127.0.0.1:${Number(port)}/graphql`;
  });
  afterAll(async () => {
    router?.kill('SIGKILL');
    await delegation?.close();
  });

  interface Client {
    readonly token?: string;
    /** The header, as a proxy or the client itself wrote it. */
    readonly forwardedFor?: string;
    /** Where the connection comes from. The gateway trusts 127.0.0.1 alone: the router, and a proxy in front of it. */
    readonly localAddress?: string;
  }

  /** Sends an operation to the supergraph. */
  async function ask(query: string, client: Client = {}): Promise<Answer> {
    const { token, forwardedFor = '203.0.113.1', localAddress = '127.0.0.1' } = client;
    const headers = {
      'content-type': 'application/json',
      'x-forwarded-for': forwardedFor,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const sent = request(url, { method: 'POST', headers, localAddress }).end(JSON.stringify({ query }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { headers: response.headers, body: await json(response) };
  }

  const delegate = (target: string) =>
    `mutation { delegate(input: { target: "${target}" }) {
      credential { __typename token ... on FirebaseCustomToken { uid } } rateLimit { remaining }
    } }`;

  it('passes the token on, and returns the credential and the state of the limit', async () => {
    const token = await gateway.idToken({ sub: 'auth0|bob' });
    const { body, headers } = await ask(delegate('chat'), { token });
    expect(body).toEqual({
      data: {
        delegate: {
          credential: {
            __typename: 'FirebaseCustomToken',
            token: expect.stringMatching(/^ey/),
            uid: 'auth0|bob',
          },
          rateLimit: { remaining: 9 },
        },
      },
    });
    expect(headers['x-ratelimit-limit']).toBe('10');
    expect(headers['x-ratelimit-remaining']).toBe('9');
    expect(headers['x-ratelimit-reset']).toBe(String(gateway.clock.seconds() + 60));
  });

  it('answers users who ask at the same time each for himself', async () => {
    const users = ['auth0|1', 'auth0|2', 'auth0|3', 'auth0|4'];
    const answers = await Promise.all(
      users.map(async (sub) => ask('{ viewer { userId } }', { token: await gateway.idToken({ sub }) })),
    );
    expect(answers.map(({ body }) => body.data?.viewer?.userId)).toEqual(users);
  });

  it('passes the address of the client on: each has a limit of its own, whatever it says of itself', async () => {
    const token = await gateway.idToken({ sub: 'auth0|carol' });
    const remaining = async (client: Client) => {
      const { headers } = await ask(delegate('api'), { token, ...client });
      return Number(headers['x-ratelimit-remaining']);
    };
    expect(await remaining({ forwardedFor: '203.0.113.1' })).toBe(9);
    expect(await remaining({ forwardedFor: '203.0.113.1' })).toBe(8);
    expect(await remaining({ forwardedFor: '203.0.113.2' })).toBe(9);
    expect(await remaining({ forwardedFor: '198.51.100.7', localAddress: '127.0.0.2' })).toBe(9);
    expect(await remaining({ forwardedFor: '198.51.100.8', localAddress: '127.0.0.2' })).toBe(8);
  });

  it('returns refusals with their codes, and RATE_LIMITED with retryAfter', async () => {
    const code = async (query: string, token?: string) => {
      const { body } = await ask(query, { token });
      return { data: body.data, codes: body.errors?.map((error: Answer['body']) => error.extensions?.code) };
    };
    const token = await gateway.idToken({ sub: 'auth0|dave' });
    expect(await code(delegate('private'), token)).toEqual({
      data: { delegate: null },
      codes: ['UNAUTHORIZED_CLIENT'],
    });
    expect(await code(delegate('chat'))).toEqual({ data: { delegate: null }, codes: ['INVALID_TOKEN'] });
    for (let taken = 1; taken < 10; taken++)
      await gateway.delegate({}, { token, connection: { remoteAddress: '203.0.113.1' } });
    const { body, headers } = await ask(delegate('chat'), { token });
    expect(body.errors[0]).toMatchObject({
      extensions: { code: 'RATE_LIMITED', retryAfter: 60, rateLimit: { limit: 10, remaining: 0 } },
    });
    expect(headers['x-ratelimit-remaining']).toBe('0');
    expect(headers['retry-after']).toBe('60');
  });

  it('refuses an input with both tokens, though Apollo takes @oneOf out of the supergraph', async () => {
    const both = 'subjectToken: { idToken: "a.b.c", refreshToken: "r" }';
    const { body } = await ask(`mutation { delegate(input: { ${both} }) { credential { token } } }`);
    expect(body.data?.delegate ?? null).toBeNull();
    expect(body.errors[0]).toMatchObject({
      message: 'OneOf Input Object "SubjectTokenInput" must specify exactly one key.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  it('returns RATE_LIMITED for too many attempts of an address, which the gateway answers with a 429', async () => {
    const remoteAddress = '203.0.113.9';
    for (let attempt = 0; attempt < 40; attempt++) await gateway.delegate({}, { connection: { remoteAddress } });
    const { body, headers } = await ask(delegate('chat'), { forwardedFor: remoteAddress });
    expect(body.data).toEqual({ delegate: null });
    expect(body.errors[0]).toMatchObject({
      message: 'Too many attempts from this address: at most 40 in a minute; try again in 60 s',
      extensions: { code: 'RATE_LIMITED', retryAfter: 60 },
    });
    expect(headers['retry-after']).toBe('60');
    expect(JSON.stringify(body)).not.toContain(delegation.url);
  });
});
