import { type HttpRequest, HttpResponse } from '../../http/message.js';
import { selectEncoding } from '../accept-encoding.js';
import { matchesEtag } from '../etag.js';
import type { GraphiqlPage } from './graphiql.js';

/**
 * Users type tokens into the page, so it may connect to this gateway only and must not be framed
 * (https://www.w3.org/TR/CSP3/).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "style-src 'unsafe-inline'",
  'font-src data:',
  "img-src 'self' data:",
  "connect-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  // The browser may keep the page but asks each time: a restarted demo has another token in it.
  'Cache-Control': 'private, no-cache',
  Vary: 'Accept, Accept-Encoding',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
};

/** Serves the page. */
export type ServePage = (request: HttpRequest) => Promise<HttpResponse | undefined>;

/**
 * Creates what answers GET and HEAD with the page, or with the file of it that `?graphiql=` names, or with 304 when the client
 * has that already (RFC 9110 §13.1.2). Any other request it leaves to GraphQL.
 */
export function createPageServer(page: Promise<GraphiqlPage>): ServePage {
  return async (request) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !acceptsPage(request)) return undefined;
    const name = new URLSearchParams(request.query).get('graphiql') ?? 'document';
    const file = (await page).get(name);
    if (!file) return undefined;
    const encoding = selectEncoding(request.headers.get('accept-encoding'), ['br', 'gzip']);
    // All readers share these bytes: a copy for each would cost megabytes for every slow reader.
    const { bytes, etag } = file[encoding];
    const headers = { ...HEADERS, ETag: etag };
    if (matchesEtag(request, etag)) return new HttpResponse(null, { status: 304, headers });
    return new HttpResponse(request.method === 'HEAD' ? null : bytes, {
      headers: {
        ...headers,
        'Content-Type': `text/${name === 'document' ? 'html' : 'javascript'}; charset=utf-8`,
        'Content-Length': String(bytes.byteLength),
        ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
      },
    });
  };
}

/**
 * Browsers accept HTML, and curl accepts anything. A request that accepts anything and has a `query` is GraphQL by GET:
 * it gets the answer of the GraphQL server instead.
 */
function acceptsPage({ headers, query }: HttpRequest): boolean {
  const accept = headers.get('accept')?.toLowerCase() ?? '*/*';
  return accept.includes('text/html') || (accept.includes('*/*') && !new URLSearchParams(query).has('query'));
}
