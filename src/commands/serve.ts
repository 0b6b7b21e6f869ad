import { loadConfig } from '../config/load.js';
import { systemDeps } from '../deps.js';
import { createGateway } from '../gateway.js';
import { type Command, parsePort } from './command.js';
import { addresses, listen, untilStopped } from './listen.js';

export const serveCommand: Command = {
  help: `Usage: delegation-gateway serve [--config gateway.yaml] [--host HOST] [--port PORT] [--json]

Runs the gateway. Logs go to standard error, one JSON object a line.

  --config FILE   the configuration (default: gateway.yaml)
  --host HOST     in place of the file's listen.host
  --port PORT     in place of the file's listen.port; 0 takes any free port
  --json          one line of JSON with the addresses on standard output when it is ready

SIGHUP reads the configuration again; a faulty one changes nothing. SIGINT and SIGTERM end the
gateway once the answers that have begun are sent.
`,
  options: {
    config: { type: 'string', short: 'c' },
    host: { type: 'string' },
    port: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values) {
    const path = typeof values.config === 'string' ? values.config : 'gateway.yaml';
    const deps = systemDeps();
    const config = loadConfig(path);
    const gateway = await createGateway(config, deps);
    const host = typeof values.host === 'string' ? values.host : config.listen.host;
    const server = await listen(gateway, { host, port: parsePort(values.port) ?? config.listen.port });
    process.on('SIGHUP', () => {
      Promise.resolve()
        .then(() => gateway.reload(loadConfig(path)))
        .then(
          () => deps.log.info({ config: path }, 'configuration reloaded'),
          (error: Error) =>
            deps.log.error({ config: path, faults: error.message.split('\n') }, 'configuration not reloaded'),
        );
    });
    if (values.json) process.stdout.write(`${JSON.stringify(addresses(server.url))}\n`);
    deps.log.info({ ...addresses(server.url), tenants: config.tenants.length }, 'listening');
    await untilStopped();
    deps.log.info({}, 'stopping');
    await server.close();
    return 0;
  },
};
