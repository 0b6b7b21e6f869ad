import type { ServerResponse } from 'node:http';
import { sendNodeResponse } from '@whatwg-node/server';

/** Responses that have no content, and no `Content-Length` (RFC 9110 §8.6). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304]);

/**
 * Sends a response over node:http. A text is sent in one piece with its length: in chunks each response would take two
 * writes. One that says its length, as GraphiQL's page of 2 MB does, is not copied.
 */
export async function sendResponse(outgoing: ServerResponse, response: Response): Promise<void> {
  if (response.headers.has('content-length')) return sendNodeResponse(response, outgoing, outgoing.req, false);
  const text = await response.text();
  if (outgoing.destroyed) return;
  response.headers.forEach((value, name) => void outgoing.setHeader(name, value));
  if (!WITHOUT_CONTENT.has(response.status)) outgoing.setHeader('Content-Length', Buffer.byteLength(text));
  outgoing.writeHead(response.status);
  outgoing.end(text);
}
