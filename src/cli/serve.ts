import { loadConfig } from '../config/load.js';
import { createReloader } from '../config/reload.js';
import { systemDeps } from '../deps.js';
import { createGateway } from '../gateway.js';
import { type Command, parsePort } from './command.js';
import { buildAddresses, listen, waitForStop } from './listen.js';

/** How often the configuration is read; a change is applied when two reads in a row find the same text. */
const POLL_MS = 1_000;

export const serveCommand: Command = {
  help: `Usage: delegation-gateway serve [--config gateway.yaml] [--host HOST] [--port PORT] [--json]

Runs the gateway. Logs go to standard error, one JSON object per line.

  --config FILE   the configuration (default: gateway.yaml)
  --host HOST     overrides listen.host of the configuration
  --port PORT     overrides listen.port of the configuration; 0 takes any free port
  --json          print one line of JSON with the addresses to standard output when it is ready

A changed configuration is applied within seconds, and on SIGHUP at once (for new secrets in files). If it
has an error, nothing of it is applied. Changes of listen need a restart. SIGINT and SIGTERM stop the
gateway after it has sent the responses that have begun.
`,
  options: {
    config: { type: 'string', short: 'c' },
    host: { type: 'string' },
    port: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values) {
    const port = parsePort(values.port);
    const path = typeof values.config === 'string' ? values.config : 'gateway.yaml';
    const deps = systemDeps();
    const load = () => loadConfig(path);
    const reloader = createReloader({ path, load, apply: (next) => gateway.reload(next), log: deps.log });
    const config = load();
    const gateway = await createGateway(config, deps);
    const host = typeof values.host === 'string' ? values.host : config.settings.listen.host;
    const { listen: settings } = config.settings;
    const drainMs = settings.drain_seconds * 1000;
    const server = await listen(gateway, { host, port: port ?? settings.port, drainMs });
    const stopped = waitForStop();
    process.on('SIGHUP', () => void reloader.reload());
    const timer = setInterval(() => void reloader.poll(), POLL_MS);
    if (values.json) process.stdout.write(`${JSON.stringify(buildAddresses(server.url))}\n`);
    deps.log.info({ ...buildAddresses(server.url), tenants: config.tenants.length }, 'listening');
    await stopped;
    clearInterval(timer);
    deps.log.info({}, 'stopping');
    await server.close();
    return 0;
  },
};
