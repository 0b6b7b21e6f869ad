import type { BucketLimit } from '../../src/rate-limit/token-bucket.js';

/** Content is counted in 60,000ths of a token, so that a millisecond drips a whole number of them. */
const TOKEN = 60_000n;

/**
 * A token bucket, slow and obviously right: it remembers every request that it granted and works out what it holds from
 * the beginning, in exact integers, whenever it is asked. While the clock is behind where it has been, time stands still.
 */
export class SlowBucket {
  /** Epoch milliseconds. */
  readonly #granted: number[] = [];
  readonly #limit: BucketLimit;
  #latest = 0;

  constructor(limit: BucketLimit) {
    this.#limit = limit;
  }

  take(now: number): boolean {
    return takeFromAll([this], now);
  }

  /** Notes what the clock shows, and whether a request is granted then. */
  note(now: number, granted: boolean): void {
    this.#latest = Math.max(this.#latest, now);
    if (granted) this.#granted.push(this.#latest);
  }

  /** Whether it holds that many tokens when the clock shows that time, if nothing is taken until then. */
  holds(tokens: number, clock: number): boolean {
    const time = Math.max(this.#latest, clock);
    const size = BigInt(this.#limit.burst) * TOKEN;
    let content = size;
    let at = 0;
    const dripUntil = (next: number) => {
      content += BigInt(next - at) * BigInt(this.#limit.refillPerMinute);
      if (content > size) content = size;
      at = next;
    };
    for (const granted of this.#granted) {
      dripUntil(granted);
      content -= TOKEN;
    }
    dripUntil(time);
    return content >= BigInt(tokens) * TOKEN;
  }
}

/** Takes one token from each of the buckets, or none from any of them when one is empty. */
export function takeFromAll(buckets: readonly SlowBucket[], now: number): boolean {
  const allowed = buckets.every((bucket) => bucket.holds(1, now));
  for (const bucket of buckets) bucket.note(now, allowed);
  return allowed;
}
