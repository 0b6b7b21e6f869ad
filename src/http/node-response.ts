import type { ServerResponse } from 'node:http';
import type { HttpResponse } from './message.js';

/** Responses that have no content, and no `Content-Length` (RFC 9110 §8.6). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304]);

/**
 * Sends a response over node:http in one piece, with the length of its content: in chunks each response would take two
 * writes. Bytes are not copied, so that readers of a large page share them.
 */
export function sendResponse(outgoing: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (outgoing.destroyed) return;
  const fields: Record<string, string | number> = Object.fromEntries(headers);
  if (!WITHOUT_CONTENT.has(status)) fields['content-length'] ??= body === null ? 0 : Buffer.byteLength(body);
  outgoing.writeHead(status, fields);
  outgoing.end(body);
}
