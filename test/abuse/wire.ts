import { Agent, type IncomingHttpHeaders, request } from 'node:http';
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
