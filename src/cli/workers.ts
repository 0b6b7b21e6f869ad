import cluster from 'node:cluster';
import { type GatewayConfig, loadConfig } from '../config/load.js';
import { createReloader } from '../config/reload.js';
import { UsageError } from './command.js';
import { commandDeps } from './deps.js';
import { Fleet } from './fleet.js';
import { reloadOnChange } from './hangup.js';
import { announce, waitForStop } from './listen.js';
import type { ServeCommandOptions } from './start-gateway.js';

/**
 * Serves in several processes on one port. Reloads and stops are for all of them. Returns the exit code: 1 when they could
 * not start, of which one of them has said why.
 *
 * @throws ConfigError, and UsageError when each worker would count limits for itself
 */
export async function superviseWorkers(options: ServeCommandOptions, count: number): Promise<number> {
  const { path } = options;
  const deps = await commandDeps();
  const fleet = new Fleet(deps);
  const reloader = createReloader({
    path,
    load(onRead) {
      const config = loadConfig(path, { onRead });
      requireSharedStore(config, count);
      return config;
    },
    apply: async () => fleet.reload(),
    log: deps.log,
  });
  const { settings, tenants } = reloader.load();
  // A worker that starts later, after `listen` was changed, has to listen on the same port.
  const host = options.host ?? settings.listen.host;
  const port = options.port ?? settings.listen.port;
  // Advanced: metrics may be infinite, which JSON cannot say.
  cluster.setupPrimary({
    serialization: 'advanced',
    args: ['serve', '--config', path, '--host', host, '--port', String(port)],
  });
  const stopped = waitForStop();
  const urls = await fleet.start(count);
  if (urls) {
    const stopPolling = reloadOnChange(reloader);
    announce({ url: urls.url, metrics: urls.metricsUrl }, { tenants: tenants.length, workers: count }, options, deps);
    await stopped;
    stopPolling();
    deps.log.info({}, 'stopping');
  }
  await fleet.stop();
  return urls ? 0 : 1;
}

/** @throws UsageError */
function requireSharedStore({ settings }: GatewayConfig, workers: number): void {
  if (settings.rate_limit.store !== 'memory') return;
  throw new UsageError(
    `rate_limit.store is memory: each of ${workers} workers would count for itself, and a user would have ${workers} times the limit. Configure a Redis, or run one worker.`,
  );
}
