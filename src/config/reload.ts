import type { Log } from '../observability/log.js';
import { describeError } from '../observability/unexpected-error.js';
import { ConfigError, formatDiagnostic } from './diagnostics.js';
import { FileStamps } from './file-stamps.js';

export interface ReloaderOptions<Config> {
  /** The name of the configuration in the log. */
  readonly path: string;
  /**
   * @param onRead is called with each file before it is read
   * @throws ConfigError
   */
  load(onRead: (path: string) => void): Config;
  /** Takes over a whole configuration, or throws and keeps the previous one. */
  apply(config: Config): Promise<void>;
  readonly log: Log;
}

export interface Reloader<Config> {
  /**
   * Loads the configuration for the start.
   *
   * @throws ConfigError
   */
  load(): Config;
  /** Loads and applies the configuration, changed or not. Never rejects: a failure is logged and changes nothing. */
  reload(): Promise<void>;
  /**
   * Reloads when a file that the last load has read is another one, and two calls in a row have found it the same, so that a
   * half-written file is not loaded. It looks at each file rather than watch folders, which misses links that change.
   */
  poll(): Promise<void>;
}

/** Creates the reloader of a configuration and of the files that it names. Reloads run one after the other. */
export function createReloader<Config>({ path, load, apply, log }: ReloaderOptions<Config>): Reloader<Config> {
  let loaded = new FileStamps();
  let seen = loaded;
  let last: Promise<void> = Promise.resolve();

  function loadRecorded(): Config {
    loaded = new FileStamps();
    seen = loaded;
    return load((file) => loaded.record(file));
  }

  async function reloadOnce(): Promise<void> {
    try {
      await apply(loadRecorded());
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
    last = last.then(reloadOnce);
    return last;
  }

  return {
    load: loadRecorded,
    reload,
    async poll() {
      await last;
      const now = loaded.again();
      const isSettled = now.equals(seen);
      seen = now;
      if (isSettled && !now.equals(loaded)) await reload();
    },
  };
}
