import type { RateLimitFigures } from '../errors.js';

/** What was decided for one request. */
export interface Outcome {
  readonly allowed: boolean;
  readonly figures: RateLimitFigures;
}

/** Keeps the buckets, and decides atomically. */
export interface BucketStore {
  /** Takes one request from the bucket of a key. */
  take(key: string): Outcome | Promise<Outcome>;
  /** The figures of a key, with nothing taken. */
  peek(key: string): RateLimitFigures | Promise<RateLimitFigures>;
}

/** The key of a bucket: no two triples give the same text. `ip` is canonical already. */
export function bucketKey(tenant: string, userId: string, ip: string): string {
  return JSON.stringify([tenant, userId, ip]);
}
