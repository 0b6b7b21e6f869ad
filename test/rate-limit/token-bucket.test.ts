import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bucket,
  type BucketLimit,
  type BucketTime,
  fillMs,
  peek,
  takeAll,
} from '../../src/rate-limit/token-bucket.js';
import { expectStatus } from './bucket-properties.js';
import { SlowBucket, takeFromAll } from './slow-bucket.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

const limits = fc.record<BucketLimit>({
  burst: fc.constantFrom(1, 2, 3, 10, 17),
  refillPerMinute: fc.constantFrom(1, 2, 7, 60, 599, 6000),
});

/** Milliseconds between two requests: mostly none or few, often just at a boundary, at times back. */
const pauses = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
  { weight: 3, arbitrary: fc.constantFrom(59_999, 60_000, 60_001, 8_571, 8_572, 1_000, 999, 10) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: -5 * MINUTE, max: -1 }) },
);

/** What the clock shows at each request. */
const schedules = fc
  .tuple(fc.integer({ min: 0, max: 59_999 }), fc.array(pauses, { minLength: 1, maxLength: 30 }))
  .map(([offset, list]) => {
    let clock = START + offset;
    return list.map((pause) => {
      clock += pause;
      return clock;
    });
  });

/** The time of each request of a schedule. */
function withLatest(schedule: readonly number[]): BucketTime[] {
  let latestMs = -Infinity;
  return schedule.map((nowMs) => {
    latestMs = Math.max(latestMs, nowMs);
    return { nowMs, latestMs };
  });
}

/** The time when the clock has not gone back. */
function at(nowMs: number): BucketTime {
  return { nowMs, latestMs: nowMs };
}

/** The outcomes of a schedule, from a bucket that nobody has used. */
function run(schedule: readonly number[], limit: BucketLimit) {
  let bucket: Bucket | undefined;
  return withLatest(schedule).map((time) => {
    const taken = takeAll([bucket], time, [limit]);
    bucket = taken ? taken[0] : bucket;
    return {
      now: time.nowMs,
      latestMs: time.latestMs,
      allowed: taken !== undefined,
      bucket,
      status: peek(bucket, time, limit),
    };
  });
}

describe('the token bucket', () => {
  it('gives the status that Auth0 documents: 10/9/now+60 for the first call, 10/0/now+600 for the tenth', () => {
    const limit = { burst: 10, refillPerMinute: 1 };
    const outcomes = run(Array(11).fill(START), limit);
    const seconds = START / 1000;
    expect(outcomes[0]?.status).toEqual({ limit: 10, remaining: 9, reset: seconds + 60, retryAfter: null, nextIn: 60 });
    expect(outcomes[8]?.status).toEqual({
      limit: 10,
      remaining: 1,
      reset: seconds + 540,
      retryAfter: null,
      nextIn: 60,
    });
    expect(outcomes[9]).toMatchObject({
      allowed: true,
      status: { limit: 10, remaining: 0, reset: seconds + 600, retryAfter: 60 },
    });
    expect(outcomes[10]).toMatchObject({
      allowed: false,
      status: { limit: 10, remaining: 0, reset: seconds + 600, retryAfter: 60 },
    });
  });

  it('rounds reset, retryAfter and nextIn up to the second', () => {
    const limit = { burst: 1, refillPerMinute: 1 };
    const [{ bucket, status } = expect.fail()] = run([START + 1], limit);
    expect(status).toMatchObject({ reset: START / 1000 + 61, retryAfter: 60 });
    expect(peek(bucket, at(START + 1_000), limit)).toMatchObject({ reset: START / 1000 + 61, retryAfter: 60 });
    expect(peek(bucket, at(START + 1_001), limit)).toMatchObject({ retryAfter: 59 });
    expect(peek(bucket, at(START + MINUTE), limit)).toMatchObject({ remaining: 0, retryAfter: 1 });
    expect(peek(bucket, at(START + MINUTE + 1), limit)).toEqual({
      limit: 1,
      remaining: 1,
      reset: START / 1000 + 61,
      retryAfter: null,
      nextIn: null,
    });
  });

  it('decides 10,000 random schedules as a slow, obviously right bucket does, clocks that step back included', () => {
    fc.assert(
      fc.property(schedules, limits, (schedule, limit) => {
        const slow = new SlowBucket(limit);
        for (const { now, latestMs, allowed, status } of run(schedule, limit)) {
          expect(allowed).toBe(slow.take(now));
          expectStatus(slow, status, limit, now, latestMs);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('never grants more than burst + refill × minutes in any window of 10,000 random schedules', () => {
    fc.assert(
      fc.property(schedules, limits, (schedule, limit) => {
        let latest = 0;
        const granted: number[] = [];
        for (const { now, allowed } of run(schedule, limit)) {
          latest = Math.max(latest, now);
          if (allowed) granted.push(latest);
        }
        const excess = granted.flatMap((from, first) =>
          granted.slice(first).filter((to, index) => {
            const refilled = limit.refillPerMinute * (to - from);
            return (index + 1) * MINUTE > limit.burst * MINUTE + refilled;
          }),
        );
        expect(excess).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  it('grants the same whether refused requests are made or not', () => {
    fc.assert(
      fc.property(schedules, limits, (schedule, limit) => {
        const forward = schedule.toSorted((a, b) => a - b);
        const granted = run(forward, limit).filter(({ allowed }) => allowed);
        const again = run(
          granted.map(({ now }) => now),
          limit,
        );
        expect(again.map(({ allowed, status }) => ({ allowed, status }))).toEqual(
          granted.map(({ allowed, status }) => ({ allowed, status })),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('neither fills nor empties while the clock is behind, and says how long that lasts', () => {
    const limit = { burst: 2, refillPerMinute: 1 };
    const hourAgo = START - 60 * MINUTE;
    const [, second, behind, again, caughtUp] = run([START, START, hourAgo, START, START + MINUTE], limit);
    expect(second).toMatchObject({ allowed: true, status: { remaining: 0, retryAfter: 60 } });
    expect(behind).toMatchObject({
      allowed: false,
      status: { remaining: 0, retryAfter: 3_660, reset: START / 1000 + 120 },
    });
    expect(again?.allowed).toBe(false);
    expect(caughtUp).toMatchObject({ allowed: true, status: { remaining: 0 } });
  });

  it('is exact to a tick with the largest limits that the configuration takes, until 2072', () => {
    const limit = { burst: 10_000, refillPerMinute: 6_000 };
    const ticks = (epochMs: number) => BigInt(epochMs - Date.UTC(2025, 0, 1)) * 6_000n;
    const times = fc.integer({ min: START, max: Date.UTC(2072, 0, 1) });
    const taken = fc.integer({ min: 1, max: 10_000 });
    const elapsed = fc.integer({ min: 0, max: fillMs(limit) - 1 });
    fc.assert(
      fc.property(times, taken, elapsed, (beginMs, count, elapsedMs) => {
        const nowMs = beginMs + elapsedMs;
        const bucket = Number(ticks(beginMs) + BigInt(count) * 60_000n);
        const full = ticks(beginMs) + BigInt(count) * 60_000n;
        const debt = full > ticks(nowMs) ? full - ticks(nowMs) : 0n;
        const allowed = debt <= 9_999n * 60_000n;
        const next = takeAll([bucket], at(nowMs), [limit])?.[0];
        expect(next === undefined ? next : BigInt(next)).toBe(allowed ? ticks(nowMs) + debt + 60_000n : undefined);
        const { remaining, reset, retryAfter } = peek(bucket, at(nowMs), limit);
        expect(BigInt(remaining)).toBe((10_000n * 60_000n - debt) / 60_000n);
        const epochSeconds = BigInt(Date.UTC(2025, 0, 1)) / 1000n;
        expect(BigInt(reset) - epochSeconds).toBe((ticks(nowMs) + debt + 5_999_999n) / 6_000_000n);
        expect(retryAfter).toBe(allowed ? null : 1);
      }),
      { numRuns: 10_000 },
    );
    // One tick more than a whole second.
    expect(peek(Number(ticks(START)) + 1, at(START), limit).reset).toBe(START / 1000 + 1);
    expect(peek(Number(ticks(START)), at(START), limit).reset).toBe(START / 1000);
  });

  it('takes as long to fill as a request of each token takes to drip back', () => {
    expect(fillMs({ burst: 10, refillPerMinute: 1 })).toBe(10 * MINUTE);
    expect(fillMs({ burst: 1, refillPerMinute: 7 })).toBe(8_572);
    expect(fillMs({ burst: 10_000, refillPerMinute: 6_000 })).toBe(100_000);
  });
});

describe('a request that needs several buckets', () => {
  /** Requests that each name one of three first buckets; all of them need the second one too. */
  const requests = fc
    .tuple(schedules, fc.array(fc.nat({ max: 2 }), { minLength: 30, maxLength: 30 }))
    .map(([schedule, names]) => withLatest(schedule).map((time, index) => ({ time, name: names[index]! })));

  it('decides 10,000 random schedules as two slow, obviously right buckets do', () => {
    fc.assert(
      fc.property(requests, limits, limits, (schedule, first, second) => {
        const slow = { first: [0, 1, 2].map(() => new SlowBucket(first)), second: new SlowBucket(second) };
        const buckets: { first: (Bucket | undefined)[]; second: Bucket | undefined } = { first: [], second: undefined };
        for (const { time, name } of schedule) {
          const taken = takeAll([buckets.first[name], buckets.second], time, [first, second]);
          if (taken) [buckets.first[name], buckets.second] = taken;
          const pair = [slow.first[name]!, slow.second];
          expect(taken !== undefined).toBe(takeFromAll(pair, time.latestMs));
          const statuses = [peek(buckets.first[name], time, first), peek(buckets.second, time, second)];
          for (const [index, { remaining }] of statuses.entries()) {
            expect(pair[index]!.holds(remaining, time.latestMs)).toBe(true);
            expect(pair[index]!.holds(remaining + 1, time.latestMs)).toBe(false);
          }
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('takes nothing from the others when one is empty', () => {
    const limits = [
      { burst: 1, refillPerMinute: 1 },
      { burst: 5, refillPerMinute: 1 },
    ];
    const first = takeAll([], at(START), limits) ?? expect.fail();
    expect(limits.map((limit, index) => peek(first[index], at(START), limit).remaining)).toEqual([0, 4]);
    expect(takeAll(first, at(START), limits)).toBeUndefined();
  });
});
