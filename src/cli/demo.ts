import { parseConfig } from '../config/load.js';
import { systemDeps } from '../deps.js';
import { createGateway } from '../gateway.js';
import { createLog } from '../observability/log.js';
import { type Command, parsePort } from './command.js';
import { demoTenant } from './demo-tenant.js';
import { addresses, listen, untilStopped } from './listen.js';

const DEFAULT_PORT = 4000;

export const demoCommand: Command = {
  help: `Usage: delegation-gateway demo [--port PORT] [--json]

Runs a gateway with throw-away keys and a made-up user on 127.0.0.1, and says what to try.

  --port PORT   in place of ${DEFAULT_PORT}; 0 takes any free port
  --json        one line of JSON on standard output when it is ready, in place of the page
`,
  options: { port: { type: 'string' }, json: { type: 'boolean' } },
  async run(values) {
    const port = parsePort(values.port) ?? DEFAULT_PORT;
    const demo = await demoTenant();
    const deps = { ...systemDeps(), log: createLog('warn') };
    const gateway = await createGateway(parseConfig(demo.config), deps, { graphiqlExample: demo.graphiqlExample });
    const server = await listen(gateway, { host: '127.0.0.1', port });
    const stopped = untilStopped();
    const urls = addresses(server.url);
    const { clientId, idToken, targets, publicKeys } = demo;
    process.stdout.write(
      values.json ? `${JSON.stringify({ ...urls, clientId, idToken, targets, publicKeys })}\n` : demo.page(urls),
    );
    await stopped;
    await server.close();
    if (!values.json) process.stdout.write('\nStopped.\n');
    return 0;
  },
};
