import { parseConfig } from '../src/config/load.js';
import type { Client } from '../src/config/tenant.js';
import { buildChainClaims, extendChain, readChain, startChain } from '../src/delegation/chain.js';
import { createGateway } from '../src/gateway.js';
import { createLog } from '../src/observability/log.js';
import { testClock } from '../test/support/clock.js';
import { APP_SECRET, baseConfig, ISSUER } from '../test/support/gateway.js';
import { identityProvider } from '../test/support/identity-provider.js';
import { measureTurns } from './measure-turns.js';
import { printTable } from './print-table.js';
import { median } from './statistics.js';

// What the chain rules add to a delegation: the same delegation with an app token of two hops and with the token of the
// identity provider, in turns, and then the functions of delegation/chain.ts alone: between the delegations, their compilation
// and their garbage would count for the delegation that follows. A ratio compares the results of turns with one number.
// About 25 seconds: npx tsx bench/chains.ts

const TURNS = 25;
/** Calls of the chain functions that are measured as one: a single call is shorter than what surrounds it. */
const BATCH = 100;
const DELEGATE =
  'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token } rateLimit { remaining } } }';

const clock = testClock();
const config = parseConfig({
  rate_limit: { burst: 10_000, refill_per_minute: 6_000, per_user: false, attempts_per_minute: 10_000 },
  tenants: [
    {
      ...baseConfig().tenants[0],
      clients: [
        { client_id: 'web' },
        { client_id: 'api', allowed_clients: ['*'] },
        { client_id: 'orders', allowed_clients: ['*'] },
        { client_id: 'ledger', allowed_clients: ['web', 'api', 'orders'] },
        {
          client_id: 'archive',
          allowed_clients: ['web', 'api', 'orders'],
          client_secret: APP_SECRET,
          jwt_configuration: { alg: 'HS256' },
        },
      ],
    },
  ],
});
const gateway = await createGateway(config, {
  now: clock.now,
  log: createLog('silent'),
  openAuditLog: () => ({ isLosing: false, write: JSON.stringify, close: async () => {} }),
});

let requests = 0;
async function delegate(token: string, target: string): Promise<string> {
  requests++;
  const request = new Request('http://gateway.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: DELEGATE, variables: { input: { target } } }),
  });
  // Many addresses, so that no limit is in the way, and time that passes, so that their buckets are forgotten.
  clock.advance(10);
  const remoteAddress = `10.${(requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`;
  const response = await gateway.fetch(request, { remoteAddress });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"errors"')) throw new Error(`HTTP ${response.status}: ${text}`);
  return JSON.parse(text).data.delegate.credential.token;
}

const idp = identityProvider({ issuer: ISSUER, clock });
const signIn = { auth_time: clock.seconds() - 60, acr: 'urn:example:mfa', amr: ['pwd', 'otp'] };
// Both tokens are for `orders`, have RS256 signatures by keys of 2048 bits, and lead to the same targets.
const idToken = await idp.idToken({ aud: 'orders', ...signIn });
const appToken = await delegate(await delegate(await idp.idToken({ aud: 'web', ...signIn }), 'api'), 'orders');

const [tenant] = config.tenants;
const client = tenant?.clients.get('orders') as Client;
const nowSeconds = clock.seconds();
const idpClaims = readClaims(idToken) as Parameters<typeof startChain>[0];
const appClaims = readClaims(appToken);
if (!tenant || depth(appClaims.act) !== 2) throw new Error('The app token must have two hops');

const newChain = () => buildChainClaims(extendChain(startChain(idpClaims, tenant.chain), client, tenant.chain));
const continuedChain = () =>
  buildChainClaims(extendChain(readChain(appClaims, { tenant, client, nowSeconds }), client, tenant.chain));

const delegations = await measureTurns(
  {
    'RS256, identity provider': () => delegate(idToken, 'ledger'),
    'RS256, two hops': () => delegate(appToken, 'ledger'),
    'HS256, identity provider': () => delegate(idToken, 'archive'),
    'HS256, two hops': () => delegate(appToken, 'archive'),
  },
  { turns: TURNS, milliseconds: 120 },
);
const functions = await measureTurns(
  { 'new chain': () => repeat(newChain), 'continued chain': () => repeat(continuedChain) },
  { turns: TURNS, milliseconds: 60 },
);
await gateway.close();

const turns = delegations.map((turn, index) => ({ ...turn, ...(functions[index] as (typeof functions)[number]) }));
type Part = keyof (typeof turns)[number];

console.log('A delegation through gateway.fetch, and the chain functions alone (µs of processor time)\n');
const cost = (part: Part, calls = 1) => turns.map((turn) => turn[part] / calls);
printTable(
  ['', 'median', 'min', 'max'],
  [
    row('App token, RS256: token of the identity provider', cost('RS256, identity provider'), microseconds),
    row('App token, RS256: app token of two hops', cost('RS256, two hops'), microseconds),
    row('App token, HS256: token of the identity provider', cost('HS256, identity provider'), microseconds),
    row('App token, HS256: app token of two hops', cost('HS256, two hops'), microseconds),
    row('Chain functions, a new chain', cost('new chain', BATCH), microseconds),
    row('Chain functions, a chain of two hops', cost('continued chain', BATCH), microseconds),
  ],
);
console.log(`Ratios, of ${TURNS} turns\n`);
const compared = (part: Part, whole: Part, calls = 1) => turns.map((turn) => turn[part] / calls / turn[whole]);
printTable(
  ['', 'median', 'min', 'max'],
  [
    row('RS256: two hops / identity provider', compared('RS256, two hops', 'RS256, identity provider'), times),
    row('HS256: two hops / identity provider', compared('HS256, two hops', 'HS256, identity provider'), times),
    row('RS256: chain functions / delegation', compared('continued chain', 'RS256, two hops', BATCH), percent),
    row('HS256: chain functions / delegation', compared('continued chain', 'HS256, two hops', BATCH), percent),
  ],
);

function repeat(call: () => unknown): void {
  for (let count = 0; count < BATCH; count++) call();
}

function readClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

function depth(act: unknown): number {
  return act === undefined ? 0 : 1 + depth((act as { readonly act?: unknown }).act);
}

function row(name: string, values: readonly number[], format: (value: number) => string): string[] {
  return [name, format(median(values)), format(Math.min(...values)), format(Math.max(...values))];
}

function microseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function times(value: number): string {
  return `${value.toFixed(2)}×`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
