import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import type { HttpRequest } from '../http/message.js';

/** Reads the token of `Authorization: Bearer …` (RFC 6750 §2.1); the scheme is case-insensitive. */
export function readBearerToken(request: HttpRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

/** Takes the request id of the caller when it is safe to log, else makes one. */
export function readRequestId(request: HttpRequest, { randomUUID }: Pick<Deps, 'randomUUID'>): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Reads the media type of a request, in lower case (RFC 9110 §8.3.1) and without parameters. */
export function readMediaType(request: HttpRequest): string {
  return (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Browsers send 150 characters. */
const MAX_ACCEPT_LENGTH = 1_000;

/**
 * Refuses a long Accept header: Yoga compares every media type in it with each of its own, several times.
 *
 * @throws DelegationError INVALID_REQUEST
 */
export function requireShortAccept(request: HttpRequest): void {
  if ((request.headers.get('accept') ?? '').length <= MAX_ACCEPT_LENGTH) return;
  throw new DelegationError('INVALID_REQUEST', `The Accept header is longer than ${MAX_ACCEPT_LENGTH} characters`);
}
