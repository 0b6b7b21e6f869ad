const EXPOSED_HEADERS = 'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id';

/**
 * The CORS headers of answers (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are never allowed: clients
 * send tokens in a header or the body, not in cookies.
 */
export interface Cors {
  /** Builds the headers of the answer to a request. */
  headers(request: Request): Record<string, string>;
  /** Answers a preflight request; undefined for any other request. */
  preflight(request: Request): Response | undefined;
}

/** @param origins the origins that may read answers, compared exactly; "*" allows every origin */
export function createCors(origins: readonly string[]): Cors {
  const any = origins.includes('*');
  const allowed = new Set(origins);
  const headers = (request: Request): Record<string, string> => {
    if (any) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED_HEADERS };
    const origin = request.headers.get('origin');
    if (origin === null || !allowed.has(origin)) return { Vary: 'Origin' };
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS, Vary: 'Origin' };
  };
  return {
    headers,
    preflight(request) {
      if (request.method !== 'OPTIONS') return undefined;
      return new Response(null, {
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
  };
}
