import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import type { Gateway } from './gateway.js';

/** Milliseconds. */
const BODY_TIMEOUT = 15_000;
const HEADERS_TIMEOUT = 10_000;
const KEEP_ALIVE_TIMEOUT = 65_000;
/** For a reader who stops reading, beyond what anything else may take. */
const SOCKET_TIMEOUT = 75_000;
/** Below the 10 s after which `docker stop` kills, and enough for an upstream call of 5 s. */
const SHUTDOWN_GRACE = 8_000;
/** Bytes: a token of 16 KiB has to fit into an Authorization header. */
const MAX_HEADER_SIZE = 32 * 1024;

export interface RunningServer {
  /** `http://host:port`, as it is reachable. */
  readonly url: string;
  readonly port: number;
  /** What node:http enforces, for whoever wants to look. */
  readonly limits: Readonly<Record<'requestTimeout' | 'headersTimeout' | 'keepAliveTimeout' | 'timeout', number>>;
  /** Takes no more connections, drops those that wait, lets requests that have begun be answered, and closes the gateway. */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP.
 *
 * @param options.port 0 takes any free port
 * @param options.shutdownGrace milliseconds that `close` gives answers to end; default 8,000
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function serve(
  gateway: Gateway,
  options: { readonly host: string; readonly port: number; readonly shutdownGrace?: number },
): Promise<RunningServer> {
  const unclear = new WeakSet<IncomingMessage>();
  const adapter = createServerAdapter<{ req: IncomingMessage }>((request, { req }) =>
    gateway.fetch(request, { remoteAddress: req.socket.remoteAddress, hasValidHost: !unclear.has(req) }),
  ) as unknown as RequestListener;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      requestTimeout: BODY_TIMEOUT,
      headersTimeout: HEADERS_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      if (!hasOneHost(request)) {
        unclear.add(request);
        // The adapter makes a URL of it, and of this one it can; nobody else reads it.
        request.headers.host = 'unclear.invalid';
        response.shouldKeepAlive = false;
      }
      return adapter(request, response);
    },
  );
  server.setTimeout(SOCKET_TIMEOUT);
  const connections = trackConnections(server);
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
    limits: server,
    async close() {
      await stop(server, connections, options.shutdownGrace ?? SHUTDOWN_GRACE);
      await gateway.close();
    },
  };
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Two Host headers can name two tenants, to whoever reads the first and whoever reads the last, and one that is no host
 * can be read in many ways: both are a 400 (RFC 9112 §3.2).
 */
function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host');
  return hosts.length === 0 || (hosts.length === 1 && HOST.test(hosts[0] ?? ''));
}

/** Every open connection, with the number of its requests that are being answered. */
type Connections = Map<Socket, number>;

/**
 * node:http takes a connection over which nothing has come yet for a busy one, and keeps one alive whose last answer ends
 * during shutdown: `server.close` alone would wait for them.
 */
function trackConnections(server: Server): Connections {
  const connections: Connections = new Map();
  server.on('connection', (socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const answering = (connections.get(socket) ?? 1) - 1;
      if (connections.has(socket)) connections.set(socket, answering);
      if (answering === 0 && !server.listening) socket.destroySoon();
    });
  });
  return connections;
}

function stop(server: Server, connections: Connections, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    for (const [socket, answering] of connections) if (answering === 0) socket.destroy();
  });
}
