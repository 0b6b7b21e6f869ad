import type { LimitStatus } from './rate-limit/token-bucket.js';

/**
 * The HTTP status of each code, its `error` at the legacy endpoint (RFC 6749 §5.2 where the RFC has one), and what it means,
 * as the description of the GraphQL schema lists it. The status counts at `POST /delegation`, and at `/graphql` for a
 * request that is not executed.
 */
export const ERROR_CODES = {
  INVALID_REQUEST: {
    status: 400,
    legacy: 'invalid_request',
    meaning:
      'The request is malformed, contradictory or too large, or a field is missing. The message names the field.',
  },
  INVALID_TOKEN: {
    status: 401,
    legacy: 'invalid_token',
    meaning:
      'There is no token of a user, or it does not verify: let the user sign in again. The message names the rule.',
  },
  UNAUTHORIZED_CLIENT: {
    status: 403,
    legacy: 'unauthorized_client',
    meaning: 'The calling application is unknown, did not authenticate, or may not delegate to the target.',
  },
  DELEGATION_DISABLED: {
    status: 403,
    legacy: 'unauthorized_client',
    meaning: 'The tenant has not enabled delegation.',
  },
  INVALID_TARGET: { status: 400, legacy: 'invalid_target', meaning: 'The tenant has no such application.' },
  ADDON_NOT_CONFIGURED: {
    status: 400,
    legacy: 'invalid_request',
    meaning: 'The target has no add-on for the apiType.',
  },
  INVALID_SCOPE: {
    status: 400,
    legacy: 'invalid_scope',
    meaning: 'The scope is malformed, or more than the target is configured for.',
  },
  RATE_LIMITED: {
    status: 429,
    legacy: 'too_many_requests',
    meaning: 'The user has no request left, or the address sends too many. Wait `retryAfter` seconds.',
  },
  UPSTREAM_REFUSED: {
    status: 502,
    legacy: 'access_denied',
    meaning: 'The service of the target or the identity provider refused. `upstreamCode` is its own code.',
  },
  UPSTREAM_UNAVAILABLE: {
    status: 503,
    legacy: 'temporarily_unavailable',
    meaning:
      'The service of the target, the identity provider or the store of the limit did not answer. Try again later.',
  },
  INTERNAL: {
    status: 500,
    legacy: 'server_error',
    meaning: 'An unexpected error. The log of the gateway has it under the request id (X-Request-Id).',
  },
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
  /** Whether the request has no token at all: its challenge then has no `error` (RFC 6750 §3.1). */
  readonly tokenMissing?: true;
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
