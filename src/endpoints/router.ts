import type { TenantLookup } from '../config/tenant-lookup.js';
import { DelegationError } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import type { Log } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { maskUnexpected } from '../observability/unexpected-error.js';
import type { ClientIp } from './client-ip.js';
import type { Endpoint, RequestContext } from './context.js';
import type { Cors } from './cors.js';
import { jwksEndpoint, samlMetadataEndpoint } from './documents.js';
import { indexEndpoint } from './index-page.js';
import { answerOperations, OPERATIONS_PATHS, type OperationsOptions } from './operations.js';
import { readBearerToken, readRequestId } from './request-headers.js';
import { errorResponse } from './responses.js';

/** What is known about the connection that a request came over. */
export interface Connection {
  /** The IP address of the peer, which limits count by; of a proxy where `trust_proxy` has it. */
  readonly remoteAddress: string;
  /** False when the request does not name exactly one valid host: it is refused. */
  readonly hasValidHost?: boolean;
}

export interface RouterOptions extends OperationsOptions {
  readonly findTenant: TenantLookup;
  readonly cors: Cors;
  readonly clientIp: ClientIp;
  /** What the requests of all generations share. */
  readonly services: Pick<
    RequestContext,
    'deps' | 'audit' | 'upstreams' | 'refreshTokens' | 'remoteKeys' | 'usedAssertions' | 'refusedTokens'
  >;
  /** Counts the requests; undefined where metrics are off. */
  readonly metrics: Metrics | undefined;
  /** By path. They count attempts, so only pages of a listed origin may call them. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

/** Answers a request. Rejects only with the TypeError of a connection without an address. */
export type Router = (request: HttpRequest, connection: Connection) => Promise<HttpResponse>;

interface Peer {
  readonly ip: string;
  readonly hasValidHost: boolean;
}

/** Errors are not logged when the client disconnected: they follow from that. */
const NO_LOG: Pick<Log, 'error'> = { error: () => {} };

/** Routes a request by host and path, and adds to every response what all of them have. */
export function createRouter(options: RouterOptions): Router {
  const { findTenant, cors, clientIp, services, metrics, endpoints } = options;
  const { deps, audit, upstreams, refreshTokens, remoteKeys, usedAssertions, refusedTokens } = services;
  const routes = new Map<string, Endpoint>([
    ...Object.entries(endpoints).map(([path, endpoint]) => [path, requireListedOrigin(endpoint, cors)] as const),
    ['/', indexEndpoint],
    ['/.well-known/jwks.json', jwksEndpoint],
    ['/saml/metadata', samlMetadataEndpoint],
  ]);

  function answer(request: HttpRequest, { ip, hasValidHost }: Peer, requestId: string) {
    const { path } = request;
    if (!hasValidHost) {
      throw new DelegationError('INVALID_REQUEST', 'The request must have one valid Host header');
    }
    const preflight = cors.preflight(request);
    if (preflight) return preflight;
    const operations = answerOperations(request, options);
    if (operations) return operations;
    const tenant = findTenant(request.host);
    if (!tenant) throw new DelegationError('INVALID_REQUEST', 'No tenant has this host', { status: 421 });
    const endpoint = routes.get(path);
    if (!endpoint) throw new DelegationError('INVALID_REQUEST', 'There is nothing at this path', { status: 404 });
    // Named one by one: a spread of so many properties costs as much as an HMAC.
    return endpoint.answer(request, {
      deps,
      audit,
      upstreams,
      refreshTokens,
      remoteKeys,
      usedAssertions,
      refusedTokens,
      tenant,
      endpoint: endpoint.name,
      ip,
      requestId,
      bearerToken: readBearerToken(request),
      connection: request,
    });
  }

  const nameEndpoint = (path: string) =>
    routes.get(path)?.name ?? (OPERATIONS_PATHS.has(path) ? 'operations' : 'other');

  async function route(request: HttpRequest, connection: Connection): Promise<HttpResponse> {
    // Callers without types may leave the connection out.
    const { remoteAddress, hasValidHost = true }: Partial<Connection> = connection ?? {};
    const ip = clientIp(remoteAddress, request.headers.get('x-forwarded-for'));
    const requestId = readRequestId(request, deps);
    let response: HttpResponse;
    try {
      response = await answer(request, { ip, hasValidHost }, requestId);
    } catch (error) {
      const present = routes.get(request.path)?.presentError ?? errorResponse;
      const log = request.signal.aborted ? NO_LOG : deps.log;
      response = present(maskUnexpected(error, log, requestId));
    }
    metrics?.countRequest(nameEndpoint(request.path), response.status);
    const headers = { 'X-Request-Id': requestId, 'X-Content-Type-Options': 'nosniff', ...cors.headers(request) };
    for (const [name, value] of Object.entries(headers)) {
      // The endpoint may have set a Vary of its own.
      if (name === 'Vary') response.headers.append(name, value);
      else response.headers.set(name, value);
    }
    if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
    return response;
  }

  return deps.tracing.traceAnswer(route, (path) => routes.has(path) || OPERATIONS_PATHS.has(path));
}

function requireListedOrigin(endpoint: Endpoint, cors: Cors): Endpoint {
  return {
    ...endpoint,
    answer(request, context) {
      cors.requireListedOrigin(request);
      return endpoint.answer(request, context);
    },
  };
}
