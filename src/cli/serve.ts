import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { type Command, parsePort, UsageError } from './command.js';

export const serveCommand: Command = {
  help: `Usage: delegation-gateway serve [gateway.yaml] [--host HOST] [--port PORT] [--workers N] [--json]

Runs the gateway. Logs go to standard error, one JSON object per line, or as text on a terminal.

  --config FILE   the configuration, which can also be the argument (default: gateway.yaml)
  --host HOST     overrides listen.host of the configuration
  --port PORT     overrides listen.port of the configuration; 0 takes any free port
  --workers N     run N processes on one port; auto: one for each processor. More than one need
                  rate_limit.store to be a Redis (default: 1)
  --json          print one line of JSON with the addresses to standard output when it is ready

The configuration is applied again within seconds when it or a file that it names has changed, and on
SIGHUP at once. If it has an error, nothing of it is applied. Changes of listen and metrics need a restart.
SIGINT and SIGTERM make /readyz answer 503; after listen.drain_seconds the gateway stops listening, sends
the responses that have begun, and exits with 0. A second signal ends it at once.

LOG_LEVEL is trace, debug, info (default), warn, error, fatal or silent. Audit events are always written.
`,
  takesConfig: true,
  options: {
    config: { type: 'string', short: 'c' },
    host: { type: 'string' },
    port: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run({ config, host, port, workers, json }) {
    const count = parseWorkers(workers);
    const options = {
      path: typeof config === 'string' ? config : 'gateway.yaml',
      host: typeof host === 'string' ? host : undefined,
      port: parsePort(port),
      printsAddresses: json === true,
    };
    if (cluster.isWorker) return (await import('./worker.js')).serveAsWorker(options);
    if (count > 1) return (await import('./workers.js')).superviseWorkers(options, count);
    return (await import('./serve-alone.js')).serveAlone(options);
  },
};

const MAX_WORKERS = 256;

/** @throws UsageError for anything but `auto` and a whole number from 1 to 256 */
function parseWorkers(text: string | boolean | undefined): number {
  if (typeof text !== 'string') return 1;
  if (text === 'auto') return availableParallelism();
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > MAX_WORKERS) {
    throw new UsageError(`--workers must be auto or a whole number from 1 to ${MAX_WORKERS}`);
  }
  return count;
}
