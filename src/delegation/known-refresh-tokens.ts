import { LRUCache } from 'lru-cache';

/** How long a refused refresh token is not sent again. */
const REFUSED_MS = 60_000;
/** The most refresh tokens of each kind to remember. 32,768 hashes with user ids take about 10 MB. */
const CAPACITY = 32_768;

/**
 * Remembers by hash what became known of refresh tokens: which ones the identity provider refused in the last minute, and
 * whose they are. It keeps the most recently used ones, and no token.
 */
export class KnownRefreshTokens {
  readonly #now: () => number;
  /** Epoch milliseconds of the refusal. */
  readonly #refused: LRUCache<string, number>;
  readonly #users: LRUCache<string, string>;

  /**
   * @param now epoch milliseconds
   * @param capacity the most refused tokens, and the most tokens with a user
   */
  constructor(now: () => number, capacity = CAPACITY) {
    this.#now = now;
    // With `max`, the library would allocate and fill arrays for `capacity` tokens at the start.
    const limit = { maxSize: capacity, sizeCalculation: () => 1 };
    this.#refused = new LRUCache(limit);
    this.#users = new LRUCache(limit);
  }

  /** The number of refused tokens, and of tokens with a user. */
  get size(): { readonly refused: number; readonly users: number } {
    return { refused: this.#refused.size, users: this.#users.size };
  }

  rememberRefused(hash: string): void {
    this.#refused.set(hash, this.#now());
    this.#users.delete(hash);
  }

  /** Whether the token was refused in the last minute. A clock that was set back does not prolong the minute. */
  isRefused(hash: string): boolean {
    const refusedAt = this.#refused.get(hash);
    return refusedAt !== undefined && Math.abs(this.#now() - refusedAt) < REFUSED_MS;
  }

  rememberUser(hash: string, userId: string): void {
    this.#users.set(hash, userId);
  }

  findUser(hash: string): string | undefined {
    return this.#users.get(hash);
  }
}
