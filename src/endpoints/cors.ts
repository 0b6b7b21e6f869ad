import { DelegationError } from '../errors.js';
import { type HttpRequest, HttpResponse } from '../http/message.js';

const EXPOSED_HEADERS =
  'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, WWW-Authenticate';

/**
 * The CORS headers of answers (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are never allowed: clients
 * send tokens in a header or the body, not in cookies.
 */
export interface Cors {
  /** Builds the headers of the answer to a request. */
  headers(request: HttpRequest): Record<string, string>;
  /** Answers a preflight request; undefined for any other request. */
  preflight(request: HttpRequest): HttpResponse | undefined;
  /**
   * Refuses a request of a page whose origin is not listed, although the page could not read the answer: it would use up
   * the attempts of its visitor. A request without an Origin header is none of such a page: browsers send one with every
   * POST (https://fetch.spec.whatwg.org/#origin-header).
   *
   * @throws DelegationError INVALID_REQUEST with status 403
   */
  requireListedOrigin(request: HttpRequest): void;
}

export interface CorsOptions {
  /** The origins that may call the gateway and read its answers, compared exactly; "*" allows every origin. */
  readonly origins: readonly string[];
  /** Whether the gateway serves a page, GraphiQL, that calls it from its own origin. */
  readonly servesPage: boolean;
}

/** Creates the CORS rules of a configuration. */
export function createCors({ origins, servesPage }: CorsOptions): Cors {
  const any = origins.includes('*');
  const allowed = new Set(origins);
  const headers = (request: HttpRequest): Record<string, string> => {
    if (any) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
    const origin = request.headers.get('origin');
    if (origin === null || !allowed.has(origin)) return { Vary: 'Origin' };
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS, Vary: 'Origin' };
  };
  return {
    headers,
    preflight(request) {
      if (request.method !== 'OPTIONS') return undefined;
      return new HttpResponse(null, {
        status: 204,
        headers: {
          'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
          'Access-Control-Allow-Headers':
            request.headers.get('access-control-request-headers') ??
            'Content-Type, Authorization, Auth0-Client, X-Request-Id',
          'Access-Control-Max-Age': '86400',
        },
      });
    },
    requireListedOrigin(request) {
      const origin = request.headers.get('origin');
      if (any || origin === null || allowed.has(origin)) return;
      if (servesPage && isOwnOrigin(origin, request)) return;
      throw new DelegationError('INVALID_REQUEST', 'The Origin of the request is not one of cors.origins', {
        status: 403,
      });
    },
  };
}

/** Whether an origin has the host of the request. The scheme is not compared: a proxy may terminate TLS. */
function isOwnOrigin(origin: string, request: HttpRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host;
}
