import type { RedisCommands } from '../../src/redis/commands.js';
import { openRedis, type RedisSettings } from '../../src/redis/open.js';
import { atTheEnd } from './at-the-end.js';

/** A connection to Redis that ends with the test, or with the file outside of a test. */
export async function connectRedis(settings: RedisSettings): Promise<RedisCommands> {
  const commands = openRedis(settings, () => {});
  atTheEnd(() => commands.close());
  await commands.firstAttempt;
  return commands;
}
