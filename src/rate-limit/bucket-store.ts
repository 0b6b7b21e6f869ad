import type { Decision, RateLimitStatus } from './token-bucket.js';

/** What a store decided for one request. */
export type TakeResult = Pick<Decision, 'allowed' | 'status'>;

/** Keeps the buckets, and decides atomically. */
export interface BucketStore {
  /** Takes one request from the bucket of a key. */
  take(key: string): TakeResult | Promise<TakeResult>;
  /** Reads the status of a key and takes nothing. */
  peek(key: string): RateLimitStatus | Promise<RateLimitStatus>;
}

/** The key of a bucket, joined so that no two triples give the same text. `ip` is canonical already. */
export function bucketKey(tenant: string, userId: string, ip: string): string {
  return JSON.stringify([tenant, userId, ip]);
}
