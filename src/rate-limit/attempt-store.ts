import type { Store } from '@envelop/rate-limiter';
import { LRUCache } from 'lru-cache';

interface Identity {
  readonly contextIdentity: string;
}

/** The attempts for which each log has room at capacity. A log with more takes the room of others. */
const ATTEMPTS_PER_LOG = 16;

/**
 * The key of the log of an address in a tenant, joined so that no two pairs give the same text.
 *
 * @param ip canonical: an IPv4 address or an IPv6 /64
 */
export function attemptKey(tenant: string, ip: string): string {
  return JSON.stringify([tenant, ip]);
}

/**
 * Keeps the attempts of each IP address in each tenant for @envelop/rate-limiter: one log per pair, for all fields
 * together. It keeps the most recently used logs, at most `capacity` with 16 attempts each on average, so that memory is
 * bounded. It is synchronous, so that nothing runs between a read and the write that follows it.
 *
 * The library reads Date.now(). The store translates between that clock and its own.
 */
export class AttemptStore implements Store {
  readonly #now: () => number;
  readonly #logs: LRUCache<string, readonly number[]>;

  /**
   * @param now epoch milliseconds
   * @param capacity the most logs to keep
   */
  constructor(now: () => number, capacity = 131_072) {
    this.#now = now;
    // With `max`, the library would allocate and fill arrays for `capacity` logs at the start.
    this.#logs = new LRUCache({
      maxSize: capacity * (1 + ATTEMPTS_PER_LOG),
      sizeCalculation: (attempts) => 1 + Math.max(attempts.length, ATTEMPTS_PER_LOG),
    });
  }

  /** The number of logs. */
  get size(): number {
    return this.#logs.size;
  }

  /** The attempts of an identity in epoch milliseconds of the store's clock, oldest first. */
  readAttempts(contextIdentity: string): readonly number[] {
    return this.#logs.get(contextIdentity) ?? [];
  }

  getForIdentity({ contextIdentity }: Identity): readonly number[] {
    return shift(this.readAttempts(contextIdentity), Date.now() - this.#now());
  }

  setForIdentity({ contextIdentity }: Identity, timestamps: readonly number[]): void {
    this.#logs.set(contextIdentity, shift(timestamps, this.#now() - Date.now()));
  }
}

function shift(timestamps: readonly number[], ms: number): readonly number[] {
  return ms === 0 ? timestamps : timestamps.map((each) => each + ms);
}
