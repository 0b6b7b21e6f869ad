import { DelegationError } from '../errors.js';
import type { HttpRequest } from '../http/message.js';
import { ConsumedBodyError } from '../http/parsed-body.js';
import { findExceededLimit } from '../lib/json.js';
import { BodyTooLargeError } from '../lib/read-capped.js';

const MAX_BODY_BYTES = 100 * 1024;
/** Three times what the variables of a GraphQL request may hold. */
const MAX_JSON_VALUES = 3_000;
const MAX_PARAMETERS = 1_000;

/**
 * Reads the body of a request as UTF-8 text. The rest of a body that is too long stays unread: cancelling it would close
 * the connection before the answer is sent.
 *
 * @throws DelegationError INVALID_REQUEST, with status 413 for a body over 100 KiB; ConsumedBodyError
 */
export async function readBody(request: HttpRequest): Promise<string> {
  const tooLarge = (reason: string) => new DelegationError('INVALID_REQUEST', `The body is ${reason}`, { status: 413 });
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw tooLarge(`longer than ${MAX_BODY_BYTES} bytes`);
  }
  try {
    return await request.readText(MAX_BODY_BYTES);
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(error.message);
    if (error instanceof ConsumedBodyError) throw error;
    throw new DelegationError('INVALID_REQUEST', 'The body could not be read as UTF-8');
  }
}

/**
 * @param name what the text is, as a message names it
 * @throws DelegationError INVALID_REQUEST; its message repeats nothing of the text
 */
export function parseJson(text: string, name = 'The body'): unknown {
  if (findExceededLimit(text, { values: MAX_JSON_VALUES })) {
    throw new DelegationError('INVALID_REQUEST', `${name} holds more than ${MAX_JSON_VALUES} values`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new DelegationError('INVALID_REQUEST', `${name} is not JSON`);
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
