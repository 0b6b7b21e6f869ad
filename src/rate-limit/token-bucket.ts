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
 * back neither fills nor empties the bucket.
 *
 * @param now epoch milliseconds
 */
export function take(bucket: Bucket | undefined, now: number, limit: BucketLimit): Decision {
  const current = drip(bucket, now, limit);
  const allowed = current.debt <= (limit.burst - 1) * COST;
  const after = allowed ? { debt: current.debt + COST, at: current.at } : current;
  return { allowed, bucket: after, figures: figuresOf(after, limit) };
}

/** The figures as they stand, with nothing taken. */
export function peek(bucket: Bucket | undefined, now: number, limit: BucketLimit): RateLimitFigures {
  return figuresOf(drip(bucket, now, limit), limit);
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

function figuresOf(bucket: Bucket, limit: BucketLimit): RateLimitFigures {
  const content = Math.max(0, limit.burst * COST - bucket.debt);
  const remaining = Math.floor(content / COST);
  return {
    limit: limit.burst,
    remaining,
    reset: Math.ceil((bucket.at * limit.refillPerMinute + bucket.debt) / (1000 * limit.refillPerMinute)),
    retryAfter:
      remaining > 0 ? null : Math.ceil((bucket.debt - (limit.burst - 1) * COST) / (1000 * limit.refillPerMinute)),
  };
}
