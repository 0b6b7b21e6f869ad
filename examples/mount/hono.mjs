// Hono on Node.js: `getConnInfo` of the adapter has the address of the client.
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createGateway, loadConfig } from 'delegation-gateway';
import { Hono } from 'hono';

const gateway = await createGateway(loadConfig('gateway.yaml'), { basePath: '/identity' });

const app = new Hono();
app.get('/hello', (context) => context.text('Hello'));
app.all('/identity/*', (context) =>
  gateway.fetch(context.req.raw, { remoteAddress: getConnInfo(context).remote.address ?? '' }),
);

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000) }, ({ port }) =>
  console.log(port),
);
