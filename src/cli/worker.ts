import { commandDeps } from './deps.js';
import type { FromWorker, ToWorker } from './fleet.js';
import { waitForStop } from './listen.js';
import { type ServeCommandOptions, startGateway } from './start-gateway.js';
import { sharePage } from './worker-metrics.js';

/**
 * Serves as one of several processes. The supervisor tells it when to reload and to stop; when the supervisor is gone, Node
 * ends it. Returns the exit code.
 */
export async function serveAsWorker(options: ServeCommandOptions): Promise<number> {
  const { log, ...deps } = await commandDeps();
  // Of what all workers do the supervisor tells once.
  const quietLog = { info: () => {}, warn: log.warn.bind(log), error: log.error.bind(log) };
  const { server, metricsUrl, reloader } = await startGateway(options, { ...deps, log: quietLog }, { sharePage });
  const told = new Promise<void>((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message === 'reload') void reloader.reload();
      if (message === 'stop') resolve();
    });
  });
  process.send?.({ url: server.url, metricsUrl } satisfies FromWorker);
  await Promise.race([told, waitForStop()]);
  await server.close();
  return 0;
}
