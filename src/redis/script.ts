import { createHash } from 'node:crypto';
import type { RedisCommands } from './commands.js';
import { RedisReplyError } from './errors.js';
import type { Reply } from './link.js';

/** A Lua script, which Redis runs as a whole. */
export class Script {
  readonly #source: string;
  readonly #sha1: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha1 = createHash('sha1').update(source).digest('hex');
  }

  /**
   * Runs the script by its hash, in one round trip. A Redis that does not have it (after SCRIPT FLUSH, a restart or a
   * failover) says so without running anything, and then gets the source.
   *
   * @param keys all with the same hash tag
   * @throws as RedisCommands.send
   */
  async run(commands: RedisCommands, keys: readonly [string, ...string[]], args: readonly string[]): Promise<Reply> {
    const parameters = [String(keys.length), ...keys, ...args];
    try {
      return await commands.send(keys[0], ['EVALSHA', this.#sha1, ...parameters]);
    } catch (error) {
      if (!(error instanceof RedisReplyError) || error.code !== 'NOSCRIPT') throw error;
      return commands.send(keys[0], ['EVAL', this.#source, ...parameters]);
    }
  }
}

/** Defines `now` in a script: what the clock of Redis shows, in epoch milliseconds. */
export const READ_REDIS_CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
