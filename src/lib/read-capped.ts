/** A network packet holds 1,400 bytes. node:http and streams need 6 µs for each chunk, even for one of a single byte. */
const MAX_CHUNKS = 1_000;

/** Thrown for a body that is too long; the message says how: "longer than 100 bytes". */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Collects the chunks of a text, up to a limit. */
export class BodyCollector {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws BodyTooLargeError */
  add(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    if (this.#size > this.#maxBytes) throw new BodyTooLargeError(`longer than ${this.#maxBytes} bytes`);
    if (this.#chunks.length === MAX_CHUNKS) throw new BodyTooLargeError(`in more than ${MAX_CHUNKS} chunks`);
    this.#chunks.push(chunk);
  }

  /** @throws TypeError when the bytes are not UTF-8 */
  toText(): string {
    const [first] = this.#chunks;
    return utf8.decode(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
  }
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
  const collected = new BodyCollector(maxBytes);
  const reader = body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    try {
      collected.add(value);
    } catch (error) {
      if (!options.keepOpen) await reader.cancel().catch(() => {});
      throw error;
    }
  }
  return collected.toText();
}
