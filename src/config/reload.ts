import type { Log } from '../observability/log.js';
import { describeError } from '../observability/unexpected-error.js';
import { ConfigError, formatDiagnostic } from './diagnostics.js';
import { readConfigText } from './yaml.js';

export interface ReloaderOptions<Config> {
  /** The file to watch. */
  readonly path: string;
  /** @throws ConfigError */
  load(): Config;
  /** Takes over a whole configuration, or throws and keeps the previous one. */
  apply(config: Config): Promise<void>;
  readonly log: Log;
}

export interface Reloader {
  /** Loads and applies the file, changed or not. Never rejects: a failure is logged and changes nothing. */
  reload(): Promise<void>;
  /**
   * Reloads once two calls in a row have seen the same new text, so that a half-written file is not loaded. Reads the
   * file rather than watching its folder, because that also sees a file that is replaced behind a symbolic link.
   */
  poll(): Promise<void>;
}

/** Creates the reloader of a configuration file. Reloads run one after the other. */
export function createReloader<Config>({ path, load, apply, log }: ReloaderOptions<Config>): Reloader {
  let seen = readText(path);
  let loaded = seen;
  let last: Promise<void> = Promise.resolve();

  async function reloadOnce(): Promise<void> {
    try {
      await apply(load());
      log.info({ config: path }, 'configuration reloaded');
    } catch (error) {
      const reason =
        error instanceof ConfigError
          ? { diagnostics: error.diagnostics.map(formatDiagnostic) }
          : { error: describeError(error) };
      log.error({ config: path, ...reason }, 'configuration not reloaded');
    }
  }

  function reload(): Promise<void> {
    loaded = readText(path);
    last = last.then(reloadOnce);
    return last;
  }

  return {
    reload,
    async poll() {
      const text = readText(path);
      const isSettled = text === seen;
      seen = text;
      if (isSettled && text !== loaded) await reload();
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readConfigText(path);
  } catch {
    return undefined;
  }
}
