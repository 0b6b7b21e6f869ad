import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { testClock } from '../support/clock.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, ISSUER } from '../support/gateway.js';
import { identityProvider } from '../support/identity-provider.js';
import { installTarball, linkPackages } from '../support/library-project.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = fileURLToPath(new URL('node_modules', import.meta.url));
const EXAMPLES = `${ROOT}examples/mount/`;

/** The gateway as npm packs it, installed in a project. */
const folder = configFolder({ 'package.json': '{ "type": "module" }' });
let tarball: string;
let installed: string;

beforeAll(async () => {
  // Builds dist first, by the script prepack.
  const pack = ['pack', '--silent', '--json', '--pack-destination', folder.path];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT });
  tarball = `${folder.path}/${JSON.parse(stdout)[0].filename}`;
  installed = await installTarball(tarball, folder.path);
  linkPackages(folder.path, ['express', 'fastify', 'hono', '@hono/node-server'], MODULES);
}, 300_000);

describe('the package', () => {
  it('has nothing that publint remarks', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, level: 'suggestion', strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that attw finds right, as those of an ES module', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    // To require an ES module works in each Node.js that `engines` names, but attw checks older ones.
    const problems = result.types && result.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM');
    expect(problems).toEqual([]);
  });
});

/** The command that runs an example, with the program of the package that npm installs for this platform. */
function commandFor(name: string): readonly [string, ...string[]] {
  const require = createRequire(import.meta.url);
  const find = (packages: readonly string[], file: string) => {
    const found = packages.find((each) => {
      try {
        return require.resolve(`${each}/package.json`);
      } catch {
        return false;
      }
    });
    return require.resolve(`${found}/package.json`).replace('package.json', file);
  };
  const target = `${platform()}-${arch()}`;
  if (name === 'bun.mjs')
    return [find([`@oven/bun-${target}`, `@oven/bun-${target.replace('arm64', 'aarch64')}`], 'bin/bun')];
  if (name === 'deno.mjs') {
    const program = find([`@deno/${target}-glibc`, `@deno/${target}`], 'deno');
    return [program, 'run', '--allow-net', '--allow-read', '--allow-write=audit.jsonl', '--allow-env', '--allow-sys'];
  }
  return [process.execPath];
}

describe('a server of others with the gateway in it', () => {
  const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'));
  let idToken: string;

  beforeAll(async () => {
    folder.write('gateway.yaml', stringify({ ...baseConfig(), graphiql: true, audit: { file: 'audit.jsonl' } }));
    idToken = await identityProvider({ issuer: ISSUER, clock: testClock(Date.now()) }).idToken({ aud: 'web' });
    for (const name of examples) copyFileSync(EXAMPLES + name, `${folder.path}/${name}`);
  });

  it.each(examples)('%s', async (name) => {
    const [program, ...args] = commandFor(name);
    const server = spawn(program, [...args, name], {
      cwd: folder.path,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const ended = once(server, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
    const [port] = await Promise.race([once(server.stdout, 'data'), ended]);
    ended.catch(() => {});
    const origin = `http://127.0.0.1:${Number(port)}`;
    const base = name === 'node-http.mjs' ? '' : '/identity';

    expect(await (await fetch(`${origin}/hello`)).text()).toBe('Hello');
    const query = 'mutation { delegate(input: { target: "chat" }) { credential { apiType } rateLimit { remaining } } }';
    const graphql = await fetch(`${origin}${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${idToken}` },
      body: JSON.stringify({ query }),
    });
    const delegate = { credential: { apiType: 'FIREBASE' }, rateLimit: { remaining: 9 } };
    expect(await graphql.json()).toEqual({ data: { delegate } });

    const legacy = await fetch(`${origin}${base}/delegation`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'web',
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        id_token: idToken,
        target: 'chat',
        api_type: 'firebase',
      }),
    });
    expect([legacy.status, legacy.headers.get('x-ratelimit-remaining')]).toEqual([200, '8']);

    const page = await fetch(`${origin}${base}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<title>Delegation Gateway</title>');
    if (base !== '') expect((await fetch(`${origin}/graphql`)).status).toBe(404);
    const large = await fetch(`${origin}${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, padding: 'x'.repeat(110 * 1024) }),
    });
    expect(large.status).toBe(413);
  });
});
