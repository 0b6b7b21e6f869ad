import type { IncomingMessage } from 'node:http';
import { BodyCollector } from '../lib/read-capped.js';

/** Thrown where the gateway is mounted behind something that has read the body and has left nothing of it. */
export class ConsumedBodyError extends Error {
  override readonly name = 'ConsumedBodyError';
}

/**
 * Writes the body of a request again that a parser of Express has read: `express.json()`, `urlencoded()`, `text()` or
 * `raw()`, each of which leaves its result in `request.body`. The text has the same members or parameters as the one that
 * was sent, but for names that JSON repeats: the parser has kept the last one.
 *
 * @throws BodyTooLargeError; TypeError when the bytes are not UTF-8; ConsumedBodyError when nothing is in `request.body`
 */
export function writeParsedBody(incoming: IncomingMessage, maxBytes: number): string {
  const { body } = incoming as { readonly body?: unknown };
  if (body === undefined) {
    throw new ConsumedBodyError('The body was read before the gateway was called, and request.body is not set');
  }
  const collector = new BodyCollector(maxBytes);
  collector.add(toBytes(body, incoming.headers['content-type'] ?? ''));
  return collector.toText();
}

function toBytes(body: unknown, contentType: string): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType);
  return Buffer.from(isForm ? toForm(body as object) : JSON.stringify(body));
}

/** A parameter that was given several times has a list of values. */
function toForm(parameters: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      form.append(name, typeof each === 'string' ? each : JSON.stringify(each));
    }
  }
  return form.toString();
}
