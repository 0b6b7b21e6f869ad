import type { GraphiQLOptions, Plugin } from 'graphql-yoga';

/** What GraphiQL opens with: a document, and the headers tab as JSON. */
export type GraphiqlExample = Partial<Pick<GraphiQLOptions, 'defaultQuery' | 'headers'>>;

const EXAMPLE = /* GraphQL */ `# Trade a user's token for another service's credential.
# Put the token into Headers, below, and press Ctrl-Enter.
mutation Delegate {
  delegate(input: {}) {
    credential {
      apiType
      token
      expiresAt
    }
    rateLimit {
      remaining
      resetAt
    }
  }
}
`;

/**
 * The page may talk to this gateway and to nobody else, and be framed by nobody: what is typed into it are tokens
 * (https://www.w3.org/TR/CSP3/). Its editor runs in workers that it makes from blobs.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' blob:",
  "worker-src 'self' blob:",
  "style-src 'unsafe-inline'",
  'font-src data:',
  "img-src 'self' data:",
  "connect-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page of GraphiQL, from the package that needs no other address, with something to run in it. Loaded only where it is on. */
export async function loadGraphiql(example: GraphiqlExample = {}): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL({
    title: 'Delegation Gateway',
    defaultQuery: EXAMPLE,
    headers: JSON.stringify({ Authorization: 'Bearer <the token of the user>' }, null, 2),
    defaultEditorToolsVisibility: 'headers',
    ...example,
  });
}

/** Answers GET with the page. */
export function useGraphiql(page: string): Plugin {
  // 9 MB, made into bytes once: otherwise each reader that is slow, or stops reading, has a copy of its own here.
  const bytes = new TextEncoder().encode(page);
  return {
    onRequestParse({ request, endResponse, fetchAPI }) {
      if (request.method !== 'GET' || !wantsPage(request)) return;
      endResponse(
        new fetchAPI.Response(bytes, {
          headers: {
            'Content-Type': 'text/html; charset=utf-8',
            'Content-Security-Policy': CONTENT_SECURITY_POLICY,
            'Referrer-Policy': 'no-referrer',
          },
        }),
      );
    },
  };
}

/**
 * A browser says that it takes HTML, and curl that it takes anything; but with a `query` that is GraphQL by GET, which has
 * to hear that there is none.
 */
function wantsPage(request: Request): boolean {
  const accept = request.headers.get('accept')?.toLowerCase() ?? '*/*';
  return accept.includes('text/html') || (accept.includes('*/*') && !new URL(request.url).searchParams.has('query'));
}
