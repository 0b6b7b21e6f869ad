import type { LRUCache } from 'lru-cache';
import { createRecentEntries } from '../lib/recent-entries.js';

/** The most refresh tokens to remember: 32,768 hashes with user ids take about 5 MB. */
const CAPACITY = 32_768;

/** Remembers by hash whose refresh tokens are. It keeps the most recently used ones, and no token. */
export class RefreshTokenUsers {
  readonly #users: LRUCache<string, string>;

  constructor(capacity = CAPACITY) {
    this.#users = createRecentEntries(capacity);
  }

  get size(): number {
    return this.#users.size;
  }

  remember(hash: string, userId: string): void {
    this.#users.set(hash, userId);
  }

  /** For a token that was refused: INVALID_TOKEN comes before RATE_LIMITED. */
  forget(hash: string): void {
    this.#users.delete(hash);
  }

  find(hash: string): string | undefined {
    return this.#users.get(hash);
  }
}
