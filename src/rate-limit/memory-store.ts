import type { RateLimitFigures } from '../errors.js';
import type { BucketStore, Outcome } from './store.js';
import { type Bucket, type BucketLimit, fullAt, peek, take } from './token-bucket.js';

const SLOTS = 4096;

/** A bucket, and its neighbours in the list of its slot. */
interface Entry {
  readonly key: string;
  bucket: Bucket;
  slot: number;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/**
 * Buckets in the memory of this process. They hang on a wheel by the time at which they are full again: a bucket whose
 * time has come is forgotten, and when there are too many, the one that is nearest to full goes first. Every decision
 * costs the same, however many buckets there are.
 */
export class MemoryStore implements BucketStore {
  readonly #limit: BucketLimit;
  readonly #now: () => number;
  readonly #capacity: number;
  /** Milliseconds that a slot stands for; the whole wheel spans what the emptiest bucket takes to fill. */
  readonly #slotMs: number;
  readonly #entries = new Map<string, Entry>();
  /** The first entry of each slot's list. */
  readonly #wheel = new Array<Entry | undefined>(SLOTS);
  /** The first slot, counted from the epoch, that may still hold a bucket. */
  #hand: number;

  /** @param capacity the most buckets that are kept */
  constructor(limit: BucketLimit, now: () => number, capacity = 1_000_000) {
    this.#limit = limit;
    this.#now = now;
    this.#capacity = capacity;
    const span = fullAt({ debt: limit.burst * 60_000, at: 0 }, limit);
    this.#slotMs = Math.max(1, Math.ceil(span / (SLOTS - 2)));
    this.#hand = Math.floor(now() / this.#slotMs);
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#entries.size;
  }

  take(key: string): Outcome {
    const now = this.#now();
    this.#forgetFull(now);
    const known = this.#entries.get(key);
    const { allowed, bucket, figures } = take(known?.bucket, now, this.#limit);
    if (known) this.#unlink(known);
    else if (this.#entries.size >= this.#capacity) this.#forgetNearestToFull();
    const slot = Math.max(this.#hand, Math.floor(fullAt(bucket, this.#limit) / this.#slotMs));
    this.#link(
      known ? Object.assign(known, { bucket, slot }) : { key, bucket, slot, previous: undefined, next: undefined },
    );
    return { allowed, figures };
  }

  peek(key: string): RateLimitFigures {
    return peek(this.#entries.get(key)?.bucket, this.#now(), this.#limit);
  }

  /** Turns the wheel up to now and drops what is full. */
  #forgetFull(now: number): void {
    const current = Math.floor(now / this.#slotMs);
    for (let slot = Math.max(this.#hand, current - SLOTS); slot < current; slot++) {
      for (let entry = this.#wheel[slot % SLOTS]; entry; entry = entry.next) this.#entries.delete(entry.key);
      this.#wheel[slot % SLOTS] = undefined;
    }
    this.#hand = Math.max(this.#hand, current);
  }

  #forgetNearestToFull(): void {
    for (let slot = this.#hand; slot < this.#hand + SLOTS; slot++) {
      const entry = this.#wheel[slot % SLOTS];
      if (!entry) continue;
      this.#unlink(entry);
      this.#entries.delete(entry.key);
      return;
    }
  }

  #link(entry: Entry): void {
    const first = this.#wheel[entry.slot % SLOTS];
    entry.previous = undefined;
    entry.next = first;
    if (first) first.previous = entry;
    this.#wheel[entry.slot % SLOTS] = entry;
    this.#entries.set(entry.key, entry);
  }

  #unlink({ previous, next, slot }: Entry): void {
    if (previous) previous.next = next;
    else this.#wheel[slot % SLOTS] = next;
    if (next) next.previous = previous;
  }
}
