import type { ErrorCode } from '../../errors.js';

/**
 * The codes of requests that are not executed because of their document: it does not parse, it does not validate, or the
 * request has only the hash of a persisted query.
 */
export const DOCUMENT_CODES = {
  GRAPHQL_PARSE_FAILED: 'The document has a syntax error.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit this schema.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'The request has the hash of a query. Send the query itself, as clients then do.',
} as const;

/** Every `extensions.code` of the GraphQL endpoint. */
export type GraphqlErrorCode = ErrorCode | keyof typeof DOCUMENT_CODES;

/** The limit of the user, as the type RateLimit has it. */
export interface RateLimitExtension {
  readonly limit: number;
  readonly remaining: number;
  /** An RFC 3339 date-time at which the bucket is full again. */
  readonly resetAt: string;
  /** The same in epoch seconds. */
  readonly reset: number;
  /** Seconds until the next request is possible; null while requests remain. */
  readonly retryAfter: number | null;
}

/** The `extensions` of an error that the GraphQL endpoint answers with. */
export interface ErrorExtensions {
  readonly code: GraphqlErrorCode;
  /** The limit of the user, once a request was spent or refused. */
  readonly rateLimit?: RateLimitExtension;
  /** Seconds after which the caller may try again; with RATE_LIMITED and some UPSTREAM_UNAVAILABLE. */
  readonly retryAfter?: number;
  /** The new refresh token, where the identity provider rotated the one that was given before the request was refused. */
  readonly refreshToken?: string;
  /** The error code of the upstream service; with UPSTREAM_REFUSED. */
  readonly upstreamCode?: string;
}
