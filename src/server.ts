import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import type { Gateway } from './gateway.js';

/** Milliseconds. */
const BODY_TIMEOUT = 15_000;
const HEADERS_TIMEOUT = 10_000;
const KEEP_ALIVE_TIMEOUT = 65_000;
/** Bytes: a token of 16 KiB has to fit into an Authorization header. */
const MAX_HEADER_SIZE = 32 * 1024;

export interface RunningServer {
  /** `http://host:port`, as it is reachable. */
  readonly url: string;
  readonly port: number;
  /** Stops taking connections, lets answers that have begun end, and closes the gateway. */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP.
 *
 * @param options.port 0 takes any free port
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function serve(
  gateway: Gateway,
  options: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const adapter = createServerAdapter<{ req: IncomingMessage }>((request, { req }) =>
    gateway.fetch(request, { remoteAddress: req.socket.remoteAddress }),
  );
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      requestTimeout: BODY_TIMEOUT,
      headersTimeout: HEADERS_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      connectionsCheckingInterval: 1_000,
    },
    oneHostOnly(adapter as unknown as RequestListener),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    async close() {
      await stop(server);
      await gateway.close();
    },
  };
}

/** Two Host headers can name two tenants, to whoever reads the first and whoever reads the last (RFC 9112 §3.2). */
function oneHostOnly(listener: RequestListener): RequestListener {
  return (request, response) => {
    const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length < 2) return listener(request, response);
    const errors = [{ message: 'Expected one Host header', extensions: { code: 'INVALID_REQUEST' } }];
    response.writeHead(400, { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' });
    response.end(JSON.stringify({ errors }));
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
