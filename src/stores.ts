import type { GatewaySettings } from './config/schema.js';
import { RefusedRefreshTokens, type RefusedTokenStore } from './delegation/refused-refresh-tokens.js';
import { type AssertionStore, UsedAssertions } from './delegation/used-assertions.js';
import type { Deps } from './deps.js';
import type { Health } from './endpoints/health.js';
import { AttemptStore, type SharedAttemptStore } from './rate-limit/attempt-store.js';
import type { BucketStore } from './rate-limit/bucket-store.js';
import { MemoryStore } from './rate-limit/memory-store.js';

/** What a gateway remembers of requests, in one place: its memory, or a Redis that it shares with other processes. */
export interface Stores {
  readonly attempts: SharedAttemptStore;
  readonly usedAssertions: AssertionStore;
  readonly refusedTokens: RefusedTokenStore;
  createBuckets(limits: BucketStore['limits']): BucketStore;
  /** Reads what is known already. */
  readHealth(): Health;
  /** Ends connections after the answers to what was sent. */
  close(): Promise<void>;
}

/** Opens the stores of a configuration. What Redis needs is loaded only for a configuration that uses it. */
export async function openStores(
  { store, on_store_failure }: Pick<GatewaySettings['rate_limit'], 'store' | 'on_store_failure'>,
  { now, log }: Pick<Deps, 'now' | 'log'>,
): Promise<Stores> {
  if (store !== 'memory') {
    const { openRedisStores } = await import('./redis/stores.js');
    return openRedisStores(store, { now, log, decidesAlone: on_store_failure === 'allow_local' });
  }
  return {
    attempts: new AttemptStore(now),
    usedAssertions: new UsedAssertions(),
    refusedTokens: new RefusedRefreshTokens(now),
    createBuckets: (limits) => new MemoryStore(limits, now),
    readHealth: () => ({ status: 'ok' }),
    close: async () => {},
  };
}
