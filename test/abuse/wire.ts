import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it is sent. Unlike `fetch`, it may have any Host header. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request to a port of 127.0.0.1 and reads the whole answer. */
export function sendRequest(port: number, agent: Agent, { body, ...options }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, 'Content-Length': String(Buffer.byteLength(body)) };
    const outgoing = request({ ...options, headers, agent, host: '127.0.0.1', port }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer }),
        reject,
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/** A request as bytes. `lines` are headers in place of those of the request. */
export function toBytes({ method, path, headers, body }: HttpRequest, lines?: readonly string[]): Buffer {
  const all = lines ?? [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
    Buffer.from(body),
  ]);
}

/** The last request of a connection: its answer ends the connection, after all earlier ones. */
export const LAST_REQUEST = 'GET /livez HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n';

/**
 * Sends bytes over a connection of their own, and reads every answer until the server ends it. The client never ends it:
 * the gateway would take the request as cancelled.
 */
export function sendBytes(port: number, bytes: Uint8Array): Promise<HttpAnswer[]> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    // The server resets a connection on which it no longer reads.
    socket.on('error', () => {});
    socket.on('close', () =>
      resolve(
        received
          .split(/(?=HTTP\/1\.1 \d{3} )/)
          .filter(Boolean)
          .map(parseAnswer),
      ),
    );
    socket.write(bytes);
  });
}

function parseAnswer(text: string): HttpAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = rest.join('\r\n\r\n');
  const isChunked = headers['transfer-encoding'] === 'chunked';
  return { status: Number(first.split(' ')[1]), headers, text: isChunked ? joinChunks(body) : body };
}

function joinChunks(body: string): string {
  return [...body.matchAll(/([\da-f]+)\r\n([\s\S]*?)\r\n(?=[\da-f]+\r\n|$)/gi)].map(([, , chunk]) => chunk).join('');
}
