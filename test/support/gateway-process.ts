import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { atTheEnd } from './at-the-end.js';
import { configFolder } from './config-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the gateway for a test file, so that many processes of it start quickly. @returns its entry */
export async function bundleGateway(): Promise<string> {
  const { path } = configFolder();
  await build({
    entryPoints: [join(ROOT, 'src/main.ts')],
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outdir: path,
    outExtension: { '.js': '.mjs' },
    external: ['@graphql-yoga/render-graphiql'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return join(path, 'main.mjs');
}

/**
 * Serves a configuration in a process of its own, which ends with the test, or with the file outside of a test.
 *
 * @returns the URL of its GraphQL endpoint
 */
export async function startGateway(entry: string, config: object): Promise<string> {
  const file = configFolder().write('gateway.yaml', JSON.stringify(config));
  const child = spawn(process.execPath, [entry, 'serve', '--config', file, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  atTheEnd(async () => {
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGTERM')) await exited;
  });
  const [line] = await once(child.stdout, 'data');
  return JSON.parse(String(line)).graphql;
}
