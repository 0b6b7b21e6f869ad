import type { Store } from '@envelop/rate-limiter';
import { LRUCache } from 'lru-cache';

interface Identity {
  readonly contextIdentity: string;
}

/**
 * The log of attempts of each IP, for @envelop/rate-limiter: one log an IP, whichever field was called. It keeps the most
 * recent `capacity` of them, so that a flood of addresses costs a bounded amount of memory and every write the same time.
 * It is synchronous: between reading and writing nothing else runs.
 */
export class AttemptStore implements Store {
  readonly #logs: LRUCache<string, readonly number[]>;

  constructor(capacity = 131_072) {
    this.#logs = new LRUCache({ max: capacity });
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
