import { type GatewayConfig, loadConfig } from '../config/load.js';
import { createReloader, type Reloader } from '../config/reload.js';
import type { Deps } from '../deps.js';
import { createGateway } from '../gateway.js';
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

/** Starts the gateway of a configuration and its server, and prepares reloads. */
export async function startGateway(
  { path, host, port }: ServeCommandOptions,
  deps: Deps,
): Promise<{ server: RunningServer; config: GatewayConfig; reloader: Reloader<GatewayConfig> }> {
  const reloader = createReloader({
    path,
    load: (onRead) => loadConfig(path, { onRead }),
    async apply(next) {
      await gateway.reload(next);
      const changed = Object.entries(next.settings.listen).filter(
        ([name, value]) => value !== listening[name as 'port'],
      );
      const fields = changed.map(([name]) => `listen.${name}`);
      if (fields.length > 0) deps.log.warn({ fields }, 'changes of listen need a restart');
    },
    log: deps.log,
  });
  const config = reloader.load();
  const listening = config.settings.listen;
  const gateway = await createGateway(config, deps);
  const server = await listen(gateway, {
    host: host ?? listening.host,
    port: port ?? listening.port,
    drainMs: listening.drain_seconds * 1000,
  });
  return { server, config, reloader };
}
