/**
 * A token bucket in integer arithmetic. It stores the debt: how far the bucket is from full, in units of which one request
 * costs 60,000, so that `refillPerMinute` units drip back in each millisecond at any rate.
 */
export interface Bucket {
  readonly debt: number;
  /** Epoch milliseconds at which the debt was computed. */
  readonly at: number;
}

export interface BucketLimit {
  /** Size of the bucket, in requests. */
  readonly burst: number;
  /** Requests that drip back in a minute. */
  readonly refillPerMinute: number;
}

/** The state of a bucket after a decision. */
export interface RateLimitStatus {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch seconds at which the bucket is full again. */
  readonly reset: number;
  /** Seconds until the next request is possible; null while requests remain. */
  readonly retryAfter: number | null;
}

export interface Decision {
  readonly allowed: boolean;
  /** The bucket to store. */
  readonly bucket: Bucket;
  readonly status: RateLimitStatus;
}

const COST = 60_000;

/**
 * Decides one request. A request that finds less than one whole token is refused and takes nothing. When the clock goes
 * back, the bucket does not change until the clock has caught up.
 *
 * @param nowMs epoch milliseconds
 */
export function take(bucket: Bucket | undefined, nowMs: number, limit: BucketLimit): Decision {
  const current = drip(bucket, nowMs, limit);
  return decide(current, holdsOne(current, limit), nowMs, limit);
}

/**
 * Decides one request that needs several buckets: it takes one from each, or from none when one of them is empty.
 *
 * @param buckets a bucket for each limit; undefined for a full one
 * @param nowMs epoch milliseconds
 * @returns a decision for each bucket; all of them are allowed or none is
 */
export function takeAll(
  buckets: readonly (Bucket | undefined)[],
  nowMs: number,
  limits: readonly BucketLimit[],
): Decision[] {
  const current = limits.map((limit, index) => ({ bucket: drip(buckets[index], nowMs, limit), limit }));
  const allowed = current.every(({ bucket, limit }) => holdsOne(bucket, limit));
  return current.map(({ bucket, limit }) => decide(bucket, allowed, nowMs, limit));
}

function holdsOne({ debt }: Bucket, { burst }: BucketLimit): boolean {
  return debt <= (burst - 1) * COST;
}

function decide({ debt, at }: Bucket, allowed: boolean, nowMs: number, limit: BucketLimit): Decision {
  const bucket = { debt: allowed ? debt + COST : debt, at };
  return { allowed, bucket, status: buildStatus(bucket, nowMs, limit) };
}

/** Reads the status of a bucket and takes nothing. */
export function peek(bucket: Bucket | undefined, nowMs: number, limit: BucketLimit): RateLimitStatus {
  return buildStatus(drip(bucket, nowMs, limit), nowMs, limit);
}

/** Epoch milliseconds, rounded up, at which the bucket is full again and can be forgotten. */
export function fullAt({ debt, at }: Bucket, { refillPerMinute }: BucketLimit): number {
  return at + Math.ceil(debt / refillPerMinute);
}

function drip(bucket: Bucket | undefined, nowMs: number, { refillPerMinute }: BucketLimit): Bucket {
  if (!bucket) return { debt: 0, at: nowMs };
  const elapsedMs = Math.max(0, nowMs - bucket.at);
  return { debt: Math.max(0, bucket.debt - elapsedMs * refillPerMinute), at: bucket.at + elapsedMs };
}

function buildStatus({ debt, at }: Bucket, nowMs: number, { burst, refillPerMinute }: BucketLimit): RateLimitStatus {
  const remaining = Math.max(0, Math.floor((burst * COST - debt) / COST));
  return {
    limit: burst,
    remaining,
    reset: secondsUntil(debt, at, refillPerMinute),
    retryAfter: remaining > 0 ? null : secondsUntil(debt - (burst - 1) * COST, at - nowMs, refillPerMinute),
  };
}

/** Whole seconds, rounded up: `at` milliseconds plus the time that `debt` takes to drip back. No product exceeds 2^53. */
function secondsUntil(debt: number, at: number, refillPerMinute: number): number {
  const seconds = Math.floor(at / 1000);
  return seconds + Math.ceil(((at - seconds * 1000) * refillPerMinute + debt) / (1000 * refillPerMinute));
}
