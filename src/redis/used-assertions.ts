import { createHash } from 'node:crypto';
import type { AssertionStore, AssertionUse } from '../delegation/used-assertions.js';
import { KEY_PREFIX, type RedisCommands } from './commands.js';
import { fallBack } from './fallback.js';

/** How much longer than necessary an assertion is remembered: as far as the clocks of the processes may differ. */
const MARGIN_SECONDS = 300;

/** Remembers used assertions in Redis, by a hash, so that each counts once over all processes. */
export class RedisUsedAssertions implements AssertionStore {
  readonly #commands: RedisCommands;
  readonly #local: AssertionStore | undefined;

  /** @param local decides while Redis cannot; undefined where no assertion is accepted then */
  constructor(commands: RedisCommands, local: AssertionStore | undefined) {
    this.#commands = commands;
    this.#local = local;
  }

  async use(...use: Parameters<AssertionStore['use']>): Promise<AssertionUse> {
    const [client, jti, untilSeconds, nowSeconds] = use;
    const hash = createHash('sha256')
      .update(JSON.stringify([...client, jti]))
      .digest('base64url');
    const key = `${KEY_PREFIX}:assertion:${hash}`;
    const seconds = Math.max(1, Math.ceil(untilSeconds - nowSeconds)) + MARGIN_SECONDS;
    try {
      const reply = await this.#commands.send(key, ['SET', key, '1', 'NX', 'PX', String(seconds * 1000)]);
      return reply === null ? 'replayed' : 'first';
    } catch (error) {
      return fallBack(error, this.#local, (local) => local.use(...use));
    }
  }
}
