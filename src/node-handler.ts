import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gateway } from './gateway.js';
import { hasOneHost } from './http/host-header.js';
import { NodeRequest } from './http/node-request.js';
import { sendResponse } from './http/node-response.js';

/** Answers a request of node:http. Rejects when the server does not listen on TCP, so that clients have no address. */
export type NodeHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * Creates a handler for a server of node:http, or of a framework that is built on it. The body may have been parsed by
 * Express before. Of the path it reads what the framework has left in `request.url`.
 *
 * ```ts
 * createServer(createNodeHandler(gateway));          // node:http
 * app.use('/identity', createNodeHandler(gateway));  // Express, which takes /identity off the path
 * ```
 *
 * `serve` also sets time limits, answers requests whose body is too long without resetting the connection, and ends
 * connections in order.
 */
export function createNodeHandler(gateway: Pick<Gateway, 'answer'>): NodeHandler {
  return async (incoming, outgoing) => {
    const { remoteAddress = '', destroyed } = incoming.socket;
    // The client disconnected.
    if (destroyed) return;
    const hasValidHost = hasOneHost(incoming);
    const response = await gateway.answer(new NodeRequest(incoming, outgoing), { remoteAddress, hasValidHost });
    sendResponse(outgoing, response);
  };
}
