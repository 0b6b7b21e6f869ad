/** A network packet holds 1,400 bytes. node:http and streams need 6 µs for each chunk, even for one of a single byte. */
const MAX_CHUNKS = 1_000;

/** Thrown for a body that is too long; the message says how: "longer than 100 bytes". */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Reads the body of a request or response as UTF-8 text, buffering at most `maxBytes`.
 *
 * @param options.keepOpen leaves the rest of a longer body unread; by default the body is cancelled, which closes its
 *   connection
 * @throws BodyTooLargeError; TypeError when the bytes are not UTF-8
 */
export async function readCapped(
  { body }: Pick<Request, 'body'>,
  maxBytes: number,
  options: { readonly keepOpen?: boolean } = {},
): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes || chunks.length === MAX_CHUNKS) {
      if (!options.keepOpen) await reader.cancel().catch(() => {});
      throw new BodyTooLargeError(
        size > maxBytes ? `longer than ${maxBytes} bytes` : `in more than ${MAX_CHUNKS} chunks`,
      );
    }
    chunks.push(value);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}
