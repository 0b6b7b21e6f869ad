import { afterAll } from 'vitest';
import type { RedisCommands } from '../../src/redis/commands.js';
import { openRedis, type RedisSettings } from '../../src/redis/open.js';

/** A connection to Redis that ends with the test file. */
export async function connectRedis(settings: RedisSettings): Promise<RedisCommands> {
  const commands = openRedis(settings, () => {});
  afterAll(() => commands.close());
  await commands.firstAttempt;
  return commands;
}
