import { GraphQLError, type GraphQLErrorExtensions, Kind } from 'graphql';
import { DelegationError, ERROR_CODES, MASKED, type RateLimitFigures } from '../../errors.js';
import { describeError, type Log } from '../../observability/log.js';
import type { RequestContext } from '../context.js';
import type { SafeMessage } from './safe-message.js';

/** An unexpected error of a resolver: logged with its request, and masked for the caller. */
export function internalError(
  error: unknown,
  { deps, requestId }: Pick<RequestContext, 'deps' | 'requestId'>,
): DelegationError {
  deps.log.error({ requestId, error: describeError(error) }, 'unexpected error');
  return new DelegationError('INTERNAL', `${MASKED}; the log has it under the request id`);
}

/** How errors leave the gateway. This is the one place that decides it, for both doors. */
export interface ErrorPresenter {
  present(error: unknown): GraphQLError;
  /** A fault that validation found in a document, before Yoga gives it code and status. */
  presentFault(fault: GraphQLError): GraphQLError;
}

/**
 * Presents a DelegationError with its code and status, GraphQL's own errors without the values they quote, and masks
 * everything else, whatever NODE_ENV says. Documents that do not parse or validate keep the code and status that GraphQL
 * over HTTP gives them; what is wrong with parameters and variables is an INVALID_REQUEST.
 */
export function errorPresenter(log: Log, safe: SafeMessage): ErrorPresenter {
  const masked = (error: unknown, place?: GraphQLError) => {
    log.error({ error: describeError(error) }, 'unexpected error');
    return presentDelegationError(new DelegationError('INTERNAL', MASKED), place);
  };
  return {
    present(error) {
      if (!(error instanceof GraphQLError))
        return error instanceof DelegationError ? presentDelegationError(error) : masked(error);
      const origin = originOf(error);
      if (origin instanceof DelegationError) return presentDelegationError(origin, error);
      if (!(origin instanceof GraphQLError) || isFromResolver(error)) return masked(origin, error);
      const { code } = error.extensions;
      if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) return error;
      const isDocumentFault = typeof code === 'string' && code.startsWith('GRAPHQL_');
      return located(
        safe(error.message),
        error,
        isDocumentFault
          ? { code, http: error.extensions.http }
          : { code: 'INVALID_REQUEST', http: { status: ERROR_CODES.INVALID_REQUEST.status } },
      );
    },
    presentFault: (fault) => located(safe(fault.message), fault, {}),
  };
}

/**
 * A resolver throws DelegationErrors, and what else comes out of one is none of the caller's business. An argument that
 * cannot be coerced has a path too, but is located at the argument and not at the field.
 */
function isFromResolver({ path, nodes }: GraphQLError): boolean {
  return path !== undefined && !nodes?.some(({ kind }) => kind === Kind.ARGUMENT || kind === Kind.VARIABLE);
}

/** What was thrown, out of the wrappers that GraphQL puts around it. */
function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error;
}

function presentDelegationError(error: DelegationError, place?: GraphQLError): GraphQLError {
  const { rateLimit, retryAfter, refreshToken, upstreamCode } = error.details;
  return located(error.message, place, {
    code: error.code,
    ...(rateLimit && { rateLimit: rateLimitExtension(rateLimit) }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(upstreamCode !== undefined && { upstreamCode }),
    http: { status: error.status, headers: headersOf(error) },
  });
}

/** An error where another one was, and nothing else of that one. */
function located(message: string, place: GraphQLError | undefined, extensions: GraphQLErrorExtensions): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = place ?? {};
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
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
