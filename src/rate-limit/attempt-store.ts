import type { Store } from '@envelop/rate-limiter';
import { LRUCache } from 'lru-cache';

interface Identity {
  readonly contextIdentity: string;
}

/** Attempts that are kept for each IP, on average, when there are as many IPs as fit. */
const ATTEMPTS_PER_IP = 16;

/**
 * The log of attempts of each IP, for @envelop/rate-limiter: one log an IP, whichever field was called. It keeps the most
 * recent ones, at most `capacity` logs of 16 attempts on average, so that a flood of addresses costs a bounded amount of
 * memory and every write the same time. It is synchronous: between reading and writing nothing else runs.
 */
export class AttemptStore implements Store {
  readonly #logs: LRUCache<string, readonly number[]>;

  constructor(capacity = 131_072) {
    this.#logs = new LRUCache({
      max: capacity,
      maxSize: capacity * (1 + ATTEMPTS_PER_IP),
      sizeCalculation: (timestamps) => 1 + timestamps.length,
    });
  }

  /** How many logs are kept. */
  get size(): number {
    return this.#logs.size;
  }

  /** Epoch milliseconds of the attempts of an identity, oldest first. */
  getForIdentity({ contextIdentity }: Identity): readonly number[] {
    return this.#logs.get(contextIdentity) ?? [];
  }

  setForIdentity({ contextIdentity }: Identity, timestamps: readonly number[]): void {
    this.#logs.set(contextIdentity, timestamps);
  }
}
