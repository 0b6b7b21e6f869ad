import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keepSent } from './secrets.js';

/** A request that a token endpoint got. */
export interface TokenRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

export type Answer = (request: TokenRequest, response: ServerResponse) => void;

/** A real HTTP server on a free port of the loopback, which answers as it is told to. */
export interface TokenEndpoint {
  readonly url: string;
  readonly requests: TokenRequest[];
  answer: Answer;
  close(): Promise<void>;
}

export async function tokenEndpoint(answer: Answer): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = [];
  const server = createServer(async (incoming: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const request = { form: new URLSearchParams(body), authorization: incoming.headers.authorization };
    requests.push(request);
    keepSent(Object.fromEntries(request.form));
    endpoint.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: TokenEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`,
    requests,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return endpoint;
}

/** An answer in JSON. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  keepSent(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
