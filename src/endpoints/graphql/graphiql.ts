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

/** A file as it is sent with one content coding. */
export interface Representation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A strong entity tag of these bytes (RFC 9110 §8.8.3). */
  readonly etag: string;
}

/** A file by content coding. */
export type GraphiqlFile = Readonly<Record<'br' | 'gzip' | 'identity', Representation>>;

/** The files of the page: its HTML `document`, its `script`, and the script of each worker by the label that the editor gives it. */
export type GraphiqlPage = ReadonlyMap<string, GraphiqlFile>;

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

/** 1.8 MB in 0.45 s of processor time; quality 3 takes 0.15 s for 2 MB, the default of 11 takes 25 s for 1.6 MB. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
/** 2.3 MB in 0.17 s; the default of 6 takes 0.26 s for 2.2 MB. */
const GZIP = { level: 4 };

/**
 * Builds and compresses the files, in JavaScript for a thread. Of the fonts, only those for Latin characters and icons
 * stay, as others are seldom seen: the browser has one for them.
 */
const RENDER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { brotliCompressSync, gzipSync } = require('node:zlib');
  const { css, js, editorWorkerService, jsonWorker, graphqlWorker } = require(workerData.graphiql);
  const isSeldomUsed = (fontFace) => /unicode-range:(?!U\\+0000)/.test(fontFace);
  const style = css.replace(/@font-face\\s*{[^}]*}/g, (fontFace) => (isSeldomUsed(fontFace) ? '' : fontFace));
  const texts = {
    document: workerData.document.join(style),
    script: js,
    editorWorkerService,
    json: jsonWorker,
    graphql: graphqlWorker,
  };
  const files = {};
  for (const [name, text] of Object.entries(texts)) {
    const identity = Buffer.from(text);
    files[name] = { br: brotliCompressSync(identity, workerData.brotli), gzip: gzipSync(identity, workerData.gzip), identity };
  }
  parentPort.postMessage(files, Object.values(files).flatMap((file) => Object.values(file).map(({ buffer }) => buffer)));
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
  const page = once(thread, 'message').then(
    ([files]) => new Map(Object.entries(files).map(([name, file]) => [name, represent(file as CompressedFile)])),
  );
  // Node.js ends the process on an unhandled rejection; here the readers get the error when they await it.
  page.catch(() => {});
  return page;
}

type CompressedFile = Readonly<Record<keyof GraphiqlFile, Uint8Array<ArrayBuffer>>>;

function represent({ br, gzip, identity }: CompressedFile): GraphiqlFile {
  const tag = (bytes: Uint8Array<ArrayBuffer>) => ({ bytes, etag: createEtag(bytes) });
  return { br: tag(br), gzip: tag(gzip), identity: tag(identity) };
}
