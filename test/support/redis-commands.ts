import { beforeAll } from 'vitest';
import type { RedisCommands } from '../../src/redis/commands.js';
import { openRedis, type RedisSettings } from '../../src/redis/open.js';
import { atTheEnd } from './at-the-end.js';
import { type RedisServer, startRedis } from './redis-server.js';

/** A connection to Redis that ends with the test, or with the file outside of a test. */
export async function connectRedis(settings: RedisSettings): Promise<RedisCommands> {
  const commands = openRedis(settings, () => {});
  atTheEnd(() => commands.close());
  await commands.firstAttempt;
  return commands;
}

/** Starts a Redis for the tests of a block, and connects to it. */
export function shareRedis(use: (redis: RedisServer, commands: RedisCommands) => void): void {
  beforeAll(async () => {
    const redis = await startRedis();
    const commands = await connectRedis({ url: redis.url });
    use(redis, commands);
    return async () => {
      await commands.close();
      await redis.kill();
    };
  });
}
