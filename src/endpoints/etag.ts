import { createHash } from 'node:crypto';
import type { HttpRequest } from '../http/message.js';

/** A strong entity tag of a content (RFC 9110 §8.8.3). */
export function createEtag(content: Uint8Array | string): string {
  return `"${createHash('sha256').update(content).digest('base64url')}"`;
}

/** Whether `If-None-Match` lists the entity tag, by weak comparison (RFC 9110 §13.1.2). */
export function matchesEtag(request: HttpRequest, etag: string): boolean {
  const ifNoneMatch = request.headers.get('if-none-match');
  if (ifNoneMatch === null) return false;
  const etags: readonly string[] = ifNoneMatch.match(/"[^"]*"/g) ?? [];
  return etags.includes(etag) || ifNoneMatch.trim() === '*';
}
