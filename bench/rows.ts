import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIENCES, type Fixtures, type TokenKind, type User } from './fixtures.js';
import { writeGatewayConfig } from './gateway-config.js';
import { type HttpRequest, measureLoad, type Sample } from './load.js';
import { measureRaw } from './raw-rsa.js';
import type { ServerProcess } from './server-process.js';

export type RowGroup = 'floor' | 'gateway' | 'limit' | 'peer';

/** One line of the table: a server in a process of its own, and what it is asked. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly group: RowGroup;
  /** Arguments of `node`. */
  command(fixtures: Fixtures): readonly string[];
  measure(server: ServerProcess, fixtures: Fixtures, windowMs: number): Promise<Sample>;
}

/** Users whose buckets are empty: so few that the ramp spends what their buckets have regained since the last round. */
const LIMITED_USERS = 192;

const DELEGATE =
  'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token } rateLimit { remaining } } }';
const VIEWER = '{ viewer { userId rateLimit { remaining } } }';
const HELLO = { query: '{ hello }' };

export const GATEWAY = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const SERVERS = fileURLToPath(new URL('./servers/', import.meta.url));

/** The rows in the order of the table. */
export const ROWS: readonly Row[] = [
  floor('http', 'node:http with JSON.parse', 'http.mjs'),
  floor('hello', 'Yoga, { hello }', 'yoga.mjs'),
  floor('hello-unlimited', 'Yoga, { hello }, no body limit', 'yoga.mjs', 'unlimited'),

  gateway('hs256-hs256', 'HS256 → HS256', delegate('HS256', 'api')),
  gateway('rs256-hs256', 'RS256 → HS256', delegate('RS256', 'api')),
  gateway('rs256-rs256', 'RS256 → RS256', delegate('RS256', 'mobile')),
  gateway('rs256-firebase', 'RS256 → Firebase', delegate('RS256', 'chat')),
  gateway('es256-firebase', 'ES256 → Firebase', delegate('ES256', 'chat')),
  gateway('legacy', 'POST /delegation, HS256 → HS256', { request: legacyRequest, expects: '"id_token"' }),
  gateway('clients', 'HS256 → HS256, 10,000 clients', delegate('ownClient', 'api'), 'clients'),
  gateway('viewer', 'viewer, HS256', {
    request: (user) => graphqlRequest(user, 'HS256', { query: VIEWER }),
    expects: '"userId"',
  }),
  gateway(
    'refused-bucket',
    'refused by the bucket, HS256',
    { ...delegate('HS256', 'api'), expects: /RATE_LIMITED|"token"/, users: LIMITED_USERS },
    'limited',
  ),
  gateway('refused-token', 'refused for its signature, RS256', {
    ...delegate('forged', 'mobile'),
    expects: 'its signature is not valid',
  }),

  rawRsa('sign', 'RSA-2048 signatures, thread pool'),
  rawRsa('verify', 'RSA-2048 verifications, thread pool'),

  express('HS256', 'api', 'HS256 → HS256'),
  express('RS256', 'api', 'RS256 → HS256'),
  express('RS256', 'mobile', 'RS256 → RS256'),
  express('RS256', 'chat', 'RS256 → Firebase'),
  express('HS256', 'api', 'HS256 → HS256', 'key-objects'),
  express('RS256', 'api', 'RS256 → HS256', 'key-objects'),
  express('RS256', 'mobile', 'RS256 → RS256', 'key-objects'),
  {
    id: 'oidc-provider',
    name: 'oidc-provider, RS256 → RS256',
    group: 'peer',
    command: serverScript('oidc-provider.mjs'),
    measure: load({
      request: (user) => ({
        ...form('/token', user, {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          client_id: AUDIENCES.RS256,
          subject_token: user.tokens.RS256,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          resource: 'https://mobile.example.com/',
        }),
      }),
      expects: '"access_token"',
    }),
  },
];

interface Load {
  request(user: User): HttpRequest;
  /** What the body of an expected response contains. */
  readonly expects: string | RegExp;
  /** How many users send requests; default: all. */
  readonly users?: number;
}

function load({ request, expects, users }: Load): Row['measure'] {
  const isExpected =
    typeof expects === 'string' ? (body: string) => body.includes(expects) : (body: string) => expects.test(body);
  return (server, fixtures, windowMs) =>
    measureLoad(server, fixtures.users.slice(0, users).map(request), { expectedStatus: 200, isExpected, windowMs });
}

function floor(id: string, name: string, file: string, ...args: string[]): Row {
  const request = (user: User) => json('/graphql', user, HELLO);
  return {
    id,
    name,
    group: 'floor',
    command: serverScript(file, ...args),
    measure: load({ request, expects: '{"data":{"hello":"world"}}' }),
  };
}

const VARIANTS = {
  usual: () => ({}),
  limited: () => ({ burst: 1 }),
  clients: ({ ownClients }: Fixtures) => ({ clients: ownClients }),
};

function gateway(id: string, name: string, what: Load, variant: keyof typeof VARIANTS = 'usual'): Row {
  return {
    id,
    name,
    group: 'gateway',
    command: (fixtures) => serveGateway(writeGatewayConfig(fixtures, id, VARIANTS[variant](fixtures))),
    measure: load(what),
  };
}

/** The arguments of `node` that serve a gateway with this configuration. */
export function serveGateway(config: string): readonly string[] {
  return [GATEWAY, 'serve', '--config', config, '--port', '0', '--json'];
}

function delegate(kind: TokenKind, target: string): Load {
  return {
    request: (user) => graphqlRequest(user, kind, { query: DELEGATE, variables: { input: { target } } }),
    expects: '"token"',
  };
}

function graphqlRequest(user: User, kind: TokenKind, body: object): HttpRequest {
  return json('/graphql', user, body, user.tokens[kind]);
}

function legacyRequest(user: User): HttpRequest {
  return form('/delegation', user, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_id: AUDIENCES.HS256,
    target: 'api',
    api_type: 'app',
    id_token: user.tokens.HS256,
  });
}

function rawRsa(operation: 'sign' | 'verify', name: string): Row {
  return {
    id: operation,
    name,
    group: 'limit',
    command: serverScript('raw-rsa.mjs'),
    measure: (server, _fixtures, windowMs) => measureRaw(server, operation, windowMs),
  };
}

/** A delegation of the Express server that people copy, or of the same one with keys that are imported once. */
function express(kind: 'HS256' | 'RS256', target: string, signatures: string, mode?: 'key-objects'): Row {
  return {
    id: `express-${kind}-${target}${mode ? `-${mode}` : ''}`.toLowerCase(),
    name: `Express ${mode ? 'with KeyObjects' : 'as written'}, ${signatures}`,
    group: 'peer',
    command: serverScript('express.mjs', ...(mode ? [mode] : [])),
    measure: load({
      request: (user) => json(`/delegation/${kind}`, user, { target }, user.tokens[kind]),
      expects: '"token"',
    }),
  };
}

function serverScript(file: string, ...args: string[]): Row['command'] {
  return ({ settingsFile }) => [join(SERVERS, file), settingsFile, ...args];
}

function json(path: string, { ip }: User, body: object, token?: string): HttpRequest {
  return {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': ip,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  };
}

function form(path: string, { ip }: User, fields: Record<string, string>): HttpRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': ip },
    body: new URLSearchParams(fields).toString(),
  };
}
