import { bucketKey } from '../src/rate-limit/bucket-store.js';
import { MemoryStore } from '../src/rate-limit/memory-store.js';
import { spread } from './statistics.js';
import type { TakeResult } from './takes.js';

// Started by bench/takes.ts with the number of rounds and the sizes; prints JSON.

const LIMITS = [
  { burst: 10_000, refillPerMinute: 1 },
  { burst: 10_000, refillPerMinute: 1 },
];
/** Takes whose keys are made before they are measured: few enough for them to stay in the cache, as a key just made would. */
const BATCH = 500;
const BATCHES = 200;
/** Spreads the visits over all users in an order that no cache knows. */
const STRIDE = 7_919;

const [rounds = 0, ...sizes] = process.argv.slice(2).map(Number);
// A clock of its own: no bucket becomes full and is forgotten while this runs.
let nowMs = Date.now();

/** The keys of a user at one address and over all, made anew as for every request. */
function buildKeys(user: number): readonly string[] {
  const id = `auth0|${user.toString(16).padStart(24, '0')}`;
  return [bucketKey('acme', id, `10.${(user >> 16) & 255}.${(user >> 8) & 255}.${user & 255}`), bucketKey('acme', id)];
}

function readHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function fill(buckets: number) {
  const before = readHeap();
  const store = new MemoryStore(LIMITS, () => nowMs);
  const users = buckets / LIMITS.length;
  for (let user = 0; user < users; user++) store.take(buildKeys(user));
  return { buckets, users, store, bytesPerBucket: (readHeap() - before) / buckets, takeNs: [] as number[], visits: 0 };
}

type Filled = ReturnType<typeof fill>;

/** Nanoseconds of processor time per take. */
function measureRound(filled: Filled): number {
  let microseconds = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const keys = Array.from({ length: BATCH }, () => buildKeys((filled.visits++ * STRIDE) % filled.users));
    nowMs++;
    const before = process.cpuUsage();
    for (const pair of keys) filled.store.take(pair);
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
  }
  return (microseconds * 1_000) / (BATCH * BATCHES);
}

const stores = sizes.map(fill);
for (const each of stores) measureRound(each);
for (let round = 0; round < rounds; round++) {
  for (const each of round % 2 === 0 ? stores : stores.toReversed()) each.takeNs.push(measureRound(each));
}
const results: TakeResult[] = stores.map(({ buckets, bytesPerBucket, takeNs }) => ({
  buckets,
  bytesPerBucket,
  takeNs: spread(takeNs),
}));
console.log(JSON.stringify(results));
