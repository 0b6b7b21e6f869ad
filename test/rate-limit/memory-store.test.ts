import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketKey } from '../../src/rate-limit/bucket-store.js';
import { MemoryStore } from '../../src/rate-limit/memory-store.js';
import {
  type Bucket,
  type BucketLimit,
  fullAt,
  type RateLimitStatus,
  take,
  takeAll,
} from '../../src/rate-limit/token-bucket.js';
import { testClock } from '../support/clock.js';

const MINUTE = 60_000;
const DEFAULTS: BucketLimit = { burst: 10, refillPerMinute: 1 };

/** Milliseconds of a slot of the store's wheel: as exactly as it orders buckets. */
const slotMs = ({ burst, refillPerMinute }: BucketLimit) => Math.ceil((burst * MINUTE) / refillPerMinute / 4094);

/** A store with one limit, whose calls name one bucket. */
interface StoreOfOne {
  readonly size: number;
  take(key: string): { readonly allowed: boolean; readonly status: RateLimitStatus };
  peek(key: string): RateLimitStatus;
}

function storeOfOne(limit: BucketLimit, now: () => number, capacity?: number): StoreOfOne {
  const store = new MemoryStore([limit], now, capacity);
  return {
    get size() {
      return store.size;
    },
    take(key) {
      const { allowed, statuses } = store.take([key]);
      return { allowed, status: statuses[0]! };
    },
    peek: (key) => store.peek([key])[0]!,
  };
}

const limits = fc.record<BucketLimit>({
  burst: fc.constantFrom(1, 3, 10),
  refillPerMinute: fc.constantFrom(1, 7, 60),
});

/** Mostly no pause, sometimes one that fills a bucket in part or as a whole. Milliseconds. */
const pauses = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 15 * MINUTE }) },
);

describe('buckets in memory', () => {
  it('decide as buckets that are never forgotten would', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        pause: pauses,
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, limits, (schedule, limit) => {
        const clock = testClock();
        const store = storeOfOne(limit, clock.now);
        const remembered = new Map<string, Bucket>();
        for (const { key, pause } of schedule) {
          clock.advance(pause);
          const { allowed, bucket, status } = take(remembered.get(key), clock.now(), limit);
          remembered.set(key, bucket);
          expect(store.take(key)).toEqual({ allowed, status });
          expect(store.peek(key)).toEqual(status);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('grant no more than burst + refill × minutes while the clock goes back and forth', () => {
    const jumps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(jumps, limits, (schedule, limit) => {
        const clock = testClock();
        const store = storeOfOne(limit, clock.now);
        const times: number[] = [];
        const granted: number[] = [];
        for (const pause of schedule) {
          clock.advance(pause);
          times.push(clock.now());
          granted.push(store.take('a').allowed ? 1 : 0);
        }
        for (const first of times.keys()) {
          let [count, earliest, latest] = [0, Infinity, -Infinity];
          for (let last = first; last < times.length; last++) {
            count += granted[last] as number;
            earliest = Math.min(earliest, times[last] as number);
            latest = Math.max(latest, times[last] as number);
            const most = limit.burst * MINUTE + limit.refillPerMinute * (latest - earliest);
            if (count * MINUTE > most) expect.fail(`${count} granted from ${first} to ${last}`);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are forgotten when they are full again, and not before', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now);
    for (let user = 0; user < 100; user++) {
      for (let request = 0; request <= user % 10; request++) store.take(`user ${user}`);
    }
    expect(store.size).toBe(100);
    for (let minute = 1; minute <= 10; minute++) {
      clock.advance(MINUTE - 1);
      store.peek('somebody else');
      expect(store.size).toBe(100 - 10 * (minute - 1));
      // A slot of the wheel later than the minute itself.
      clock.advance(slotMs(DEFAULTS) + 1);
      store.peek('somebody else');
      expect(store.size).toBe(100 - 10 * minute);
      clock.advance(-slotMs(DEFAULTS));
    }
    expect(store.size).toBe(0);
  });

  it('are forgotten a few at a time after a flood, so that no request waits for all of them', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now);
    for (let user = 0; user < 10_000; user++) store.take(`user ${user}`);
    clock.advance(60 * MINUTE);
    const sizes = Array.from({ length: 50 }, () => {
      store.peek('somebody else');
      return store.size;
    });
    expect(sizes[0]).toBe(10_000 - 256);
    expect(sizes.at(-1)).toBe(0);
  });

  it('that are full but not dropped yet are as good as new, and their slots can be used again', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now);
    for (let user = 0; user < 1_000; user++) store.take(`user ${user}`);
    clock.advance(60 * MINUTE);
    expect(store.take('user 999').status).toMatchObject({ remaining: 9, reset: clock.seconds() + 60 });
    for (let user = 0; user < 10; user++) store.take(`new user ${user}`);
    expect(store.size).toBe(11);
    clock.advance(MINUTE + slotMs(DEFAULTS));
    store.peek('somebody else');
    expect(store.size).toBe(0);
  });

  it('go in the order of a sorted list when there are too many, as exactly as a slot of the wheel', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom(...'abcdefghijkl'),
        takes: fc.integer({ min: 1, max: 10 }),
        // Whole seconds, at which `reset` tells every bucket in debt from a full one.
        pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })).map((seconds) => seconds * 1000),
      }),
      { minLength: 10, maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, limits, fc.integer({ min: 1, max: 6 }), (schedule, limit, capacity) => {
        const clock = testClock();
        const store = storeOfOne(limit, clock.now, capacity);
        const toSlot = (time: number) => Math.floor(time / slotMs(limit));
        let sorted: { readonly key: string; readonly bucket: Bucket; readonly full: number }[] = [];
        for (const { key, takes, pause } of schedule) {
          clock.advance(pause);
          for (let count = 0; count < takes; count++) {
            store.take(key);
            const { bucket } = take(sorted.find((each) => each.key === key)?.bucket, clock.now(), limit);
            sorted = [...sorted.filter((each) => each.key !== key), { key, bucket, full: fullAt(bucket, limit) }]
              .filter(({ full }) => toSlot(full) >= toSlot(clock.now()))
              .sort((a, b) => a.full - b.full);
            const forgotten = sorted.filter(
              (each) => each.full > clock.now() && store.peek(each.key).reset === clock.seconds(),
            );
            if (sorted.length > capacity) {
              const gone = forgotten[0] ?? sorted[0];
              expect(toSlot(gone?.full ?? 0)).toBe(toSlot(sorted[0]?.full ?? 0));
              expect(forgotten.length).toBeLessThanOrEqual(1);
              sorted = sorted.filter((each) => each !== gone);
            } else {
              expect(forgotten).toEqual([]);
            }
            expect(store.size).toBe(sorted.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that are in debt outlast any number of new ones that are nearly full', () => {
    const store = storeOfOne(DEFAULTS, testClock().now, 100);
    const drained = Array.from({ length: 100 }, (_, user) => `user ${user}`);
    for (const key of drained) for (let request = 0; request < 10; request++) store.take(key);
    for (let flood = 0; flood < 10_000; flood++) store.take(`new user ${flood}`);
    expect(store.size).toBe(100);
    expect(drained.map((key) => store.take(key).allowed)).toEqual(drained.map(() => false));
  });

  it('go in that order also when the clock has gone back', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now, 1);
    store.take('forgotten');
    store.take('kept');
    clock.advance(-MINUTE / 2);
    store.take('nearer to full');
    expect([store.size, store.peek('kept').remaining]).toEqual([1, 9]);
  });

  it('of a million identities stay a million under a flood, at the same cost as a thousand', () => {
    const clock = testClock();
    const collectGarbage = garbageCollector();
    const key = (kind: string, user: number) => bucketKey('acme', `auth0|${kind}${user}`, '192.0.2.1');
    const cost = (store: StoreOfOne, kind: string, count: number, users = count) => {
      const before = process.cpuUsage();
      for (let index = 0; index < count; index++) {
        if (index % 1_000 === 0) clock.advance(1);
        store.take(key(kind, index % users));
      }
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / count;
    };
    const few = cost(storeOfOne(DEFAULTS, clock.now), 'few', 100_000, 1_000);

    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const store = storeOfOne(DEFAULTS, clock.now);
    for (let request = 0; request < 10; request++) cost(store, 'drained', 1_000);
    const filling = cost(store, 'user', 999_000);
    collectGarbage();
    const bytes = (process.memoryUsage().heapUsed - before) / store.size;
    expect(store.size).toBe(1_000_000);
    const flooding = cost(store, 'flood', 100_000);
    expect(store.size).toBe(1_000_000);
    for (let user = 0; user < 1_000; user++) expect(store.take(key('drained', user)).allowed).toBe(false);

    console.log(
      `a million buckets: ${((bytes * store.size) / 1e6).toFixed(0)} MB; ns a take: ${few.toFixed(0)} among a thousand, ${filling.toFixed(0)} filling up, ${flooding.toFixed(0)} in a flood of new ones`,
    );
    expect(bytes).toBeLessThan(500);
    expect(flooding / few).toBeLessThan(50);
  }, 60_000);
});

describe('a request that needs two buckets', () => {
  const steps = fc.array(
    fc.record({ user: fc.constantFrom('a', 'b'), address: fc.constantFrom('1', '2', '3'), pause: pauses }),
    { maxLength: 60 },
  );
  const keys = (user: string, address: string) => [bucketKey('acme', user, address), bucketKey('acme', user)];

  it('is decided as by buckets that are never forgotten', () => {
    fc.assert(
      fc.property(steps, limits, limits, (schedule, perAddress, perUser) => {
        const clock = testClock();
        const store = new MemoryStore([perAddress, perUser], clock.now);
        const remembered = new Map<string, Bucket>();
        for (const { user, address, pause } of schedule) {
          clock.advance(pause);
          const names = keys(user, address);
          const buckets = names.map((name) => remembered.get(name));
          const decisions = takeAll(buckets, clock.now(), [perAddress, perUser]);
          for (const [index, { bucket }] of decisions.entries()) remembered.set(names[index]!, bucket);
          const statuses = decisions.map(({ status }) => status);
          expect(store.take(names)).toEqual({ allowed: decisions.every(({ allowed }) => allowed), statuses });
          expect(store.peek(names)).toEqual(statuses);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves no bucket behind when it is refused, so that a refused user cannot fill the memory', () => {
    const store = new MemoryStore([DEFAULTS, { burst: 60, refillPerMinute: 6 }], testClock().now);
    for (let address = 0; address < 1_000; address++) store.take(keys('alice', `address ${address}`));
    // 60 buckets of an address, and one of the user.
    expect(store.size).toBe(61);
  });

  it('keeps both buckets within the capacity, and drops the one that is full first', () => {
    const store = new MemoryStore([DEFAULTS, { burst: 60, refillPerMinute: 6 }], testClock().now, 3);
    store.take(keys('alice', '1'));
    store.take(keys('bob', '1'));
    expect(store.size).toBe(3);
    expect(store.peek(keys('alice', '1')).map(({ remaining }) => remaining)).toEqual([9, 60]);
    expect(store.peek(keys('bob', '1')).map(({ remaining }) => remaining)).toEqual([9, 59]);
    // One request can add two buckets at once, so both may have to go.
    const full = new MemoryStore([DEFAULTS, { burst: 60, refillPerMinute: 6 }], testClock().now, 2);
    for (const user of ['alice', 'bob', 'carol']) {
      full.take(keys(user, '1'));
      expect(full.size).toBe(2);
    }
  });
});

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
