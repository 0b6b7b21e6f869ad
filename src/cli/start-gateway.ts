import { isDeepStrictEqual } from 'node:util';
import { type GatewayConfig, loadConfig } from '../config/load.js';
import { createReloader, type Reloader } from '../config/reload.js';
import type { Deps } from '../deps.js';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.js';
import type { RunningServer } from '../server.js';
import { listen } from './listen.js';

export interface ServeCommandOptions {
  /** The file of the configuration. */
  readonly path: string;
  /** In place of `listen.host`. */
  readonly host: string | undefined;
  /** In place of `listen.port`. */
  readonly port: number | undefined;
  /** Whether to print the addresses to standard output as one line of JSON. */
  readonly printsAddresses: boolean;
}

/** Starts the gateway of a configuration and its servers, and prepares reloads. */
export async function startGateway(
  { path, host, port }: ServeCommandOptions,
  deps: Deps,
  gatewayOptions: GatewayOptions = {},
): Promise<{
  server: RunningServer;
  /** Where `/metrics` is; undefined where metrics are off. */
  metricsUrl: string | undefined;
  config: GatewayConfig;
  reloader: Reloader<GatewayConfig>;
}> {
  let gateway: Gateway | undefined;
  const reloader = createReloader({
    path,
    load(onRead) {
      try {
        return loadConfig(path, { onRead });
      } catch (error) {
        gateway?.countFailedReload();
        throw error;
      }
    },
    async apply(next) {
      await gateway?.reload(next);
      const changed = Object.entries(next.settings.listen).filter(
        ([name, value]) => value !== listening[name as 'port'],
      );
      const fields = changed.map(([name]) => `listen.${name}`);
      if (!isDeepStrictEqual(next.settings.metrics, config.settings.metrics)) fields.push('metrics');
      if (fields.length > 0) deps.log.warn({ fields }, 'these changes need a restart');
    },
    log: deps.log,
  });
  const config = reloader.load();
  const listening = config.settings.listen;
  gateway = await createGateway(config, { ...deps, ...gatewayOptions });
  const server = await listen(gateway, {
    host: host ?? listening.host,
    port: port ?? listening.port,
    drainMs: listening.drain_seconds * 1000,
  });
  const metricsServer = await listenForMetrics(gateway, config.settings, server);
  const metricsUrl = metricsServer && `${metricsServer.url}/metrics`;
  if (!metricsServer || metricsServer === server) return { server, metricsUrl, config, reloader };
  const close = async () => {
    await server.close();
    await metricsServer.close();
  };
  return { server: { ...server, close }, metricsUrl, config, reloader };
}

/**
 * Starts the server of metrics where they have an address of their own.
 *
 * @returns the server that has `/metrics`; undefined where metrics are off
 * @throws UsageError when the address is not available; then the gateway is closed
 */
async function listenForMetrics(
  gateway: Gateway,
  { metrics }: GatewayConfig['settings'],
  server: RunningServer,
): Promise<RunningServer | undefined> {
  if (typeof metrics === 'boolean') return metrics ? server : undefined;
  const operations = { answer: gateway.answerOperations, announceStop: () => {}, close: async () => {} };
  try {
    return await listen(operations, metrics, 'metrics.port');
  } catch (error) {
    await server.close();
    throw error;
  }
}
