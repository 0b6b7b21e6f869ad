import type { LimitStatus } from './rate-limit/token-bucket.js';

/**
 * The HTTP status of each code, and its `error` at the legacy endpoint (RFC 6749 §5.2 where the RFC has one). The status
 * counts at `POST /delegation`, and at `/graphql` for a request that is not executed.
 */
export const ERROR_CODES = {
  INVALID_REQUEST: { status: 400, legacy: 'invalid_request' },
  INVALID_TOKEN: { status: 401, legacy: 'invalid_token' },
  UNAUTHORIZED_CLIENT: { status: 403, legacy: 'unauthorized_client' },
  DELEGATION_DISABLED: { status: 403, legacy: 'unauthorized_client' },
  INVALID_TARGET: { status: 400, legacy: 'invalid_target' },
  ADDON_NOT_CONFIGURED: { status: 400, legacy: 'invalid_request' },
  INVALID_SCOPE: { status: 400, legacy: 'invalid_scope' },
  RATE_LIMITED: { status: 429, legacy: 'too_many_requests' },
  UPSTREAM_REFUSED: { status: 502, legacy: 'access_denied' },
  UPSTREAM_UNAVAILABLE: { status: 503, legacy: 'temporarily_unavailable' },
  INTERNAL: { status: 500, legacy: 'server_error' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The message returned for unexpected errors. */
export const MASKED_MESSAGE = 'An unexpected error occurred; the log has it under the request id';

/** What an error carries beside its code and message. */
export interface ErrorDetails {
  /** Replaces the status of the code: 405, 413, 415 and 421 are all INVALID_REQUEST. */
  readonly status?: number;
  readonly rateLimit?: LimitStatus;
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number;
  /** The rotated refresh token. The identity provider no longer accepts the old one, so the caller needs it. */
  readonly refreshToken?: string;
  /** The error code of an upstream service, never its description. */
  readonly upstreamCode?: string;
  /** The methods that the Allow header of a 405 lists. */
  readonly allow?: string;
  readonly cause?: unknown;
}

/**
 * An error that the caller may read. Its message names the rule or the field and what was expected; it never contains a
 * token, a key, a secret or the body of an upstream response.
 */
export class DelegationError extends Error {
  override readonly name = 'DelegationError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? ERROR_CODES[this.code].status;
  }

  /** Copies the error and adds details. */
  with(details: ErrorDetails): DelegationError {
    return new DelegationError(this.code, this.message, { ...this.details, ...details });
  }
}
