import type { Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How many pauses the time of a quiet connection has. */
const MAX_PAUSES = 10;

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
   * Waits until no client has made a connection for a while: one that is not accepted yet is reset when the server stops
   * listening. Bounded, because there are clients that make one for each request.
   */
  async #acceptWaiting(pauseMs: number): Promise<void> {
    for (let pause = 0; pause < MAX_PAUSES; pause++) {
      const before = this.#accepted;
      await wait(pauseMs);
      if (this.#accepted === before) return;
    }
  }

  /**
   * Stops listening, and resolves when every connection has ended: with its last answer, or when nothing was sent on it for
   * a while. To close an idle connection at once would lose the request that is on its way.
   */
  async stop({ quietMs, graceMs }: StopOptions): Promise<void> {
    const server = this.#server;
    await this.#acceptWaiting(quietMs / MAX_PAUSES);
    const closed = new Promise<void>((resolve) => {
      // Server.close of node:http would close idle connections, and no longer limit the time for headers.
      TcpServer.prototype.close.call(server, () => resolve());
    });
    // Only now: who is told that a connection ends makes another one, which has to be refused rather than reset.
    this.#stopping = true;
    server.keepAliveTimeout = quietMs;
    for (const [socket, unanswered] of this.#unanswered) if (unanswered === 0) socket.setTimeout(quietMs);
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
    // Ends the check of those limits.
    server.close();
  }
}
