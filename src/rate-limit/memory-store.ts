import type { BucketStore, TakeResult } from './bucket-store.js';
import {
  type Bucket,
  type BucketLimit,
  type BucketTime,
  fillMs,
  peek,
  type RateLimitStatus,
  takeAll,
} from './token-bucket.js';

/**
 * Buckets in the memory of this process, in two generations. A request that is granted writes its buckets to the younger
 * one. When that is as old as the longest time to fill, it becomes the older one, and the one before it is dropped as a whole:
 * every bucket in it is full.
 *
 * Memory is bounded: a younger generation with more than `capacity` buckets becomes the older one. Then buckets that are not
 * full may be dropped, so that their users can take again: those that were not written while at least `capacity` others were.
 * A request that is refused writes nothing, so the limit of a user over all addresses bounds what one token writes. With the
 * default limits that is 121 buckets in the 10 minutes in which a bucket fills, so it takes the tokens of 8,000 users
 * and 1,700 granted requests a second to drop a million buckets before they are full. Without that limit, one token and many
 * addresses are enough.
 */
export class MemoryStore implements BucketStore {
  readonly limits: readonly BucketLimit[];
  readonly #now: () => number;
  readonly #capacity: number;
  readonly #fillMs: number;
  #younger = new Map<string, Bucket>();
  #older = new Map<string, Bucket>();
  /** The latest that the clock has shown. Epoch milliseconds. */
  #latestMs: number;
  /** When the younger generation becomes the older one. Epoch milliseconds. */
  #endMs: number;

  /** @param capacity the buckets of a generation, of all limits together; with more, the next request begins another one */
  constructor(limits: readonly BucketLimit[], now: () => number, capacity = 1_000_000) {
    this.limits = limits;
    this.#now = now;
    this.#capacity = capacity;
    this.#fillMs = Math.max(...limits.map(fillMs));
    this.#latestMs = now();
    this.#endMs = this.#latestMs + this.#fillMs;
  }

  /** The number of buckets. */
  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  take(keys: readonly string[]): TakeResult {
    const time = this.#readClock();
    const buckets = this.#find(keys);
    const taken = takeAll(buckets, time, this.limits);
    if (taken) this.#write(keys, taken);
    return { allowed: taken !== undefined, statuses: this.#peek(taken ?? buckets, time) };
  }

  peek(keys: readonly string[]): RateLimitStatus[] {
    const time = this.#readClock();
    return this.#peek(this.#find(keys), time);
  }

  #readClock(): BucketTime {
    const nowMs = this.#now();
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    if (this.#latestMs >= this.#endMs || this.#younger.size > this.#capacity) this.#beginGeneration();
    return { nowMs, latestMs: this.#latestMs };
  }

  #find(keys: readonly string[]): (Bucket | undefined)[] {
    return keys.map((key) => this.#younger.get(key) ?? this.#older.get(key));
  }

  #write(keys: readonly string[], buckets: readonly Bucket[]): void {
    keys.forEach((key, index) => {
      const { size } = this.#younger;
      this.#younger.set(key, buckets[index] as Bucket);
      if (this.#younger.size > size) this.#older.delete(key);
    });
  }

  #peek(buckets: readonly (Bucket | undefined)[], time: BucketTime): RateLimitStatus[] {
    return this.limits.map((limit, index) => peek(buckets[index], time, limit));
  }

  #beginGeneration(): void {
    this.#older = this.#younger;
    this.#younger = new Map();
    this.#endMs = this.#latestMs + this.#fillMs;
  }
}
