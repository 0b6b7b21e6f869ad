const EXPOSED = 'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id';

/** Cross-origin rules (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are never allowed: tokens travel in the request. */
export interface Cors {
  /** The headers for an answer to this request. */
  headers(request: Request): Record<string, string>;
  /** The answer to a preflight; undefined when the request is none. */
  preflight(request: Request): Response | undefined;
}

/** @param origins exact origins, or "*" */
export function createCors(origins: readonly string[]): Cors {
  const any = origins.includes('*');
  const allowed = new Set(origins);
  const headers = (request: Request): Record<string, string> => {
    if (any) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED };
    const origin = request.headers.get('origin');
    if (origin === null || !allowed.has(origin)) return { Vary: 'Origin' };
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED, Vary: 'Origin' };
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
