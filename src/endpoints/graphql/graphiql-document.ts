/** Phones show the editors above the response, and the buttons of the sidebar in a row at the bottom. */
const STYLE = `
body { display: flex; flex-direction: column; height: 100vh; height: 100dvh; margin: 0; overflow: hidden; }
#root { flex: 1; min-height: 0; }
#root .graphiql-container { width: 100%; height: 100%; }
#response-headers { display: block; flex: none; width: auto; height: auto; max-height: 40%; overflow: auto; padding: 6px 16px; }
#response-headers summary { cursor: pointer; overflow-wrap: anywhere; }
#response-headers pre { margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 700px) {
  .graphiql-container .graphiql-container { flex-direction: column-reverse; }
  .graphiql-container .graphiql-sidebar { flex-direction: row; width: 100%; padding: 0 8px; }
  .graphiql-container .graphiql-main { flex-direction: column; min-height: 0; }
  .graphiql-container .graphiql-sessions { margin: 0; border-radius: 0; min-height: 0; }
  .graphiql-container #graphiql-session { flex-direction: column; min-height: 0; }
  .graphiql-container .graphiql-editors, .graphiql-container .graphiql-response { min-height: 0; }
  .graphiql-container .graphiql-logo, .graphiql-container .graphiql-horizontal-drag-bar { display: none; }
}
`;

const BEFORE_GRAPHIQL = String.raw`
{
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorker: (_, label) => new Worker('?graphiql=' + label, { name: label, type: 'module' }),
  };
  const { fetch: send } = window;
  window.fetch = async (address, init) => {
    const response = await send(address, init);
    if (!String(init?.body).includes('IntrospectionQuery')) showHeaders(response);
    return response;
  };
  function showHeaders({ status, headers }) {
    const names = ['ratelimit', 'x-ratelimit-remaining', 'retry-after'].filter((name) => headers.has(name));
    const [summary, all] = document.getElementById('response-headers').children;
    summary.textContent = ['HTTP ' + status, ...names.map((name) => name + ': ' + headers.get(name))].join(' · ');
    all.textContent = [...headers].map((header) => header.join(': ')).join('\n');
  }
}
`;

/**
 * The package's own `onEditQuery` puts the query into the address of the page, and a reload of that is no longer in the cache.
 * Other GraphiQLs at this host and port, such as that of another project on a developer's machine, store tabs under other names.
 */
const START = `
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  ...JSON.parse(document.getElementById('graphiql-options').textContent),
  onEditQuery() {},
  storage: {
    get length() { return localStorage.length; },
    getItem: (key) => localStorage.getItem('delegation-gateway:' + key),
    setItem: (key, value) => localStorage.setItem('delegation-gateway:' + key, value),
    removeItem: (key) => localStorage.removeItem('delegation-gateway:' + key),
    clear() {
      for (const key of Object.keys(localStorage)) if (key.startsWith('delegation-gateway:')) localStorage.removeItem(key);
    },
  },
});
`;

/**
 * Builds what comes before and after the package's style sheet in GraphiQL's HTML document. Unlike `renderGraphiQL` of the
 * package, the document fits a phone and shows the headers of the last response, and its script and workers are files: the
 * browser compiles the script while it arrives, and gets the workers after it has shown the editor.
 */
export function buildGraphiqlDocument(
  title: string,
  options: Readonly<Record<string, unknown>>,
): readonly [before: string, after: string] {
  return [
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="preload" href="?graphiql=script" as="script">
<style>`,
    `${STYLE}</style>
</head>
<body class="no-focus-outline">
<noscript>GraphiQL needs JavaScript.</noscript>
<div id="root"></div>
<details id="response-headers" class="graphiql-container"><summary>Response headers: none yet</summary><pre></pre></details>
<script type="application/json" id="graphiql-options">${JSON.stringify(options).replaceAll('<', '\\u003c')}</script>
<script>${BEFORE_GRAPHIQL}</script>
<script src="?graphiql=script"></script>
<script>${START}</script>
</body>
</html>
`,
  ];
}
