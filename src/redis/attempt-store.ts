import { type AttemptIdentity, AttemptStore, type SharedAttemptStore } from '../rate-limit/attempt-store.js';
import { COUNTED_SECONDS, RESERVE_ATTEMPTS } from './attempt-script.js';
import { KEY_PREFIX, type RedisCommands } from './commands.js';
import { fallBack } from './fallback.js';

const WINDOW_MS = 60_000;

/**
 * The attempts of addresses in Redis, for @envelop/rate-limiter. The library reads, decides and writes; between its read
 * and its write, other processes would read the same. So `getForIdentity` already counts the attempts, where there is
 * room, in one script and one round trip; the library decides by the number that was there before, which is the decision
 * of the script; `setForIdentity` has nothing left to do. The limit is exact over all processes and requests in flight.
 *
 * An attempt counts for 60 to 61 seconds. What Redis refused is remembered: the attempts of that address are refused
 * without asking again, until the remembered ones leave room. A flood costs Redis nothing.
 */
export class RedisAttemptStore implements SharedAttemptStore {
  readonly #commands: RedisCommands;
  readonly #now: () => number;
  /** What this process knows: the logs that Redis refused with, and its own attempts while Redis was away. */
  readonly #known: AttemptStore;
  readonly #countsAlone: boolean;

  /** @param options.countsAlone whether this process counts by itself while Redis is not available */
  constructor({
    commands,
    now,
    countsAlone,
  }: {
    readonly commands: RedisCommands;
    readonly now: () => number;
    readonly countsAlone: boolean;
  }) {
    this.#commands = commands;
    this.#now = now;
    this.#known = new AttemptStore(now);
    this.#countsAlone = countsAlone;
  }

  readAttempts(key: string): readonly number[] {
    return this.#known.readAttempts(key);
  }

  async getForIdentity({ contextIdentity: key, fieldIdentity }: AttemptIdentity): Promise<readonly number[]> {
    const { count, max } = parseFieldIdentity(fieldIdentity);
    const known = this.#readCounted(key);
    if (known.length + count > max) return countNow(known.length);
    try {
      const args = [String(count), String(max)];
      const reply = await RESERVE_ATTEMPTS.run(this.#commands, [`${KEY_PREFIX}:attempts:{${key}}`], args);
      const [counted = 0, nowMs, ...log] = (Array.isArray(reply) ? reply : []).map(Number);
      if (nowMs !== undefined) this.#known.writeAttempts(key, expandLog(log, this.#now() - nowMs));
      return countNow(counted);
    } catch (error) {
      return fallBack(error, this.#countsAlone ? this.#known : undefined, (store) => {
        const before = this.#readCounted(key);
        if (before.length + count <= max) store.writeAttempts(key, [...before, ...Array(count).fill(this.#now())]);
        return countNow(before.length);
      });
    }
  }

  setForIdentity(): void {}

  #readCounted(key: string): readonly number[] {
    const startMs = this.#now() - WINDOW_MS;
    return this.#known.readAttempts(key).filter((attemptMs) => attemptMs > startMs);
  }
}

/** So many attempts that the library counts as of this moment. */
function countNow(count: number): readonly number[] {
  return Array(count).fill(Date.now());
}

/**
 * The attempts of a log, in epoch milliseconds of the clock of this process, oldest first. They are the times after which
 * an attempt counts for a minute here as it does in Redis.
 */
function expandLog(log: readonly number[], aheadMs: number): readonly number[] {
  const attempts: number[] = [];
  for (let index = 0; index < log.length; index += 2) {
    const countsFromMs = ((log[index] as number) + COUNTED_SECONDS) * 1000 - WINDOW_MS + aheadMs;
    attempts.push(...Array<number>(log[index + 1] as number).fill(countsFromMs));
  }
  return attempts.sort((a, b) => a - b);
}

function parseFieldIdentity(fieldIdentity: string): { readonly count: number; readonly max: number } {
  const [, count, max] = fieldIdentity.split(':').map(Number);
  return { count: count ?? 1, max: max ?? 1 };
}
