import { loadConfig } from '../config/load.js';
import { createReloader } from '../config/reload.js';
import { systemDeps } from '../deps.js';
import { createGateway } from '../gateway.js';
import { type Command, parsePort } from './command.js';
import { addresses, listen, untilStopped } from './listen.js';

/** How often the configuration is looked at; a change is taken when it has stood for one look. */
const POLL_MS = 1_000;

export const serveCommand: Command = {
  help: `Usage: delegation-gateway serve [--config gateway.yaml] [--host HOST] [--port PORT] [--json]

Runs the gateway. Logs go to standard error, one JSON object a line.

  --config FILE   the configuration (default: gateway.yaml)
  --host HOST     in place of the file's listen.host
  --port PORT     in place of the file's listen.port; 0 takes any free port
  --json          one line of JSON with the addresses on standard output when it is ready

A configuration that changes is taken within seconds, and on SIGHUP at once (for new secrets in files):
whole or, if it is faulty, not at all. What it says of listen is read at the start only. SIGINT and
SIGTERM end the gateway once the answers that have begun are sent.
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
    const server = await listen(gateway, { host, port: port ?? config.settings.listen.port });
    const stopped = untilStopped();
    process.on('SIGHUP', () => void reloader.reload());
    const timer = setInterval(() => void reloader.poll(), POLL_MS);
    if (values.json) process.stdout.write(`${JSON.stringify(addresses(server.url))}\n`);
    deps.log.info({ ...addresses(server.url), tenants: config.tenants.length }, 'listening');
    await stopped;
    clearInterval(timer);
    deps.log.info({}, 'stopping');
    await server.close();
    return 0;
  },
};
