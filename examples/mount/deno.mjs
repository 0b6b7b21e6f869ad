// Deno: the second argument of the handler has the address of the client. Needs --allow-net, --allow-read, --allow-env and
// --allow-sys; --allow-write too where `audit` is a file.
import process from 'node:process';
import { createGateway, loadConfig } from 'delegation-gateway';

const gateway = await createGateway(loadConfig('gateway.yaml'), { basePath: '/identity' });

Deno.serve(
  { hostname: '127.0.0.1', port: Number(process.env.PORT ?? 4000), onListen: ({ port }) => console.log(port) },
  (request, { remoteAddr }) =>
    new URL(request.url).pathname === '/hello'
      ? new Response('Hello')
      : gateway.fetch(request, { remoteAddress: remoteAddr.hostname }),
);
