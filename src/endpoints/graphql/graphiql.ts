import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { createEtag } from '../etag.js';

/** What GraphiQL opens with: a document, and the content of the headers tab as JSON. */
export interface GraphiqlExample {
  readonly query?: string;
  readonly headers?: string;
}

/** The page as it is sent with one content coding. */
export interface Representation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A strong entity tag of these bytes (RFC 9110 §8.8.3). */
  readonly etag: string;
}

/** The page by content coding. Compression may still be running: a reader waits for it. */
export interface GraphiqlPage {
  readonly br: Promise<Representation>;
  readonly gzip: Promise<Representation>;
  readonly identity: Promise<Representation>;
}

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

/** 1.9 MB in 0.3 s of processor time; the default quality of 11 takes 25 s for 1.7 MB. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * Renders GraphiQL from the package that loads nothing from other addresses, and starts to compress it.
 *
 * Compression runs on the thread pool and is not awaited, so that it does not delay the start of the gateway.
 */
export async function loadGraphiql(example: GraphiqlExample = {}): Promise<GraphiqlPage> {
  // Imported only where GraphiQL is on: the package has 9 MB.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const query = example.query ?? EXAMPLE;
  const headers = example.headers ?? JSON.stringify({ Authorization: 'Bearer <the token of the user>' }, null, 2);
  const options = {
    title: 'Delegation Gateway',
    // A browser drops the page from its cache when it posts to the address of the page (RFC 9111 §4.4): no reload would
    // be a 304. With a query string the address is another one. It is relative, for a proxy that adds a prefix to the path.
    endpoint: '?from=graphiql',
    // With `defaultQuery` instead, a reload activates an empty tab when the browser has stored tabs of an earlier visit.
    query,
    // `headers` fills new tabs, `initialHeaders` the active one, which would otherwise take what the browser has stored.
    headers,
    initialHeaders: headers,
    defaultEditorToolsVisibility: 'headers' as const,
    // The headers hold a token, which must not stay in the browser's storage.
    shouldPersistHeaders: false,
  };
  const bytes = Buffer.from(renderGraphiQL(options));
  const page = {
    identity: Promise.resolve(represent(bytes)),
    br: promisify(brotliCompress)(bytes, BROTLI).then(represent),
    gzip: promisify(gzip)(bytes).then(represent),
  };
  // Node.js ends the process on an unhandled rejection; here the readers get the error when they await it.
  for (const representation of Object.values(page)) representation.catch(() => {});
  return page;
}

function represent(bytes: Buffer<ArrayBuffer>): Representation {
  return { bytes, etag: createEtag(bytes) };
}
