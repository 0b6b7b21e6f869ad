import { DelegationError } from '../errors.js';
import { HttpResponse, type HttpResponseInit } from '../http/message.js';

/** A JSON response. */
export function jsonResponse(body: unknown, init: HttpResponseInit = {}): HttpResponse {
  return new HttpResponse(JSON.stringify(body), {
    ...init,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...init.headers },
  });
}

/** The response to a request that no endpoint answers, in the form of a GraphQL error. */
export function errorResponse(error: DelegationError): HttpResponse {
  const body = { errors: [{ message: error.message, extensions: { code: error.code } }] };
  return jsonResponse(body, { status: error.status, headers: errorHeaders(error) });
}

/** The headers of an error: Allow, Retry-After, and the challenge of a 401 (RFC 9110 §15.5.2, RFC 6750 §3). */
export function errorHeaders({ code, details }: DelegationError): Record<string, string> {
  const challenge = details.tokenMissing ? 'Bearer' : 'Bearer error="invalid_token"';
  return {
    ...(details.allow !== undefined && { Allow: details.allow }),
    ...(details.retryAfter !== undefined && { 'Retry-After': String(details.retryAfter) }),
    ...(code === 'INVALID_TOKEN' && { 'WWW-Authenticate': challenge }),
  };
}

/** A 405, whose Allow header lists the methods (RFC 9110 §10.2.1). */
export function methodNotAllowed(...methods: readonly string[]): DelegationError {
  return new DelegationError('INVALID_REQUEST', `The method must be ${methods.join(' or ')}`, {
    status: 405,
    allow: methods.join(', '),
  });
}
