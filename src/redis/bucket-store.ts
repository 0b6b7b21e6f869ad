import type { BucketStore, TakeResult } from '../rate-limit/bucket-store.js';
import { type Bucket, type BucketLimit, peek, type RateLimitStatus } from '../rate-limit/token-bucket.js';
import { type BucketScripts, createBucketScripts } from './bucket-scripts.js';
import { KEY_PREFIX, type RedisCommands } from './commands.js';
import { StoreUnavailableError } from './errors.js';
import { fallBack } from './fallback.js';
import type { Reply } from './link.js';

export interface RedisBucketStoreOptions {
  readonly commands: RedisCommands;
  readonly limits: readonly BucketLimit[];
  /** Decides while Redis cannot; undefined where nothing is granted then. */
  readonly local: BucketStore | undefined;
  readonly scripts?: BucketScripts;
}

/**
 * Buckets in Redis, which several processes share. One script decides all buckets of a call on the clock of Redis, so the
 * clocks of the processes do not matter. While that clock is behind where it has been, a bucket holds less than it did;
 * it never grants more.
 *
 * What Redis grants is also taken from the local buckets, so that a user who has used up his bucket before Redis fails
 * gets as much of a process as that process has not granted him: processes × burst is the most.
 */
export class RedisBucketStore implements BucketStore {
  readonly limits: readonly BucketLimit[];
  readonly #commands: RedisCommands;
  readonly #local: BucketStore | undefined;
  readonly #scripts: BucketScripts;
  readonly #limitArgs: readonly string[];

  constructor({ commands, limits, local, scripts = createBucketScripts() }: RedisBucketStoreOptions) {
    this.limits = limits;
    this.#commands = commands;
    this.#local = local;
    this.#scripts = scripts;
    this.#limitArgs = limits.flatMap(({ burst, refillPerMinute }) => [String(burst), String(refillPerMinute)]);
  }

  async take(keys: readonly string[]): Promise<TakeResult> {
    try {
      const reply = await this.#scripts.take.run(this.#commands, this.#toRedisKeys(keys), this.#limitArgs);
      const [allowed, ...rest] = requireReply(reply, keys.length + 2);
      if (allowed === 1) await this.#local?.take(keys);
      return { allowed: allowed === 1, statuses: this.#readStatuses(rest) };
    } catch (error) {
      return fallBack(error, this.#local, (local) => local.take(keys));
    }
  }

  async peek(keys: readonly string[]): Promise<readonly RateLimitStatus[]> {
    try {
      const reply = await this.#scripts.peek.run(this.#commands, this.#toRedisKeys(keys), []);
      return this.#readStatuses(requireReply(reply, keys.length + 1));
    } catch (error) {
      return fallBack(error, this.#local, (local) => local.peek(keys));
    }
  }

  /**
   * The shortest key, with which the others begin, is the hash tag of all, so that a cluster keeps them together. The limit
   * is part of the key: a bucket counts in ticks of its rate.
   */
  #toRedisKeys(keys: readonly string[]): [string, ...string[]] {
    const tag = keys.reduce((shortest, key) => (key.length < shortest.length ? key : shortest));
    const [first, ...others] = keys.map((key, index) => {
      if (!key.startsWith(tag)) throw new TypeError('The keys of one call must begin with the shortest of them');
      const { burst, refillPerMinute } = this.limits[index] as BucketLimit;
      return `${KEY_PREFIX}:bucket:{${tag}}${key.slice(tag.length)}:${burst}:${refillPerMinute}`;
    });
    return [first as string, ...others];
  }

  #readStatuses([now, ...buckets]: readonly Reply[]): RateLimitStatus[] {
    const nowMs = Number(now);
    return this.limits.map((limit, index) => peek(parseBucket(buckets[index]), { nowMs, latestMs: nowMs }, limit));
  }
}

function parseBucket(reply: Reply | undefined): Bucket | undefined {
  return reply === '' ? undefined : Number(reply);
}

/** @throws StoreUnavailableError when a reply is not a list of that length */
function requireReply(reply: Reply, length: number): readonly Reply[] {
  if (Array.isArray(reply) && reply.length === length) return reply;
  throw new StoreUnavailableError('gave an answer of another form');
}
