import { createHmac, sign, verify } from 'node:crypto';
import { compactVerify, SignJWT } from 'jose';
import { pino } from 'pino';
import { parseConfig } from '../src/config/load.js';
import { createGateway } from '../src/gateway.js';
import { bucketKey } from '../src/rate-limit/bucket-store.js';
import { MemoryStore } from '../src/rate-limit/memory-store.js';
import { testClock } from '../test/support/clock.js';
import { APP_SECRET, baseConfig, ISSUER } from '../test/support/gateway.js';
import { identityProvider } from '../test/support/identity-provider.js';
import { rsaPair } from '../test/support/keys.js';
import { compare, printTable } from './measure.js';

// What a delegation costs beside the signature and the verification that it cannot do without, with the same keys in the
// same run: ratios mean the same on every machine. About 20 seconds.

const DELEGATE =
  'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token } rateLimit { remaining } } }';

await delegations();
await buckets();

async function delegations() {
  const clock = testClock();
  const [tenant] = baseConfig().tenants;
  const config = parseConfig({
    rate_limit: { burst: 10_000, refill_per_minute: 6_000, per_user: false, attempts_per_minute: 10_000 },
    tenants: [{ ...tenant, clients: [...(tenant?.clients ?? []), { client_id: 'mobile', allowed_clients: ['web'] }] }],
  });
  const log = pino({ base: undefined }, { write: () => {} });
  const gateway = await createGateway(config, {
    now: clock.now,
    log,
    openAuditLog: () => ({ write: (event) => void JSON.stringify(event), close() {} }),
  });
  const token = await identityProvider({ issuer: ISSUER, clock }).idToken({ aud: 'web', name: 'Alice' });
  let requests = 0;
  const post = async (body: object) => {
    requests++;
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    // Many addresses, and time that passes, so that no limit is in the way.
    const remoteAddress = `10.${(requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`;
    const response = await gateway.fetch(request, { remoteAddress });
    const text = await response.text();
    if (response.status !== 200 || text.includes('"errors"')) throw new Error(`HTTP ${response.status}: ${text}`);
    return text;
  };
  const delegate = (target: string) => () => post({ query: DELEGATE, variables: { input: { target } } });

  const subject = { key: rsaPair('idp').publicKey, ...splitToken(token) };
  const secret = new TextEncoder().encode(APP_SECRET);
  const claims = { iss: 'https://acme.example.com/', sub: 'auth0|alice', aud: 'web', iat: 1, exp: 2, jti: 'a' };
  const signed = { hs256: Buffer.from('x'.repeat(300)), rs256: Buffer.from('x'.repeat(300)) };
  const verifyBare = () => verify('sha256', subject.signed, subject.key, subject.signature);
  const verifyJose = () => compactVerify(token, subject.key, { algorithms: ['RS256'] });
  const signJose = (alg: string, key: Parameters<SignJWT['sign']>[0]) =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
  const rs256 = (name: string) => ({
    bare: () => [verifyBare(), sign('sha256', signed.rs256, rsaPair(name).privateKey)],
    jose: async () => [await verifyJose(), await signJose('RS256', rsaPair(name).privateKey)],
  });
  const kinds = {
    'APP HS256': {
      target: 'api',
      bare: () => [verifyBare(), createHmac('sha256', secret).update(signed.hs256).digest()],
      jose: async () => [await verifyJose(), await signJose('HS256', secret)],
    },
    'APP RS256': { target: 'mobile', ...rs256('tenant') },
    FIREBASE: { target: 'chat', ...rs256('firebase') },
  };
  const calls = Object.entries(kinds).flatMap(([name, { target, bare, jose }]) => [
    [`${name} whole`, delegate(target)],
    [`${name} jose`, jose],
    [`${name} bare`, bare],
  ]);
  const cost = await compare({ ...Object.fromEntries(calls), nothing: () => post({ query: '{ __typename }' }) });
  const rows = Object.keys(kinds).map((name) => {
    const [all, jose, bare] = ['whole', 'jose', 'bare'].map((part) => cost[`${name} ${part}`] as number) as [
      number,
      number,
      number,
    ];
    return [name, ...[all, jose, bare].map(rounded), ratio(all, jose), ratio(all, bare)];
  });
  console.log('A delegation through gateway.fetch, and its verification and signature alone (µs of processor time)\n');
  printTable(['', 'whole', 'jose alone', 'node:crypto alone', 'whole/jose', 'whole/node:crypto'], rows);
  console.log(
    `{ __typename } through gateway.fetch, where nothing is verified or signed: ${rounded(cost.nothing as number)} µs\n`,
  );
  await gateway.close();
}

async function buckets() {
  const rows = [1_000, 1_000_000].map((identities) => {
    const clock = testClock();
    const limits = [
      { burst: 10, refillPerMinute: 1 },
      { burst: 60, refillPerMinute: 6 },
    ];
    const store = new MemoryStore(limits, clock.now);
    const users = Array.from({ length: identities / 2 }, (_, user) => `auth0|${user}`);
    const keys = users.map((user) => [bucketKey('acme', user, '192.0.2.1'), bucketKey('acme', user)]);
    for (const pair of keys) store.take(pair);
    const bare = new Map(keys.flat().map((key, index) => [key, { index }]));
    return {
      identities,
      take: visit(keys, (pair) => store.take(pair)),
      get: visit(keys, (pair) => pair.map((key) => bare.get(key)?.index)),
    };
  });
  console.log('A take of both buckets of a user, and the look-ups in a Map that it cannot do without\n');
  printTable(
    ['buckets', 'take (ns)', 'Map.get (ns)', 'ratio'],
    rows.map(({ identities, take, get }) => [
      identities.toLocaleString('en'),
      take.toFixed(0),
      get.toFixed(0),
      ratio(take, get),
    ]),
  );
}

/** Nanoseconds of processor time that one visit takes, in no order that a cache would like. */
function visit<Key>(keys: readonly Key[], call: (key: Key) => unknown): number {
  const visits = 1_000_000;
  const before = process.cpuUsage();
  for (let count = 0; count < visits; count++) call(keys[(count * 7_919) % keys.length] as Key);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / visits;
}

function splitToken(token: string) {
  const end = token.lastIndexOf('.');
  return { signed: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}

function rounded(microseconds: number): string {
  return microseconds.toFixed(0);
}

function ratio(of: number, to: number): string {
  return `${(of / to).toFixed(1)}×`;
}
