import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Gateway } from './gateway.js';
import { NodeRequest } from './http/node-request.js';
import { sendResponse } from './http/node-response.js';

const BODY_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** For a client that stops reading; longer than every other limit. */
const SOCKET_TIMEOUT_MS = 75_000;
/** Less than the 10 s after which `docker stop` kills, and enough for an upstream call of 5 s. */
const SHUTDOWN_GRACE_MS = 8_000;
/** How long, and for how many bytes, a client may go on sending after the last answer on its connection. */
const LINGER_MS = 5_000;
const LINGER_BYTES = 8 * 1024 * 1024;
/** A token of 16 KiB has to fit into an Authorization header. */
const MAX_HEADER_BYTES = 32 * 1024;

export interface RunningServer {
  /** `http://host:port`, with the port that was bound. */
  readonly url: string;
  readonly port: number;
  /** The time limits that node:http enforces, in milliseconds. */
  readonly limits: Readonly<Record<'requestTimeout' | 'headersTimeout' | 'keepAliveTimeout' | 'timeout', number>>;
  /** Stops listening, drops idle connections, waits for the requests that have begun, and closes the gateway. */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP.
 *
 * @param options.port 0 takes any free port
 * @param options.shutdownGraceMs milliseconds that `close` waits for answers; default 8,000
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function serve(
  gateway: Gateway,
  options: { readonly host: string; readonly port: number; readonly shutdownGraceMs?: number },
): Promise<RunningServer> {
  const invalidHost = new WeakSet<IncomingMessage>();
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const response = await gateway.answer(new NodeRequest(incoming, outgoing), {
      remoteAddress: incoming.socket.remoteAddress,
      hasValidHost: !invalidHost.has(incoming),
    });
    // Lets the parser finish with the bytes that have already arrived.
    if (!incoming.complete) await setImmediate();
    if (!incoming.complete) endConnection(incoming, outgoing);
    sendResponse(outgoing, response);
  }

  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: BODY_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      // hasOneHost checks it: node:http would reset the connection of a client that is still sending its body.
      requireHostHeader: false,
    },
    (request, response) => {
      // The parser may already have read further requests when it is taken off the connection.
      if (ending.has(request.socket)) return;
      if (!hasOneHost(request)) {
        invalidHost.add(request);
        endConnection(request, response);
      }
      // The gateway answers errors itself: what fails here is the connection.
      answer(request, response).catch(() => response.destroy());
    },
  );
  server.on('checkExpectation', (request, response) => {
    endConnection(request, response);
    response.writeHead(417).end();
  });
  server.setTimeout(SOCKET_TIMEOUT_MS);
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
      await stop(server, connections, options.shutdownGraceMs ?? SHUTDOWN_GRACE_MS);
      await gateway.close();
    },
  };
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Whether a request has one Host header that is a host, as RFC 9112 §3.2 requires of HTTP/1.1: with two of them, a proxy
 * and this server could each route by another one.
 */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host');
  if (hosts.length === 0) return httpVersion === '1.0';
  return hosts.length === 1 && HOST.test(hosts[0] ?? '');
}

/** Connections on which no further request is processed. */
const ending = new WeakSet<Socket>();

/**
 * Makes an answer the last one on its connection, for a request whose body is not read in full: the rest of the body must
 * not be taken for a request.
 *
 * Closing a socket that still receives resets the connection, and the client may lose the answer. So this discards what
 * the client sends, within bounds, until the client closes (RFC 9112 §9.6).
 */
function endConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  ending.add(socket);
  response.setHeader('Connection', 'close');
  let left = LINGER_BYTES;
  const discard = () =>
    // Removes node:http's parser.
    socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      left -= chunk.byteLength;
      if (left < 0) socket.destroy();
    });
  // While its parser is in place, only node:http can resume a socket that it has paused.
  if (socket.isPaused()) socket.once('resume', discard).resume();
  else discard();
  // node:http calls this after the last answer; the method that it replaces closes the socket at once.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}

/** The open connections, each with the number of its unanswered requests. */
type Connections = Map<Socket, number>;

/**
 * Counts the unanswered requests of each connection, and ends a connection whose last answer is sent during shutdown.
 * `server.close` alone would wait for such a connection, and for one that has not sent anything yet.
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
      const unanswered = (connections.get(socket) ?? 1) - 1;
      if (connections.has(socket)) connections.set(socket, unanswered);
      if (unanswered === 0 && !server.listening) socket.destroySoon();
    });
  });
  return connections;
}

function stop(server: Server, connections: Connections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    for (const [socket, unanswered] of connections) if (unanswered === 0) socket.destroy();
  });
}
