import type { LRUCache } from 'lru-cache';
import { createRecentEntries } from '../lib/recent-entries.js';

/** How long a refused refresh token is not sent again. */
export const REFUSED_MS = 60_000;
/** The most refused tokens to remember: 32,768 hashes take about 5 MB. */
const CAPACITY = 32_768;

/** Remembers by hash which refresh tokens the identity provider refused in the last minute. */
export interface RefusedTokenStore {
  rememberRefused(hash: string): void | Promise<void>;
  /** @throws DelegationError UPSTREAM_UNAVAILABLE when a store does not answer that several processes share */
  isRefused(hash: string): boolean | Promise<boolean>;
}

/** In the memory of this process. It keeps the most recently used ones, and no token. */
export class RefusedRefreshTokens implements RefusedTokenStore {
  readonly #now: () => number;
  /** Epoch milliseconds of the refusal. */
  readonly #refused: LRUCache<string, number>;

  /** @param now epoch milliseconds */
  constructor(now: () => number, capacity = CAPACITY) {
    this.#now = now;
    this.#refused = createRecentEntries(capacity);
  }

  get size(): number {
    return this.#refused.size;
  }

  rememberRefused(hash: string): void {
    this.#refused.set(hash, this.#now());
  }

  /** A clock that was set back does not prolong the minute. */
  isRefused(hash: string): boolean {
    const refusedAt = this.#refused.get(hash);
    return refusedAt !== undefined && Math.abs(this.#now() - refusedAt) < REFUSED_MS;
  }
}
