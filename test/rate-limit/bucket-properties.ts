import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketKey, type TakeResult } from '../../src/rate-limit/bucket-store.js';
import type { BucketLimit, RateLimitStatus } from '../../src/rate-limit/token-bucket.js';
import { SlowBucket, takeFromAll } from './slow-bucket.js';

/** A store without buckets, on a clock that moves when it is told to. */
export interface StoreUnderTest {
  take(keys: readonly string[]): TakeResult | Promise<TakeResult>;
  peek(keys: readonly string[]): readonly RateLimitStatus[] | Promise<readonly RateLimitStatus[]>;
  /** What the clock showed at the last take or peek. Epoch milliseconds. */
  nowMs(): number;
  advance(ms: number): void;
}

export interface BucketsOptions {
  readonly open: (limits: readonly BucketLimit[]) => StoreUnderTest;
  /** Whether time stands still for all buckets while the clock is behind where it has been. */
  readonly stepsBack: boolean;
  readonly runs: number;
}

const MINUTE = 60_000;

/** Limits with every rate that a step of the clock can divide unevenly. */
export const LIMITS = fc.record<BucketLimit>({
  burst: fc.constantFrom(1, 3, 10),
  refillPerMinute: fc.constantFrom(1, 7, 60),
});

/** Mostly no pause, sometimes one that fills a bucket in part or as a whole. Milliseconds. */
const FORWARD = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 25 * MINUTE }) },
);

/** At times also back. */
const BOTH_WAYS = fc.oneof(
  { weight: 14, arbitrary: FORWARD },
  { weight: 1, arbitrary: fc.integer({ min: -15 * MINUTE, max: -1 }) },
);

/** Expects the status to be the one of a slow bucket that is asked at the same time, after the same requests. */
export function expectStatus(
  slow: SlowBucket,
  status: RateLimitStatus,
  { burst }: BucketLimit,
  nowMs: number,
  latest: number,
) {
  const { remaining, reset, retryAfter, nextIn } = status;
  const waitMs = (nextIn ?? 0) * 1000;
  expect({
    limit: status.limit,
    canTakeWhatRemains: slow.holds(remaining, latest),
    canTakeMore: slow.holds(remaining + 1, latest),
    fullAtReset: slow.holds(burst, Math.max(latest, reset * 1000)),
    fullOneSecondBeforeReset: reset * 1000 - 1000 >= latest && slow.holds(burst, reset * 1000 - 1000),
    mustWait: !slow.holds(1, latest),
    nothingRemains: remaining === 0,
    retryAfter,
    oneMoreAfterTheWait: nextIn === null || slow.holds(remaining + 1, Math.max(latest, nowMs + waitMs)),
    oneMoreASecondEarlier: nextIn !== null && slow.holds(remaining + 1, Math.max(latest, nowMs + waitMs - 1000)),
    isFull: nextIn === null,
  }).toEqual({
    limit: burst,
    canTakeWhatRemains: true,
    canTakeMore: false,
    fullAtReset: true,
    fullOneSecondBeforeReset: false,
    mustWait: retryAfter !== null,
    nothingRemains: retryAfter !== null,
    retryAfter: remaining === 0 ? nextIn : null,
    oneMoreAfterTheWait: true,
    oneMoreASecondEarlier: false,
    isFull: remaining === burst,
  });
}

const KEYS = ['a', 'b', 'c'] as const;

/** What every store of buckets does. */
export function describeBuckets(name: string, { open, stepsBack, runs }: BucketsOptions): void {
  const pauses = stepsBack ? BOTH_WAYS : FORWARD;

  describe(name, () => {
    it('decide as slow, obviously right buckets that are never forgotten', async () => {
      const steps = fc.array(fc.record({ key: fc.constantFrom(...KEYS), pause: pauses }), { maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(steps, LIMITS, async (schedule, limit) => {
          const store = open([limit]);
          const slow = { a: new SlowBucket(limit), b: new SlowBucket(limit), c: new SlowBucket(limit) };
          let latest = store.nowMs();
          for (const { key, pause } of schedule) {
            store.advance(pause);
            const { allowed, statuses } = await store.take([key]);
            latest = Math.max(latest, store.nowMs());
            expect(allowed).toBe(slow[key].take(latest));
            expectStatus(slow[key], statuses[0]!, limit, store.nowMs(), latest);
            const [peeked] = await store.peek([key]);
            latest = Math.max(latest, store.nowMs());
            expectStatus(slow[key], peeked!, limit, store.nowMs(), latest);
          }
        }),
        { numRuns: runs },
      );
    });

    it('grant no more than burst + refill × minutes while the clock goes back and forth', async () => {
      const jumps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE })), {
        maxLength: 60,
      });
      await fc.assert(
        fc.asyncProperty(jumps, LIMITS, async (schedule, limit) => {
          const store = open([limit]);
          const times: number[] = [];
          const granted: number[] = [];
          for (const pause of schedule) {
            store.advance(pause);
            granted.push((await store.take(['a'])).allowed ? 1 : 0);
            times.push(store.nowMs());
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
        { numRuns: runs },
      );
    });

    it('of an address and of all addresses are both taken from, or neither', async () => {
      const steps = fc.array(
        fc.record({ user: fc.constantFrom('a', 'b'), address: fc.constantFrom('1', '2', '3'), pause: pauses }),
        { maxLength: 60 },
      );
      await fc.assert(
        fc.asyncProperty(steps, LIMITS, LIMITS, async (schedule, perAddress, perUser) => {
          const store = open([perAddress, perUser]);
          const slow = new Map<string, SlowBucket>();
          const find = (key: string, limit: BucketLimit) => {
            const known = slow.get(key) ?? new SlowBucket(limit);
            slow.set(key, known);
            return known;
          };
          let latest = store.nowMs();
          for (const { user, address, pause } of schedule) {
            store.advance(pause);
            const keys = [bucketKey('acme', user, address), bucketKey('acme', user)] as const;
            const pair = [find(keys[0], perAddress), find(keys[1], perUser)] as const;
            const expectStatuses = (statuses: readonly RateLimitStatus[]) => {
              expectStatus(pair[0], statuses[0]!, perAddress, store.nowMs(), latest);
              expectStatus(pair[1], statuses[1]!, perUser, store.nowMs(), latest);
            };
            const { allowed, statuses } = await store.take(keys);
            latest = Math.max(latest, store.nowMs());
            expect(allowed).toBe(takeFromAll(pair, latest));
            expectStatuses(statuses);
            const peeked = await store.peek(keys);
            latest = Math.max(latest, store.nowMs());
            expectStatuses(peeked);
          }
        }),
        { numRuns: runs },
      );
    });
  });
}
