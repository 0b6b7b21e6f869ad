import { parseConfig } from '../config/load.js';
import { createGateway } from '../gateway.js';
import { type Command, parsePort } from './command.js';
import { createDemoTenant } from './demo-tenant.js';
import { commandDeps } from './deps.js';
import { buildAddresses, listen, waitForStop } from './listen.js';

const DEFAULT_PORT = 4000;

export const demoCommand: Command = {
  help: `Usage: delegation-gateway demo [--port PORT] [--json]

Runs a gateway on 127.0.0.1 with throw-away keys and an example user, and prints what to try.

  --port PORT   the port (default: ${DEFAULT_PORT}); 0 takes any free port
  --json        print one line of JSON to standard output when it is ready, instead of the page
`,
  options: { port: { type: 'string' }, json: { type: 'boolean' } },
  async run(values) {
    const port = parsePort(values.port) ?? DEFAULT_PORT;
    const demo = await createDemoTenant();
    const deps = await commandDeps('warn');
    const gateway = await createGateway(parseConfig(demo.config), { ...deps, graphiqlExample: demo.graphiqlExample });
    const server = await listen(gateway, { host: '127.0.0.1', port });
    const stopped = waitForStop();
    const urls = buildAddresses(server.url);
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
