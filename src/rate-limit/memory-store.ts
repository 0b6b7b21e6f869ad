import type { RateLimitFigures } from '../errors.js';
import type { BucketStore, Outcome } from './bucket-store.js';
import { type BucketLimit, fullAt, peek, take } from './token-bucket.js';

const SLOTS = 4096;
/** The most full buckets that one decision drops, so that none has to wait for all that a flood left behind. */
const SWEEP = 256;

/** A place in a circular list; a list is a link that stands before its first entry and behind its last. */
interface Link {
  previous: Link;
  next: Link;
}

/** A bucket and its place. */
interface Entry extends Link {
  readonly key: string;
  debt: number;
  at: number;
}

/**
 * Buckets in the memory of this process. They hang on a wheel by the time at which they are full again: a bucket whose
 * time has come is forgotten, and when there are too many, the one that is nearest to full goes first, be it the newest.
 * Every decision costs the same, however many buckets there are.
 */
export class MemoryStore implements BucketStore {
  readonly #limit: BucketLimit;
  readonly #now: () => number;
  readonly #capacity: number;
  /** Milliseconds that a slot stands for; the whole wheel spans what the emptiest bucket takes to fill. */
  readonly #slotMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #wheel = Array.from({ length: SLOTS }, emptyList);
  /** What is full, and not dropped yet. */
  readonly #full = emptyList();
  /** The slot of now, counted from the epoch; a clock that goes back does not turn it back. */
  #hand: number;
  /** No slot before this one holds a bucket. */
  #first: number;

  /** @param capacity the most buckets that are kept */
  constructor(limit: BucketLimit, now: () => number, capacity = 1_000_000) {
    this.#limit = limit;
    this.#now = now;
    this.#capacity = capacity;
    const span = fullAt({ debt: limit.burst * 60_000, at: 0 }, limit);
    this.#slotMs = Math.max(1, Math.ceil(span / (SLOTS - 2)));
    this.#hand = Math.floor(now() / this.#slotMs);
    this.#first = this.#hand;
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#entries.size;
  }

  take(key: string): Outcome {
    const now = this.#now();
    this.#turn(now);
    const known = this.#entries.get(key);
    const { allowed, bucket, figures } = take(known, now, this.#limit);
    if (known) {
      unlink(known);
      known.debt = bucket.debt;
      known.at = bucket.at;
      this.#hang(known);
    } else {
      const entry: Entry = { key, debt: bucket.debt, at: bucket.at, previous: this.#full, next: this.#full };
      this.#entries.set(key, entry);
      this.#hang(entry);
      if (this.#entries.size > this.#capacity) this.#forget(this.#nearestToFull());
    }
    return { allowed, figures };
  }

  peek(key: string): RateLimitFigures {
    const now = this.#now();
    this.#turn(now);
    return peek(this.#entries.get(key), now, this.#limit);
  }

  /** Turns the wheel up to now, and drops of what is full as much as one decision may. */
  #turn(now: number): void {
    const current = Math.floor(now / this.#slotMs);
    for (let slot = Math.max(this.#hand, current - SLOTS); slot < current; slot++)
      moveAll(this.#slot(slot), this.#full);
    this.#hand = Math.max(this.#hand, current);
    for (let dropped = 0; dropped < SWEEP && !isEmpty(this.#full); dropped++) this.#forget(this.#full.next as Entry);
  }

  #hang(entry: Entry): void {
    const slot = Math.max(this.#hand, Math.floor(fullAt(entry, this.#limit) / this.#slotMs));
    append(this.#slot(slot), entry);
    this.#first = Math.min(this.#first, slot);
  }

  #nearestToFull(): Entry {
    if (!isEmpty(this.#full)) return this.#full.next as Entry;
    this.#first = Math.max(this.#first, this.#hand);
    while (isEmpty(this.#slot(this.#first))) this.#first++;
    return this.#slot(this.#first).next as Entry;
  }

  #forget(entry: Entry): void {
    unlink(entry);
    this.#entries.delete(entry.key);
  }

  #slot(slot: number): Link {
    return this.#wheel[slot % SLOTS] as Link;
  }
}

function emptyList(): Link {
  const list = {} as Link;
  list.previous = list;
  list.next = list;
  return list;
}

function isEmpty(list: Link): boolean {
  return list.next === list;
}

function append(list: Link, link: Link): void {
  link.previous = list.previous;
  link.next = list;
  list.previous.next = link;
  list.previous = link;
}

function unlink({ previous, next }: Link): void {
  previous.next = next;
  next.previous = previous;
}

/** Empties a list onto the end of another. */
function moveAll(from: Link, onto: Link): void {
  if (isEmpty(from)) return;
  from.next.previous = onto.previous;
  onto.previous.next = from.next;
  from.previous.next = onto;
  onto.previous = from.previous;
  from.next = from;
  from.previous = from;
}
