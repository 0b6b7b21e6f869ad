import type { Reply } from './link.js';

/** Whether commands can be sent. The reason follows "Redis" and names no address. */
export type Availability =
  | { readonly status: 'ok' }
  /** Some nodes of a cluster are not available, so that some keys are not. */
  | { readonly status: 'partial'; readonly reason: string }
  | { readonly status: 'down'; readonly reason: string };

/** A Redis, a cluster, or the Redis that sentinels name: takes commands for a key and sends them at once. */
export interface RedisCommands {
  /**
   * Sends a command to where its keys are.
   *
   * @param key one of its keys; all of them have the same hash tag
   * @throws RedisReplyError for an answer that is an error, StoreUnavailableError at once while there is no connection, and
   *   when there is no answer; then the command may have been executed
   */
  send(key: string, args: readonly string[]): Promise<Reply>;
  readonly availability: Availability;
  /** Settles when the first attempt to connect has succeeded or failed. */
  readonly firstAttempt: Promise<void>;
  /** Waits for the answers to what was sent, and connects no more. */
  close(): Promise<void>;
}

/** What all keys begin with, so that a gateway can share a Redis with other applications. */
export const KEY_PREFIX = 'delegation-gateway';

/** A command that fails where a Redis takes no writes: a replica, a full memory, a disk that a snapshot cannot be saved to. */
export function buildProbe(key = `${KEY_PREFIX}:probe`): readonly string[] {
  return ['SET', key, '1', 'PX', '60000'];
}
