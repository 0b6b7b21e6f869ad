import type { Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** The default length of the queue of connections that are not accepted yet. */
const MAX_TURNS = 511;

export interface StopOptions {
  /** Milliseconds after which a connection is closed on which nothing is sent. */
  readonly quietMs: number;
  /** Milliseconds after which every connection is closed. */
  readonly graceMs: number;
}

/** The connections of a server, each with the number of its unanswered requests, and how they end when the server stops. */
export class Connections {
  readonly #server: Server;
  readonly #unanswered = new Map<Socket, number>();
  #accepted = 0;
  #stopping = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#accepted++;
      this.#unanswered.set(socket, 0);
      socket.once('close', () => this.#unanswered.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 0) + 1);
      // The time for a quiet connection does not count while it waits for its answer.
      if (this.#stopping) socket.setTimeout(server.timeout);
      response.once('close', () => {
        const count = this.#unanswered.get(socket);
        if (count !== undefined) this.#unanswered.set(socket, count - 1);
      });
    });
  }

  /** Makes an answer the last one on its connection when the server stops and no other request of it waits. */
  endWhenStopping(response: ServerResponse): void {
    const { socket } = response;
    if (this.#stopping && socket && this.#unanswered.get(socket) === 1) response.shouldKeepAlive = false;
  }

  /**
   * Accepts the connections that clients have made already, one in a turn of the event loop: the end of listening would reset
   * them. Bounded, because clients may make more of them all the time.
   */
  async #acceptWaiting(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const before = this.#accepted;
      await setImmediate();
      if (this.#accepted === before) return;
    }
  }

  /**
   * Stops listening, and resolves when every connection has ended: with its last answer, or when nothing was sent on it for
   * a while. To close an idle connection at once would lose the request that is on its way.
   */
  async stop({ quietMs, graceMs }: StopOptions): Promise<void> {
    const server = this.#server;
    this.#stopping = true;
    server.keepAliveTimeout = quietMs;
    for (const [socket, unanswered] of this.#unanswered) if (unanswered === 0) socket.setTimeout(quietMs);
    await this.#acceptWaiting();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      // Server.close of node:http would close idle connections, and no longer limit the time for headers.
      TcpServer.prototype.close.call(server, () => {
        clearTimeout(timer);
        // Ends the check of those limits.
        server.close();
        resolve();
      });
    });
  }
}
