import type { RateLimitFigures } from '../errors.js';

/**
 * A token bucket as pure arithmetic on integers. What is stored is the debt: how far the bucket is from full, in units
 * of which one request costs 60,000, so that `refillPerMinute` units drip back in each millisecond, whatever the rate.
 */
export interface Bucket {
  readonly debt: number;
  /** Epoch milliseconds at which the debt was that. */
  readonly at: number;
}

export interface BucketLimit {
  /** Size of the bucket, in requests. */
  readonly burst: number;
  /** Requests that drip back in a minute. */
  readonly refillPerMinute: number;
}

export interface Decision {
  readonly allowed: boolean;
  /** What to store. */
  readonly bucket: Bucket;
  readonly figures: RateLimitFigures;
}

const COST = 60_000;

/**
 * Decides one request. A request that finds less than one whole token is refused and takes nothing; a clock that went
 * back neither fills nor empties the bucket: nothing drips until it has caught up.
 *
 * @param now epoch milliseconds
 */
export function take(bucket: Bucket | undefined, now: number, limit: BucketLimit): Decision {
  const current = drip(bucket, now, limit);
  const allowed = current.debt <= (limit.burst - 1) * COST;
  const after = allowed ? { debt: current.debt + COST, at: current.at } : current;
  return { allowed, bucket: after, figures: figuresOf(after, now, limit) };
}

/** The figures as they stand, with nothing taken. */
export function peek(bucket: Bucket | undefined, now: number, limit: BucketLimit): RateLimitFigures {
  return figuresOf(drip(bucket, now, limit), now, limit);
}

/** Epoch milliseconds, rounded up, at which the bucket is full again and may be forgotten. */
export function fullAt({ debt, at }: Bucket, { refillPerMinute }: BucketLimit): number {
  return at + Math.ceil(debt / refillPerMinute);
}

function drip(bucket: Bucket | undefined, now: number, { refillPerMinute }: BucketLimit): Bucket {
  if (!bucket) return { debt: 0, at: now };
  const elapsed = Math.max(0, now - bucket.at);
  return { debt: Math.max(0, bucket.debt - elapsed * refillPerMinute), at: bucket.at + elapsed };
}

function figuresOf({ debt, at }: Bucket, now: number, { burst, refillPerMinute }: BucketLimit): RateLimitFigures {
  const remaining = Math.max(0, Math.floor((burst * COST - debt) / COST));
  return {
    limit: burst,
    remaining,
    reset: secondsUntil(debt, at, refillPerMinute),
    retryAfter: remaining > 0 ? null : secondsUntil(debt - (burst - 1) * COST, at - now, refillPerMinute),
  };
}

/** In whole seconds, rounded up: `at` milliseconds and what `debt` takes to drip back. No product here outgrows 2^53. */
function secondsUntil(debt: number, at: number, refillPerMinute: number): number {
  const seconds = Math.floor(at / 1000);
  return seconds + Math.ceil(((at - seconds * 1000) * refillPerMinute + debt) / (1000 * refillPerMinute));
}
