import { DelegationError } from '../errors.js';
import { isJsonNestedDeeper } from '../lib/json-nesting.js';
import { BodyTooLargeError, readCapped } from '../lib/read-capped.js';

const MAX_BODY_BYTES = 100 * 1024;
/** Twice the values that variables may hold, so that any accepted body fits. */
const MAX_JSON_LEVELS = 2_000;

/** Reads the media type of a request, in lower case (RFC 9110 §8.3.1) and without parameters. */
export function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * Reads the body of a request as UTF-8 text. The rest of a body that is too long stays unread: cancelling it would close
 * the connection before the answer is sent.
 *
 * @throws DelegationError INVALID_REQUEST, with status 413 for a body over 100 KiB
 */
export async function readBody(request: Request): Promise<string> {
  const tooLarge = (reason: string) => new DelegationError('INVALID_REQUEST', `The body ${reason}`, { status: 413 });
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw tooLarge(`is longer than ${MAX_BODY_BYTES} bytes`);
  }
  try {
    return await readCapped(request, MAX_BODY_BYTES, { keepOpen: true });
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(error.message);
    throw new DelegationError('INVALID_REQUEST', 'The body could not be read as UTF-8');
  }
}

/** @throws DelegationError INVALID_REQUEST; its message repeats nothing of the text */
export function parseJson(text: string): unknown {
  if (isJsonNestedDeeper(text, MAX_JSON_LEVELS)) {
    throw new DelegationError('INVALID_REQUEST', `The body nests more than ${MAX_JSON_LEVELS} levels`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new DelegationError('INVALID_REQUEST', 'The body is not JSON');
  }
}
