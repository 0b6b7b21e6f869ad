import { LRUCache } from 'lru-cache';

/** What the library hands to a store: the key of a log, and `attempt:{attempts}:{the most in a minute}`. */
export interface AttemptIdentity {
  readonly contextIdentity: string;
  readonly fieldIdentity: string;
}

/** A store for @envelop/rate-limiter that the guard reads too. */
export interface SharedAttemptStore {
  /** What the guard counts, where it refused: epoch milliseconds of the store's clock, oldest first. */
  readAttempts(key: string): readonly number[];
  /** The attempts before those of the identity. @throws DelegationError UPSTREAM_UNAVAILABLE */
  getForIdentity(identity: AttemptIdentity): readonly number[] | Promise<readonly number[]>;
  setForIdentity(identity: AttemptIdentity, timestamps: readonly number[]): void;
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
export class AttemptStore implements SharedAttemptStore {
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

  readAttempts(key: string): readonly number[] {
    return this.#logs.get(key) ?? [];
  }

  /** @param attempts as `readAttempts` returns them */
  writeAttempts(key: string, attempts: readonly number[]): void {
    this.#logs.set(key, attempts);
  }

  getForIdentity({ contextIdentity }: Pick<AttemptIdentity, 'contextIdentity'>): readonly number[] {
    return shift(this.readAttempts(contextIdentity), Date.now() - this.#now());
  }

  setForIdentity({ contextIdentity }: Pick<AttemptIdentity, 'contextIdentity'>, timestamps: readonly number[]): void {
    this.writeAttempts(contextIdentity, shift(timestamps, this.#now() - Date.now()));
  }
}

function shift(timestamps: readonly number[], ms: number): readonly number[] {
  return ms === 0 ? timestamps : timestamps.map((each) => each + ms);
}
