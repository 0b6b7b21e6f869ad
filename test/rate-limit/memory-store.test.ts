import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketKey } from '../../src/rate-limit/bucket-store.js';
import { MemoryStore } from '../../src/rate-limit/memory-store.js';
import { type BucketLimit, fillMs, type RateLimitStatus } from '../../src/rate-limit/token-bucket.js';
import { testClock } from '../support/clock.js';
import { describeBuckets, expectStatus, LIMITS } from './bucket-properties.js';
import { SlowBucket } from './slow-bucket.js';

const MINUTE = 60_000;
const DEFAULTS: BucketLimit = { burst: 10, refillPerMinute: 1 };

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

describe('the key of a bucket', () => {
  it('is another text for any other tenant, user and address', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '2', ' '), maxLength: 6 });
    const parts = fc.tuple(
      text,
      text,
      fc.option(
        text.filter((ip) => ip !== ''),
        { nil: undefined },
      ),
    );
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = one.every((part, index) => part === other[index]);
        expect(bucketKey(...one) === bucketKey(...other)).toBe(same);
      }),
      { numRuns: 20_000 },
    );
    // The lengths decide where a space may stand in a part.
    expect(bucketKey('a b', 'c', 'd')).not.toBe(bucketKey('a', 'b c', 'd'));
    expect(bucketKey('a', 'b', 'c d')).not.toBe(bucketKey('a', 'b c', 'd'));
    expect(bucketKey('a', 'b c')).not.toBe(bucketKey('a', 'b', 'c'));
  });
});

describeBuckets('buckets in memory', {
  open(limits) {
    const clock = testClock();
    const store = new MemoryStore(limits, clock.now);
    return {
      take: (keys) => store.take(keys),
      peek: (keys) => store.peek(keys),
      nowMs: clock.now,
      advance: clock.advance,
    };
  },
  stepsBack: true,
  runs: 1_000,
});

describe('buckets in memory', () => {
  it('are forgotten as a generation when they are full again, and not before', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now);
    const lookAfter = (ms: number) => {
      clock.advance(ms);
      store.peek('somebody else');
      return store.size;
    };
    for (let user = 0; user < 10_000; user++) store.take(`user ${user}`);
    expect(lookAfter(fillMs(DEFAULTS) - 1)).toBe(10_000);
    for (let request = 0; request < 10; request++) store.take('in debt');
    expect(lookAfter(1)).toBe(10_001);
    expect(lookAfter(fillMs(DEFAULTS) - 2)).toBe(10_001);
    expect(store.take('in debt').status).toEqual({
      limit: 10,
      remaining: 8,
      reset: Math.ceil((clock.now() + MINUTE + 1) / 1000),
      retryAfter: null,
      nextIn: 1,
    });
    expect(lookAfter(2)).toBe(1);
    expect(lookAfter(fillMs(DEFAULTS))).toBe(0);
  });

  it('are written again to the younger generation, and kept once', () => {
    const clock = testClock();
    const store = storeOfOne(DEFAULTS, clock.now);
    for (let generation = 0; generation < 10; generation++) {
      for (let user = 0; user < 100; user++) {
        expect(store.take(`user ${user}`).allowed).toBe(true);
        expect(store.take(`user ${user}`).allowed).toBe(true);
      }
      expect(store.size).toBe(100);
      clock.advance(fillMs(DEFAULTS));
    }
  });

  it('of the latest takes are kept when there are too many, at least as many as the capacity', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom(...'abcdefghijklmnop'),
        takes: fc.integer({ min: 1, max: 3 }),
        pause: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: MINUTE })),
      }),
      { minLength: 10, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, LIMITS, fc.integer({ min: 1, max: 6 }), (schedule, limit, capacity) => {
        const clock = testClock();
        const store = storeOfOne(limit, clock.now, capacity);
        const slow = new Map<string, SlowBucket>();
        let latest: string[] = [];
        for (const { key, takes, pause } of schedule) {
          clock.advance(pause);
          // One that was not kept is full.
          if (latest.indexOf(key) >= capacity && store.peek(key).remaining === limit.burst) slow.delete(key);
          for (let count = 0; count < takes; count++) {
            const bucket = slow.get(key) ?? new SlowBucket(limit);
            const { allowed } = store.take(key);
            expect(allowed).toBe(bucket.take(clock.now()));
            slow.set(key, bucket);
            if (allowed) latest = [key, ...latest.filter((each) => each !== key)];
            // One request more begins a generation.
            expect(store.size).toBeLessThanOrEqual(2 * (capacity + 1));
            for (const kept of latest.slice(0, capacity)) {
              expectStatus(slow.get(kept)!, store.peek(kept), limit, clock.now(), clock.now());
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that are in debt outlast as many new ones as the capacity, and any number that are refused', () => {
    const store = storeOfOne(DEFAULTS, testClock().now, 100);
    const drained = Array.from({ length: 50 }, (_, user) => `user ${user}`);
    for (const key of drained) for (let request = 0; request < 10; request++) store.take(key);
    const allDrained = () => drained.map((key) => store.peek(key).remaining).every((remaining) => remaining === 0);
    for (let flood = 0; flood < 100; flood++) store.take(`new user ${flood}`);
    expect(allDrained()).toBe(true);
    for (let request = 0; request < 10_000; request++) for (const key of drained) store.take(key);
    expect([allDrained(), store.size]).toEqual([true, 150]);
    for (let flood = 0; flood < 100; flood++) store.take(`newer user ${flood}`);
    expect(allDrained()).toBe(false);
  });

  it('of a million identities survive a flood, at the same cost as a thousand', () => {
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
    expect(store.size).toBe(1_100_000);
    for (let user = 0; user < 1_000; user++) expect(store.take(key('drained', user)).allowed).toBe(false);

    console.log(
      `a million buckets: ${((bytes * 1_000_000) / 1e6).toFixed(0)} MB; ns a take: ${few.toFixed(0)} among a thousand, ${filling.toFixed(0)} filling up, ${flooding.toFixed(0)} in a flood of new ones`,
    );
    expect(bytes).toBeLessThan(160);
    expect(flooding / few).toBeLessThan(50);
  }, 60_000);
});

describe('a request that needs two buckets', () => {
  const keys = (user: string, address: string) => [bucketKey('acme', user, address), bucketKey('acme', user)];

  it('leaves no bucket behind when it is refused, so that a refused user cannot fill the memory', () => {
    const store = new MemoryStore([DEFAULTS, { burst: 60, refillPerMinute: 6 }], testClock().now);
    for (let address = 0; address < 1_000; address++) store.take(keys('alice', `address ${address}`));
    // 60 buckets of an address, and one of the user.
    expect(store.size).toBe(61);
  });

  it('keeps both buckets, and begins a generation when there are more than the capacity', () => {
    const store = new MemoryStore([DEFAULTS, { burst: 60, refillPerMinute: 6 }], testClock().now, 3);
    const remaining = (user: number) => store.peek(keys(`user ${user}`, '1')).map((status) => status.remaining);
    for (let user = 0; user < 100; user++) {
      store.take(keys(`user ${user}`, '1'));
      expect(store.size).toBeLessThanOrEqual(8);
      expect(remaining(user)).toEqual([9, 59]);
    }
    expect([96, 97, 98, 99].map(remaining)).toEqual([
      [10, 60],
      [10, 60],
      [9, 59],
      [9, 59],
    ]);
  });
});

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
