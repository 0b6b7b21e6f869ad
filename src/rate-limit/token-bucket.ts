/**
 * A token bucket in integer arithmetic, as one number (GCRA, the generic cell rate algorithm): the time at which it is full
 * again, in ticks since 2025. A request costs 60,000 ticks, so that `refillPerMinute` ticks pass in each millisecond at any
 * rate. A full bucket is undefined, or a time that has passed.
 *
 * Every number stays an exact integer, below 2^53, until 2072: at the highest rate that the configuration allows, 6,000 a
 * minute, 2^53 ticks are 47 years. The debt of the largest bucket adds 10,000 × 60,000 ticks, less than two minutes at that rate.
 */
export type Bucket = number;

export interface BucketLimit {
  /** Size of the bucket, in requests. */
  readonly burst: number;
  /** Requests that drip back in a minute. */
  readonly refillPerMinute: number;
}

/** The time of a decision, in epoch milliseconds. While the clock is behind where it has been, no bucket changes. */
export interface BucketTime {
  /** What the clock shows. */
  readonly nowMs: number;
  /** The latest that it has shown. */
  readonly latestMs: number;
}

/** The state of a bucket after a decision. */
export interface RateLimitStatus {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch seconds at which the bucket is full again. */
  readonly reset: number;
  /** Seconds until the next request is possible; null while requests remain. */
  readonly retryAfter: number | null;
  /** Seconds until one more request is possible; null while the bucket is full. */
  readonly nextIn: number | null;
}

/** The status of the bucket that decides among several, and what all of them are. */
export interface LimitStatus extends RateLimitStatus {
  /** The name of its limit. */
  readonly policy: string;
  /** All limits, as the field `RateLimit-Policy` lists them. */
  readonly policies: string;
}

const COST = 60_000;
const EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1000;

/** What a store needs that decides with the same arithmetic elsewhere: ticks of a request, and when ticks begin. */
export const TICKS = { cost: COST, epochMs: EPOCH_SECONDS * 1000 } as const;

/**
 * Decides one request. One that finds less than one whole token is refused and takes nothing.
 *
 * @returns the bucket to store; undefined when the request is refused
 */
export function take(bucket: Bucket | undefined, { latestMs }: BucketTime, limit: BucketLimit): Bucket | undefined {
  const latest = toTicks(latestMs, limit);
  const fullAt = Math.max(bucket ?? latest, latest);
  return fullAt - latest <= (limit.burst - 1) * COST ? fullAt + COST : undefined;
}

/**
 * Decides one request that needs several buckets: it takes one from each, or from none when one of them is empty.
 *
 * @param buckets a bucket for each limit
 * @returns the buckets to store; undefined when the request is refused
 */
export function takeAll(
  buckets: readonly (Bucket | undefined)[],
  time: BucketTime,
  limits: readonly BucketLimit[],
): Bucket[] | undefined {
  const taken = limits.map((limit, index) => take(buckets[index], time, limit));
  return taken.every((bucket) => bucket !== undefined) ? taken : undefined;
}

/** Reads the status of a bucket and takes nothing. */
export function peek(bucket: Bucket | undefined, { nowMs, latestMs }: BucketTime, limit: BucketLimit): RateLimitStatus {
  const { burst, refillPerMinute } = limit;
  const now = toTicks(nowMs, limit);
  const fullAt = Math.max(bucket ?? now, now);
  const debt = Math.max(0, fullAt - toTicks(latestMs, limit));
  const remaining = Math.max(0, Math.floor((burst * COST - debt) / COST));
  const ticksPerSecond = 1000 * refillPerMinute;
  const nextIn = remaining < burst ? Math.ceil((fullAt - (burst - 1 - remaining) * COST - now) / ticksPerSecond) : null;
  return {
    limit: burst,
    remaining,
    reset: EPOCH_SECONDS + Math.ceil(fullAt / ticksPerSecond),
    retryAfter: remaining > 0 ? null : nextIn,
    nextIn,
  };
}

/** Milliseconds, rounded up, that an empty bucket takes to fill. */
export function fillMs({ burst, refillPerMinute }: BucketLimit): number {
  return Math.ceil((burst * COST) / refillPerMinute);
}

function toTicks(epochMs: number, { refillPerMinute }: BucketLimit): number {
  return (epochMs - EPOCH_SECONDS * 1000) * refillPerMinute;
}
