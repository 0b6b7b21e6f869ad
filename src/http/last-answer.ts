import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long, and for how many bytes, a client may go on sending after the last answer on its connection. */
const LINGER_MS = 5_000;
const LINGER_BYTES = 8 * 1024 * 1024;

/** Connections on which no further request is processed. */
const ending = new WeakSet<Socket>();

/** Whether a request came after the one whose answer is the last. */
export function isAfterLastAnswer({ socket }: IncomingMessage): boolean {
  return ending.has(socket);
}

/**
 * Makes an answer the last one on its connection, for a request whose body is not read in full: the rest of the body must
 * not be taken for a request.
 *
 * Closing a socket that still receives resets the connection, and the client may lose the answer. So this discards what
 * the client sends, within bounds, until the client closes (RFC 9112 §9.6).
 */
export function endConnection({ socket }: IncomingMessage, response: ServerResponse): void {
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
