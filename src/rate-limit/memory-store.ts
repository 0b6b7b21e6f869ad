import type { BucketStore, TakeResult } from './bucket-store.js';
import { type Bucket, type BucketLimit, fullAt, peek, type RateLimitStatus, takeAll } from './token-bucket.js';

const SLOTS = 4096;
/** One decision drops at most this many full buckets, so that no request pays for the cleanup of a flood. */
const SWEEP = 256;

/** A link of a circular list. The list itself is the link before its first entry. */
interface Link {
  previous: Link;
  next: Link;
}

/** A bucket and its position in a list. */
interface Entry extends Link {
  readonly key: string;
  debt: number;
  at: number;
}

/**
 * Buckets in the memory of this process, in a timing wheel ordered by when they are full again. Forgets full buckets; over
 * capacity, evicts the bucket that is closest to full. The cost of a decision does not depend on the number of buckets.
 */
export class MemoryStore implements BucketStore {
  readonly limits: readonly BucketLimit[];
  readonly #now: () => number;
  readonly #capacity: number;
  /** Milliseconds per slot. The whole wheel covers the longest time that an empty bucket takes to fill. */
  readonly #slotMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #wheel = Array.from({ length: SLOTS }, emptyList);
  /** Full buckets that are not dropped yet. */
  readonly #full = emptyList();
  /** The current slot, counted from the epoch. It never goes back, even if the clock does. */
  #hand: number;
  /** A lower bound for the first slot that holds a bucket. */
  #first: number;

  /** @param capacity the most buckets to keep, of all limits together */
  constructor(limits: readonly BucketLimit[], now: () => number, capacity = 1_000_000) {
    this.limits = limits;
    this.#now = now;
    this.#capacity = capacity;
    const span = Math.max(...limits.map((limit) => fullAt({ debt: limit.burst * 60_000, at: 0 }, limit)));
    this.#slotMs = Math.max(1, Math.ceil(span / (SLOTS - 2)));
    this.#hand = Math.floor(now() / this.#slotMs);
    this.#first = this.#hand;
  }

  /** The number of buckets. */
  get size(): number {
    return this.#entries.size;
  }

  take(keys: readonly string[]): TakeResult {
    const nowMs = this.#now();
    this.#advance(nowMs);
    const buckets = keys.map((key) => this.#entries.get(key));
    const decisions = takeAll(buckets, nowMs, this.limits);
    for (const [index, { bucket }] of decisions.entries()) {
      this.#store(keys[index] as string, bucket, this.limits[index] as BucketLimit);
    }
    while (this.#entries.size > this.#capacity) this.#forget(this.#nearestToFull());
    return { allowed: decisions.every(({ allowed }) => allowed), statuses: decisions.map(({ status }) => status) };
  }

  peek(keys: readonly string[]): RateLimitStatus[] {
    const nowMs = this.#now();
    this.#advance(nowMs);
    return this.limits.map((limit, index) => peek(this.#entries.get(keys[index] as string), nowMs, limit));
  }

  /** Moves the wheel up to now, and drops up to SWEEP full buckets. */
  #advance(nowMs: number): void {
    const current = Math.floor(nowMs / this.#slotMs);
    for (let slot = Math.max(this.#hand, current - SLOTS); slot < current; slot++)
      moveAll(this.#slot(slot), this.#full);
    this.#hand = Math.max(this.#hand, current);
    for (let dropped = 0; dropped < SWEEP && !isEmpty(this.#full); dropped++) this.#forget(this.#full.next as Entry);
  }

  /** Stores a bucket in the slot of the time when it is full again. A full one that is not known needs no entry. */
  #store(key: string, { debt, at }: Bucket, limit: BucketLimit): void {
    let entry = this.#entries.get(key);
    if (entry) {
      unlink(entry);
      entry.debt = debt;
      entry.at = at;
    } else {
      if (debt === 0) return;
      entry = { key, debt, at, previous: this.#full, next: this.#full };
      this.#entries.set(key, entry);
    }
    const slot = Math.max(this.#hand, Math.floor(fullAt(entry, limit) / this.#slotMs));
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

/** Moves all entries of a list to the end of another. */
function moveAll(from: Link, onto: Link): void {
  if (isEmpty(from)) return;
  from.next.previous = onto.previous;
  onto.previous.next = from.next;
  from.previous.next = onto;
  onto.previous = from.previous;
  from.next = from;
  from.previous = from;
}
