import { GraphQLError } from 'graphql';
import { DelegationError, ERROR_CODES, type RateLimitFigures } from '../errors.js';
import { describeError, type Log } from '../observability/log.js';
import type { RequestContext } from './context.js';
import { withoutValues } from './safe-message.js';

const MASKED = 'Something went wrong here; the log has it under the request id';

/** An unexpected error of a resolver: logged with its request, and masked for the caller. */
export function internalError(
  error: unknown,
  { deps, requestId }: Pick<RequestContext, 'deps' | 'requestId'>,
): DelegationError {
  deps.log.error({ requestId, error: describeError(error) }, 'unexpected error');
  return new DelegationError('INTERNAL', MASKED);
}

/** How errors leave the gateway. This is the one place that decides it, for both doors. */
export interface ErrorPresenter {
  present(error: unknown): GraphQLError;
}

/**
 * Presents a DelegationError with its code and status, GraphQL's own errors without the values they quote, and masks
 * everything else, whatever NODE_ENV says.
 *
 * @param suggestions whether "Did you mean …?" may reveal names of the schema
 */
export function errorPresenter(log: Log, suggestions: boolean): ErrorPresenter {
  const masked = (error: unknown, located?: GraphQLError) => {
    log.error({ error: describeError(error) }, 'unexpected error');
    return presentDelegationError(new DelegationError('INTERNAL', MASKED), located);
  };
  return {
    present(error) {
      if (!(error instanceof GraphQLError))
        return error instanceof DelegationError ? presentDelegationError(error) : masked(error);
      const origin = originOf(error);
      if (origin instanceof DelegationError) return presentDelegationError(origin, error);
      // With a path it comes from a resolver, which throws DelegationErrors; without, graphql-js or Yoga refused the request.
      if (error.path || !(origin instanceof GraphQLError)) return masked(origin, error);
      return presentGraphqlError(error, suggestions);
    },
  };
}

/** What was thrown, out of the wrappers that GraphQL puts around it. */
function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error;
}

function presentDelegationError(error: DelegationError, located?: GraphQLError): GraphQLError {
  const { rateLimit, retryAfter, refreshToken, upstreamCode } = error.details;
  return new GraphQLError(error.message, {
    ...(located && {
      nodes: located.nodes ?? null,
      source: located.source ?? null,
      positions: located.positions ?? null,
      path: located.path ?? null,
    }),
    extensions: {
      code: error.code,
      ...(rateLimit && { rateLimit: rateLimitExtension(rateLimit) }),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(refreshToken !== undefined && { refreshToken }),
      ...(upstreamCode !== undefined && { upstreamCode }),
      http: { status: error.status, headers: headersOf(error) },
    },
  });
}

/** The figures as the type RateLimit has them. */
function rateLimitExtension(figures: RateLimitFigures) {
  return { ...figures, resetAt: new Date(figures.reset * 1000).toISOString() };
}

function headersOf({ code, details }: DelegationError): Record<string, string> {
  if (details.retryAfter !== undefined) return { 'Retry-After': String(details.retryAfter) };
  if (details.allow !== undefined) return { Allow: details.allow };
  // RFC 9110 §15.5.2 asks for a challenge with every 401; RFC 6750 §3 says which.
  return code === 'INVALID_TOKEN' ? { 'WWW-Authenticate': 'Bearer error="invalid_token"' } : {};
}

/** What graphql-js or Yoga found wrong with the document, the variables or the parameters of the request. */
function presentGraphqlError(error: GraphQLError, suggestions: boolean): GraphQLError {
  const { code } = error.extensions;
  if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) return error;
  const message = withoutValues(error.message, suggestions);
  const { nodes = null, source = null, positions = null, path = null } = error;
  const documentFault = typeof code === 'string' && code.startsWith('GRAPHQL_');
  const extensions = documentFault
    ? error.extensions
    : {
        code: 'INVALID_REQUEST',
        http: { ...(error.extensions.http as object | undefined), status: requestStatus(error) },
      };
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

function requestStatus({ extensions }: GraphQLError): number {
  const status = (extensions.http as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? status : ERROR_CODES.INVALID_REQUEST.status;
}
