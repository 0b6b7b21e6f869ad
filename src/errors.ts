/** What each refusal means outside: its HTTP status and the `error` of the legacy endpoint (RFC 6749 §5.2 where it has one). */
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

/** All that a caller hears of an error that nobody expected. */
export const MASKED = 'Something went wrong here';

export type ErrorCode = keyof typeof ERROR_CODES;

/** The state of a bucket after a decision. `reset` is in epoch seconds, `retryAfter` in seconds, null while requests remain. */
export interface RateLimitFigures {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
  readonly retryAfter: number | null;
}

/** What a refusal carries beside its code and message. */
export interface ErrorDetails {
  /** In place of the code's own status: 405, 413, 415 and 421 are all INVALID_REQUEST. */
  readonly status?: number;
  readonly rateLimit?: RateLimitFigures;
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
  /** The rotated refresh token: without it the caller would have lost its session. */
  readonly refreshToken?: string;
  /** The error code that an upstream service gave, never its description. */
  readonly upstreamCode?: string;
  /** The methods that a 405 names in its Allow header. */
  readonly allow?: string;
  readonly cause?: unknown;
}

/**
 * A refusal that the caller may read. The message names the rule or the field and what was expected; it never
 * holds a token, a key, a secret or an upstream's body.
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

  /** The same refusal with more known about it. */
  with(details: ErrorDetails): DelegationError {
    return new DelegationError(this.code, this.message, { ...this.details, ...details });
  }
}
