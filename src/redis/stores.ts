import { RefusedRefreshTokens } from '../delegation/refused-refresh-tokens.js';
import { UsedAssertions } from '../delegation/used-assertions.js';
import type { Log } from '../observability/log.js';
import type { BucketStore } from '../rate-limit/bucket-store.js';
import { MemoryStore } from '../rate-limit/memory-store.js';
import { RedisAttemptStore } from './attempt-store.js';
import { RedisBucketStore } from './bucket-store.js';
import type { Availability } from './commands.js';
import { openRedis, type RedisSettings } from './open.js';
import { RedisRefusedRefreshTokens } from './refused-refresh-tokens.js';
import { RedisUsedAssertions } from './used-assertions.js';

export interface RedisStoresOptions {
  /** Epoch milliseconds, for what this process decides by itself. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Whether the process decides by itself while Redis is not available (`allow_local`). */
  readonly decidesAlone: boolean;
}

/**
 * Connects to Redis and keeps everything there that processes share. Waits for the first attempt to connect, whether or not
 * it succeeds.
 */
export async function openRedisStores(settings: RedisSettings, { now, log, decidesAlone }: RedisStoresOptions) {
  const commands = openRedis(settings, logChanges(log, decidesAlone));
  await commands.firstAttempt;
  return {
    attempts: new RedisAttemptStore({ commands, now, countsAlone: decidesAlone }),
    usedAssertions: new RedisUsedAssertions(commands, decidesAlone ? new UsedAssertions() : undefined),
    refusedTokens: new RedisRefusedRefreshTokens(commands, new RefusedRefreshTokens(now), decidesAlone),
    createBuckets: (limits: BucketStore['limits']) =>
      new RedisBucketStore({ commands, limits, local: decidesAlone ? new MemoryStore(limits, now) : undefined }),
    readHealth() {
      const { availability } = commands;
      if (availability.status === 'ok') return { status: 'ok' } as const;
      const isUsable = decidesAlone || availability.status === 'partial';
      return { status: isUsable ? 'degraded' : 'unavailable', reason: `Redis ${availability.reason}` } as const;
    },
    close: () => commands.close(),
  };
}

function logChanges(log: Pick<Log, 'info' | 'warn'>, decidesAlone: boolean): (availability: Availability) => void {
  return (availability) => {
    if (availability.status === 'ok') log.info({ store: 'redis' }, 'the store is available');
    else {
      const { reason } = availability;
      const onFailure = decidesAlone ? 'allow_local' : 'deny';
      log.warn({ store: 'redis', reason: `Redis ${reason}`, onFailure }, 'the store is not available');
    }
  };
}
