import { readFileSync } from 'node:fs';
import { describeError, type Log } from '../observability/log.js';
import { ConfigError, formatFault } from './faults.js';

export interface ReloaderOptions<Config> {
  readonly path: string;
  /** @throws ConfigError */
  load(): Config;
  /** Takes a configuration whole, or throws and keeps the one before. */
  apply(config: Config): Promise<void>;
  readonly log: Log;
}

export interface Reloader {
  /** Reads the configuration again, whatever it is now. Never rejects: what is wrong is logged, and nothing changes. */
  reload(): Promise<void>;
  /**
   * Looks whether the file has changed, and reloads once two looks have seen the same new text: a file that is half
   * written is not taken. Reading it, rather than watching its folder, also sees what replaces it through a link.
   */
  poll(): Promise<void>;
}

/** Keeps a running gateway and its configuration file together. One reload is done before the next begins. */
export function createReloader<Config>({ path, load, apply, log }: ReloaderOptions<Config>): Reloader {
  let seen = readText(path);
  let taken = seen;
  let last: Promise<void> = Promise.resolve();

  async function once(): Promise<void> {
    try {
      await apply(load());
      log.info({ config: path }, 'configuration reloaded');
    } catch (error) {
      const why =
        error instanceof ConfigError ? { faults: error.faults.map(formatFault) } : { error: describeError(error) };
      log.error({ config: path, ...why }, 'configuration not reloaded');
    }
  }

  function reload(): Promise<void> {
    taken = readText(path);
    last = last.then(once);
    return last;
  }

  return {
    reload,
    async poll() {
      const text = readText(path);
      const settled = text === seen;
      seen = text;
      if (settled && text !== taken) await reload();
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
