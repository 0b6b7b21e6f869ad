import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { constants } from 'node:zlib';
import { createEtag } from '../etag.js';
import { buildGraphiqlDocument } from './graphiql-document.js';

const TITLE = 'Delegation Gateway';

/** What GraphiQL opens with. */
export interface GraphiqlExample {
  /** Documents with one operation each, which the play button then runs with one click. Each has a tab, named after its operation. */
  readonly queries?: readonly string[];
  /** The content of the headers tab, as JSON. */
  readonly headers?: string;
}

/** The page as it is sent with one content coding. */
export interface Representation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A strong entity tag of these bytes (RFC 9110 §8.8.3). */
  readonly etag: string;
}

/** The page by content coding. */
export type GraphiqlPage = Readonly<Record<'br' | 'gzip' | 'identity', Representation>>;

const QUERIES = [
  /* GraphQL */ `# Exchange a user's token for another service's credential.
# Put the token into Headers, below, and press the play button.
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
`,
  /* GraphQL */ `# Who the user is, and what the user may do. It spends nothing.
query Viewer {
  viewer {
    userId
    targets {
      clientId
      apiTypes
    }
    rateLimit {
      remaining
      retryAfter
    }
  }
}
`,
];

/** 2.2 MB in 0.15 s of processor time; quality 5 takes 0.4 s for 1.9 MB, the default of 11 takes 25 s for 1.7 MB. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } };
/** 2.5 MB in 0.17 s; the default of 6 takes 0.26 s for 2.4 MB. */
const GZIP = { level: 4 };

/** Joins and compresses the page, in JavaScript for a thread. */
const RENDER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { brotliCompressSync, gzipSync } = require('node:zlib');
  const graphiql = require(workerData.graphiql);
  const identity = Buffer.from(
    workerData.document.map((part) => (typeof part === 'string' ? part : graphiql[part.name])).join(''),
  );
  const page = { br: brotliCompressSync(identity, workerData.brotli), gzip: gzipSync(identity, workerData.gzip), identity };
  parentPort.postMessage(page, Object.values(page).map(({ buffer }) => buffer));
`;

/**
 * Starts to render GraphiQL from the package that loads nothing from other addresses.
 *
 * The page is made in a thread, so that it does not delay the start of the gateway, and so that only its bytes remain: the
 * strings of the package and of the page take 100 MB until their thread ends.
 *
 * @throws Error when the package is not installed
 */
export function loadGraphiql(example: GraphiqlExample = {}): Promise<GraphiqlPage> {
  const queries = example.queries ?? QUERIES;
  const headers = example.headers ?? JSON.stringify({ Authorization: 'Bearer <the token of the user>' }, null, 2);
  const options = {
    title: TITLE,
    // A browser drops the page from its cache when it posts to the address of the page (RFC 9111 §4.4): no reload would
    // be a 304. With a query string the address is another one. It is relative, for a proxy that adds a prefix to the path.
    endpoint: '?from=graphiql',
    defaultTabs: queries.map((query) => ({ query })),
    // With `defaultQuery` instead, a reload activates an empty tab when the browser has stored tabs of an earlier visit.
    query: queries[0],
    // `headers` fills new tabs, `initialHeaders` the active one, which would otherwise take what the browser has stored.
    headers,
    initialHeaders: headers,
    defaultEditorToolsVisibility: 'headers' as const,
    // The headers hold a token, which must not stay in the browser's storage.
    shouldPersistHeaders: false,
  };
  const graphiql = createRequire(import.meta.url).resolve('@graphql-yoga/render-graphiql/graphiql');
  const document = buildGraphiqlDocument(TITLE, options);
  const thread = new Worker(RENDER, { eval: true, workerData: { graphiql, document, brotli: BROTLI, gzip: GZIP } });
  const page = once(thread, 'message').then(([{ br, gzip, identity }]) => ({
    br: represent(br),
    gzip: represent(gzip),
    identity: represent(identity),
  }));
  // Node.js ends the process on an unhandled rejection; here the readers get the error when they await it.
  page.catch(() => {});
  return page;
}

function represent(bytes: Uint8Array<ArrayBuffer>): Representation {
  return { bytes, etag: createEtag(bytes) };
}
