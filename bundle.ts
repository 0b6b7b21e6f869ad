import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles the command line into `dist`, or the folder that is given: `main.js`, and a chunk for what each command loads. */
await build({
  entryPoints: ['src/main.ts'],
  outdir: process.argv[2] ?? 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // The ES modules of graphql, so that what is not used of it is left out. One plugin imports a file of it: without the alias
  // there would be two copies of the parser and of its errors.
  mainFields: ['module', 'main'],
  alias: {
    'graphql/language/parser': 'graphql/language/parser.mjs',
    // Likewise of yaml. Its build for Node reads process.env for each lexeme, a quarter of the time of a large file.
    yaml: fileURLToPath(new URL('node_modules/yaml/browser/index.js', import.meta.url)),
  },
  // Identifiers stay, for stack traces. An uncaught error prints its line, which must not be the whole file.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  sourcemap: true,
  // CommonJS packages require the modules of Node.js.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
