// Bun: the server knows the address of the client.
import { createGateway, loadConfig } from 'delegation-gateway';

const gateway = await createGateway(loadConfig('gateway.yaml'), { basePath: '/identity' });

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 4000),
  routes: { '/hello': () => new Response('Hello') },
  fetch: (request, server) => gateway.fetch(request, { remoteAddress: server.requestIP(request)?.address ?? '' }),
});
console.log(server.port);
