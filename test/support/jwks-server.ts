import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly requests: string[];
  /** What answers from now on. */
  answer: RequestListener;
}

/** A real HTTP server on 127.0.0.1 that ends with the test. */
export async function httpServer(answer: RequestListener): Promise<TestServer> {
  const server = createServer((request, response) => {
    running.requests.push(request.url as string);
    running.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const running: TestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
  };
  return running;
}

/** Answers with a body and status 200, or another one. */
export function answerWith(body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Answers as an endpoint does that is down. */
export const connectionReset: RequestListener = (request) => void request.socket.destroy();
