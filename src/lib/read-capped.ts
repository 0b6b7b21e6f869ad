/** A network packet holds 1,400 bytes. node:http and streams need 6 µs for each chunk, even for one of a single byte. */
const MAX_CHUNKS = 1_000;

/** Thrown for a body that is too long; the message says how: "longer than 100 bytes". */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Reads the body of a request or response as UTF-8 text and gives up as soon as it is too long, so that nobody can
 * make this process buffer more than `maxBytes`.
 *
 * @throws BodyTooLargeError; TypeError when the bytes are not UTF-8
 */
export async function readCapped(message: { body: Request['body'] }, maxBytes: number): Promise<string> {
  if (!message.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyTooLargeError(`longer than ${maxBytes} bytes`);
    if (chunks.length === MAX_CHUNKS) throw new BodyTooLargeError(`in more than ${MAX_CHUNKS} chunks`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}
