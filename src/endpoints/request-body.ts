import { DelegationError } from '../errors.js';
import { findExceededLimit } from '../lib/json-limits.js';
import { BodyTooLargeError, readCapped } from '../lib/read-capped.js';

/** The most bytes that the body of a request may have. */
const MAX_BODY_BYTES = 100 * 1024;
/** Three times what the variables of a GraphQL request may hold. */
const MAX_JSON_VALUES = 3_000;
const MAX_PARAMETERS = 1_000;
/** How much more is read and thrown away, so that the answer reaches a caller that is still sending. */
const DRAINED_BYTES = 1024 * 1024;

/** The media type of a request, which has no case (RFC 9110 §8.3.1), without its parameters. */
export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** @throws DelegationError INVALID_REQUEST, with status 413 for a body over 100 KiB */
export async function readBody(request: Request): Promise<string> {
  const tooLarge = (reason: string) => new DelegationError('INVALID_REQUEST', `The body is ${reason}`, { status: 413 });
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw tooLarge(`longer than ${MAX_BODY_BYTES} bytes`);
  }
  try {
    return await readCapped({ body: drainedAtReturn(request.body) }, MAX_BODY_BYTES);
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(error.message);
    throw new DelegationError('INVALID_REQUEST', 'The body could not be read as UTF-8');
  }
}

/**
 * Leaving a loop over a body cancels it, and with it the connection, before the answer is out (RFC 9112 §9.6 tells of the
 * reset). This one goes on reading for a while.
 */
function drainedAtReturn(body: Request['body']): Request['body'] {
  if (!body) return null;
  const reader = body.getReader();
  const drain = async () => {
    for (let left = DRAINED_BYTES; left > 0; ) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
    await reader.cancel();
  };
  const iterator = {
    next: () => reader.read(),
    async return() {
      drain().catch(() => {});
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator } as unknown as Request['body'];
}

/** @throws DelegationError INVALID_REQUEST; its message repeats nothing of the text */
export function parseJson(text: string): unknown {
  if (findExceededLimit(text, { values: MAX_JSON_VALUES })) {
    throw new DelegationError('INVALID_REQUEST', `The body holds more than ${MAX_JSON_VALUES} values`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new DelegationError('INVALID_REQUEST', 'The body is not JSON');
  }
}

/**
 * Parses a body of type application/x-www-form-urlencoded.
 *
 * @throws DelegationError INVALID_REQUEST for more than 1,000 parameters
 */
export function parseForm(text: string): URLSearchParams {
  if (text.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) {
    throw new DelegationError('INVALID_REQUEST', `The body holds more than ${MAX_PARAMETERS} parameters`);
  }
  return new URLSearchParams(text);
}
