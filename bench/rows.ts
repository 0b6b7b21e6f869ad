import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkCredential, type Signatory } from './check-credential.js';
import type { Fixtures } from './fixtures.js';
import { serveGateway, writeGatewayConfig } from './gateway-config.js';
import { measureLoad, type Sample, type Window } from './load.js';
import { measureRaw } from './raw-rsa.js';
import {
  type BuildRequest,
  delegation,
  expressDelegation,
  hello,
  legacyDelegation,
  tokenExchange,
  viewer,
} from './requests.js';
import type { ServerProcess } from './server-process.js';

export type RowGroup = 'floor' | 'gateway' | 'limit' | 'peer';

/** A server of the bench; rows that name the same one share its process. */
interface BenchServer {
  readonly name: string;
  /** The arguments of `node` that start it. */
  command(fixtures: Fixtures): readonly string[];
}

/** One line of the table: a server, and what it is asked. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly group: RowGroup;
  /** Whether no aim needs it: left out of a quick run. */
  readonly isExtra?: boolean;
  readonly server: BenchServer;
  /** Checks that the server does real work. */
  check(server: ServerProcess, fixtures: Fixtures): Promise<void>;
  measure(server: ServerProcess, fixtures: Fixtures, window: Window): Promise<Sample>;
}

/**
 * Users whose buckets are empty: so few that the ramp spends what the buckets have regained since the last round, and so
 * many that no address makes hundreds of attempts in a minute.
 */
const LIMITED_USERS = 1_000;
const LIMITED_RAMP_MS = 1_000;

/** The rows in the order of the table. */
export const ROWS: readonly Row[] = [
  floor('http', 'node:http with JSON.parse', script('http.mjs')),
  floor('hello', 'Yoga, { hello }', script('yoga.mjs')),
  extra(floor('hello-unlimited', 'Yoga, { hello }, no body limit', script('yoga.mjs', 'unlimited'))),

  gateway('hs256-hs256', 'HS256 → HS256', delegation('HS256', 'api'), { signedBy: 'target' }),
  extra(gateway('rs256-hs256', 'RS256 → HS256', delegation('RS256', 'api'), { signedBy: 'target' })),
  gateway('rs256-rs256', 'RS256 → RS256', delegation('RS256', 'mobile'), { signedBy: 'tenant' }),
  gateway('rs256-firebase', 'RS256 → Firebase', delegation('RS256', 'chat'), { signedBy: 'firebase' }),
  extra(gateway('es256-firebase', 'ES256 → Firebase', delegation('ES256', 'chat'), { signedBy: 'firebase' })),
  gateway('legacy', 'POST /delegation, HS256 → HS256', legacyDelegation, { signedBy: 'target', expects: '"id_token"' }),
  gateway('own-clients', 'HS256 → HS256, a client for each user', delegation('ownClient', 'api'), {
    signedBy: 'target',
    variant: 'own-clients',
  }),
  extra(
    gateway('metrics', 'HS256 → HS256, metrics on', delegation('HS256', 'api'), {
      signedBy: 'target',
      variant: 'metrics',
    }),
  ),
  ...(hasRedis()
    ? [
        extra(
          gateway('redis', 'HS256 → HS256, limits in Redis', delegation('HS256', 'api'), {
            signedBy: 'target',
            variant: 'redis',
          }),
        ),
        extra(
          gateway('workers', 'HS256 → HS256, limits in Redis, 2 workers', delegation('HS256', 'api'), {
            signedBy: 'target',
            variant: 'workers',
          }),
        ),
      ]
    : []),
  gateway('viewer', 'viewer, HS256', viewer, { expects: '"userId"' }),
  gateway('refused-bucket', 'refused by the bucket, HS256', delegation('HS256', 'api'), {
    // The ramp may leave a few of them.
    expects: /RATE_LIMITED|"token"/,
    users: LIMITED_USERS,
    rampMs: LIMITED_RAMP_MS,
    variant: 'one-request',
  }),
  gateway('refused-token', 'refused for its signature, RS256', delegation('forged', 'mobile'), {
    expects: 'its signature is not valid',
  }),

  rawRsa('sign', 'RSA-2048 signatures, thread pool'),
  rawRsa('verify', 'RSA-2048 verifications, thread pool'),

  ...(['as-written', 'key-objects'] as const).flatMap((mode) => [
    express(mode, 'HS256 → HS256', expressDelegation('HS256', 'api'), 'target'),
    extra(express(mode, 'RS256 → HS256', expressDelegation('RS256', 'api'), 'target')),
    extra(express(mode, 'RS256 → RS256', expressDelegation('RS256', 'mobile'), 'tenant')),
  ]),
  extra(express('as-written', 'RS256 → Firebase', expressDelegation('RS256', 'chat'), 'firebase')),
  {
    id: 'oidc-provider',
    name: 'oidc-provider, RS256 → RS256',
    group: 'peer',
    server: script('oidc-provider.mjs'),
    ...http(tokenExchange, { signedBy: 'tenant', expects: '"access_token"' }),
  },
];

function extra(row: Row): Row {
  return { ...row, isExtra: true };
}

interface Expectation {
  /** What the body of every response contains; default: the token of a credential. */
  readonly expects?: string | RegExp;
  /** Whose signature the credential has, where there is one. */
  readonly signedBy?: Signatory;
  /** How many users send requests; default: all. */
  readonly users?: number;
  /** The shortest ramp before a window. */
  readonly rampMs?: number;
}

/** Measures a server under the requests of all users. */
function http(
  request: BuildRequest,
  { expects = '"token"', signedBy, users, rampMs = 0 }: Expectation = {},
): Pick<Row, 'check' | 'measure'> {
  const isExpected = (body: string) => (typeof expects === 'string' ? body.includes(expects) : expects.test(body));
  return {
    async check(server, fixtures) {
      if (signedBy) await checkCredential({ signedBy, request }, server, fixtures);
    },
    measure: (server, fixtures, window) =>
      measureLoad(
        server,
        fixtures.users.slice(0, users).map(request),
        { expectedStatus: 200, isExpected },
        { ...window, rampMs: Math.max(window.rampMs, rampMs) },
      ),
  };
}

function floor(id: string, name: string, server: BenchServer): Row {
  return { id, name, group: 'floor', server, ...http(hello, { expects: '{"data":{"hello":"world"}}' }) };
}

const GATEWAY_VARIANTS = {
  usual: () => ({}),
  'one-request': () => ({ burst: 1 }),
  'own-clients': ({ ownClients }: Fixtures) => ({ clients: ownClients }),
  metrics: () => ({ metrics: true }),
  redis: () => ({ store: { env: 'REDIS_URL' } }),
  workers: () => ({ store: { env: 'REDIS_URL' } }),
};

/** With a redis-server beside them, whose processor time does not count. */
const WITH_REDIS: Partial<Record<keyof typeof GATEWAY_VARIANTS, readonly string[]>> = {
  redis: [],
  workers: ['--workers', '2'],
};

function gateway(
  id: string,
  name: string,
  request: BuildRequest,
  { variant = 'usual', ...expectation }: Expectation & { readonly variant?: keyof typeof GATEWAY_VARIANTS },
): Row {
  return {
    id,
    name,
    group: 'gateway',
    server: {
      name: `gateway-${variant}`,
      command(fixtures) {
        const serve = serveGateway(writeGatewayConfig(fixtures, variant, GATEWAY_VARIANTS[variant](fixtures)));
        const args = WITH_REDIS[variant];
        return args ? [findScript('gateway-redis.mjs'), ...serve, ...args] : serve;
      },
    },
    ...http(request, expectation),
  };
}

function rawRsa(operation: 'sign' | 'verify', name: string): Row {
  return {
    id: operation,
    name,
    group: 'limit',
    server: script('raw-rsa.mjs'),
    check: async () => {},
    measure: (server, _fixtures, { windowMs }) => measureRaw(server, operation, windowMs),
  };
}

/** The Express server that people copy, or the same one with keys that are imported once. */
function express(
  mode: 'as-written' | 'key-objects',
  signatures: string,
  request: BuildRequest,
  signedBy: Signatory,
): Row {
  return {
    id: `express-${mode}-${signatures.toLowerCase().replace(' → ', '-')}`,
    name: `Express ${mode === 'as-written' ? 'as written' : 'with KeyObjects'}, ${signatures}`,
    group: 'peer',
    server: script('express.mjs', mode),
    ...http(request, { signedBy }),
  };
}

/** A server of bench/servers, which gets the settings and these arguments. */
function script(file: string, ...args: string[]): BenchServer {
  return { name: [file, ...args].join('-'), command: ({ settingsFile }) => [findScript(file), settingsFile, ...args] };
}

function findScript(file: string): string {
  return fileURLToPath(new URL(`./servers/${file}`, import.meta.url));
}

function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}
