import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP connection that shows every byte it receives. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received, when the connection has closed. */
  readonly closed: Promise<string>;
  /** Everything received, as soon as it matches; rejects when the connection closes before that. */
  until(pattern: RegExp): Promise<string>;
}

/** Opens a connection to 127.0.0.1 that is destroyed when the test finishes. */
export function openConnection(port: number, options: Partial<NetConnectOpts> = {}): RawConnection {
  const socket = connect({ ...options, port, host: '127.0.0.1' });
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  return {
    socket,
    closed,
    async until(pattern) {
      while (!pattern.test(text)) await Promise.race([once(socket, 'data'), closed.then(failUnanswered)]);
      return text;
    },
  };
}

function failUnanswered(text: string): never {
  throw new Error(`The connection closed; it received ${JSON.stringify(text)}`);
}

/** The text of a POST to /graphql with this body. */
export function rawPost(body: string, headers: readonly string[] = []): string {
  return [
    'POST /graphql HTTP/1.1',
    'Host: gateway.test',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
}

/** The status line of each answer in what a connection received. */
export function statusLines(text: string): string[] {
  return text.match(/HTTP\/1\.1 \d+/g) ?? [];
}
