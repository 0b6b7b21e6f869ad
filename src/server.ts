import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Gateway } from './gateway.js';
import { Connections } from './http/connections.js';
import { hasOneHost } from './http/host-header.js';
import { endConnection, isAfterLastAnswer } from './http/last-answer.js';
import { NodeRequest } from './http/node-request.js';
import { sendResponse } from './http/node-response.js';

const BODY_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** For a client that stops reading; longer than every other limit. */
const SOCKET_TIMEOUT_MS = 75_000;
/** With `Gateway.close` less than the 10 s after which `docker stop` kills, and enough for an upstream call of 5 s. */
const SHUTDOWN_GRACE_MS = 8_000;
const QUIET_MS = 1_000;
/** A token of 16 KiB has to fit into an Authorization header. */
const MAX_HEADER_BYTES = 32 * 1024;

export interface RunningServer {
  /** `http://host:port`, with the port that was bound. */
  readonly url: string;
  readonly port: number;
  /** The time limits that node:http enforces, in milliseconds. */
  readonly limits: Readonly<Record<'requestTimeout' | 'headersTimeout' | 'keepAliveTimeout' | 'timeout', number>>;
  /**
   * Makes `/readyz` answer 503, and goes on serving for `drainMs`. Then it stops listening, ends each connection after its
   * last answer or when it stays quiet, and closes the gateway.
   */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Milliseconds from the call of `close` until it stops listening: a balancer sends no more requests by then. Default 0. */
  readonly drainMs?: number;
  /** Milliseconds after which a connection that stays quiet is closed while the server stops; default 1,000. */
  readonly quietMs?: number;
  /** Milliseconds that it waits for answers after it has stopped listening; default 8,000. */
  readonly graceMs?: number;
}

/** What a server needs of a gateway. */
export type ServedGateway = Pick<Gateway, 'answer' | 'announceStop' | 'close'>;

/**
 * Serves a gateway over HTTP.
 *
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function serve(gateway: ServedGateway, options: ServeOptions): Promise<RunningServer> {
  const invalidHost = new WeakSet<IncomingMessage>();
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { remoteAddress } = incoming.socket;
    // The client disconnected.
    if (remoteAddress === undefined) return;
    const response = await gateway.answer(new NodeRequest(incoming, outgoing), {
      remoteAddress,
      hasValidHost: !invalidHost.has(incoming),
    });
    // Lets the parser finish with the bytes that have already arrived.
    if (!incoming.complete) await setImmediate();
    if (!incoming.complete) endConnection(incoming, outgoing);
    connections.endWhenStopping(outgoing);
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
      if (isAfterLastAnswer(request)) return;
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
  const connections = new Connections(server);
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
      const { drainMs = 0, quietMs = QUIET_MS, graceMs = SHUTDOWN_GRACE_MS } = options;
      gateway.announceStop();
      if (drainMs > 0) await setTimeout(drainMs);
      await connections.stop({ quietMs, graceMs });
      await gateway.close();
    },
  };
}
