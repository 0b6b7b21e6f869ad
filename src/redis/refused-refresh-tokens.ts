import { REFUSED_MS, type RefusedTokenStore } from '../delegation/refused-refresh-tokens.js';
import { KEY_PREFIX, type RedisCommands } from './commands.js';
import { fallBack } from './fallback.js';

/** Remembers the hashes of refused refresh tokens in Redis for a minute, and in the process that heard the refusal. */
export class RedisRefusedRefreshTokens implements RefusedTokenStore {
  readonly #commands: RedisCommands;
  readonly #own: RefusedTokenStore;
  readonly #decidesAlone: boolean;

  /** @param decidesAlone whether the refusals that this process heard are enough while Redis is not available */
  constructor(commands: RedisCommands, own: RefusedTokenStore, decidesAlone: boolean) {
    this.#commands = commands;
    this.#own = own;
    this.#decidesAlone = decidesAlone;
  }

  /** Its caller is refused in any case, so that a Redis that does not answer changes nothing. */
  async rememberRefused(hash: string): Promise<void> {
    await this.#own.rememberRefused(hash);
    const key = toKey(hash);
    try {
      await this.#commands.send(key, ['SET', key, '1', 'PX', String(REFUSED_MS)]);
    } catch (error) {
      fallBack(error, this.#own, () => {});
    }
  }

  async isRefused(hash: string): Promise<boolean> {
    if (await this.#own.isRefused(hash)) return true;
    const key = toKey(hash);
    try {
      return (await this.#commands.send(key, ['GET', key])) !== null;
    } catch (error) {
      return fallBack(error, this.#decidesAlone ? this.#own : undefined, () => false);
    }
  }
}

function toKey(hash: string): string {
  return `${KEY_PREFIX}:refused-refresh-token:${hash}`;
}
