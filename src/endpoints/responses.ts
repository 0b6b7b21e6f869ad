import type { Deps } from '../deps.js';
import { DelegationError, ERROR_CODES, MASKED } from '../errors.js';

/** A JSON answer. */
export function jsonResponse(body: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(body), {
    ...init,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...init.headers },
  });
}

/** An error before GraphQL begins, in the form that GraphQL errors have. */
export function errorResponse(error: unknown): Response {
  const known = error instanceof DelegationError ? error : undefined;
  return jsonResponse(
    {
      errors: [{ message: known?.message ?? MASKED, extensions: { code: known?.code ?? 'INTERNAL' } }],
    },
    {
      status: known?.status ?? ERROR_CODES.INTERNAL.status,
      headers: known?.details.allow === undefined ? {} : { Allow: known.details.allow },
    },
  );
}

/** A 405, whose Allow header is a list (RFC 9110 §10.2.1). */
export function methodNotAllowed(...methods: readonly string[]): DelegationError {
  return new DelegationError('INVALID_REQUEST', `The method must be ${methods.join(' or ')}`, {
    status: 405,
    allow: methods.join(', '),
  });
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1); the scheme has no case. */
export function bearerToken(request: Request): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

/** The caller's own request id where it is harmless to log, else a new one. */
export function requestIdOf(request: Request, { randomUUID }: Pick<Deps, 'randomUUID'>): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
