import { GraphQLError, type GraphQLErrorExtensions, Kind } from 'graphql';
import { type DelegationError, ERROR_CODES } from '../../errors.js';
import { maskUnexpected } from '../../observability/unexpected-error.js';
import type { RateLimitStatus } from '../../rate-limit/token-bucket.js';
import type { RequestContext } from '../context.js';
import { errorHeaders } from '../responses.js';
import { DOCUMENT_CODES, type ErrorExtensions, type RateLimitExtension } from './error-extensions.js';
import type { SafeMessage } from './safe-message.js';

/** Presents an error of a request to its client. */
export type PresentError = (error: unknown, context: Pick<RequestContext, 'deps' | 'requestId'>) => GraphQLError;

/**
 * Creates the presenter of the GraphQL endpoint. A DelegationError keeps its code and details. Errors about the
 * document keep their code of DOCUMENT_CODES, and those about parameters and variables become INVALID_REQUEST, all
 * without the values that they quote. Everything else is logged and masked, whatever NODE_ENV says.
 */
export function createErrorPresenter(safeMessage: SafeMessage): PresentError {
  return (error, { deps, requestId }) => {
    const place = error instanceof GraphQLError ? error : undefined;
    const origin = findOrigin(error);
    if (!(origin instanceof GraphQLError) || isUnexpected(origin) || (place && isFromResolver(place))) {
      return presentDelegationError(maskUnexpected(origin, deps.log, requestId), place);
    }
    const {
      message,
      extensions: { code, http },
    } = place ?? origin;
    const extensions: PresentedExtensions = isDocumentCode(code)
      ? { code, http }
      : { code: 'INVALID_REQUEST', http: { status: ERROR_CODES.INVALID_REQUEST.status } };
    return locate(safeMessage(message), place, extensions);
  };
}

/** Unwraps what was thrown from the errors that GraphQL puts around it. */
function findOrigin(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? findOrigin(error.originalError) : error;
}

/** What is sent, and what Yoga reads of it and leaves out. */
type PresentedExtensions = ErrorExtensions & Pick<GraphQLErrorExtensions, 'http'>;

function isDocumentCode(code: unknown): code is keyof typeof DOCUMENT_CODES {
  return typeof code === 'string' && Object.hasOwn(DOCUMENT_CODES, code);
}

/** Yoga marks what it wrapped from a thrown value that is no Error. */
function isUnexpected({ extensions }: GraphQLError): boolean {
  return extensions.unexpected === true;
}

/**
 * Resolvers throw DelegationErrors, so a GraphQLError of a resolver is unexpected. An argument that cannot be coerced also
 * has a path, but its node is the argument and not the field.
 */
function isFromResolver({ path, nodes }: GraphQLError): boolean {
  return path !== undefined && !nodes?.some(({ kind }) => kind === Kind.ARGUMENT || kind === Kind.VARIABLE);
}

function presentDelegationError(error: DelegationError, place: GraphQLError | undefined): GraphQLError {
  const { rateLimit, retryAfter, refreshToken, upstreamCode } = error.details;
  return locate(error.message, place, {
    code: error.code,
    ...(rateLimit && { rateLimit: presentRateLimit(rateLimit) }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(upstreamCode !== undefined && { upstreamCode }),
    http: { status: error.status, headers: errorHeaders(error) },
  });
}

/** Builds an error that takes only the location and the path from the original one. */
function locate(message: string, place: GraphQLError | undefined, extensions: PresentedExtensions): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = place ?? {};
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions } });
}

/** The status in the form of the type RateLimit. */
function presentRateLimit({ limit, remaining, reset, retryAfter }: RateLimitStatus): RateLimitExtension {
  return { limit, remaining, reset, retryAfter, resetAt: new Date(reset * 1000).toISOString() };
}
