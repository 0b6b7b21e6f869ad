import { commandDeps } from './deps.js';
import { reloadOnChange } from './hangup.js';
import { announce, waitForStop } from './listen.js';
import { type ServeCommandOptions, startGateway } from './start-gateway.js';

/** Serves in this process until a signal stops it. Returns the exit code. */
export async function serveAlone(options: ServeCommandOptions): Promise<number> {
  const deps = await commandDeps();
  const { server, metricsUrl, config, reloader } = await startGateway(options, deps);
  const stopped = waitForStop();
  const stopPolling = reloadOnChange(reloader);
  announce({ url: server.url, metrics: metricsUrl }, { tenants: config.tenants.length }, options, deps);
  await stopped;
  stopPolling();
  deps.log.info({}, 'stopping');
  await server.close();
  return 0;
}
