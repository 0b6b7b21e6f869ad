import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { testClock } from '../support/clock.js';
import { configFolder } from '../support/config-folder.js';
import { readPage } from '../support/documentation.js';
import { baseConfig, type ConfigDocument, ISSUER } from '../support/gateway.js';
import { identityProvider } from '../support/identity-provider.js';
import { installTarball, linkPackages } from '../support/library-project.js';
import { ENTITY_ID, samlTenant } from '../support/saml.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const main = (...args: string[]) => run(process.execPath, [`${ROOT}dist/main.js`, ...args]);

/** A gateway with everything that is loaded only where it is configured. */
function buildConfig(): string {
  const document: ConfigDocument = { ...baseConfig(), graphiql: true, listen: { port: 0 } };
  samlTenant(document);
  return stringify(document);
}

describe('the built gateway', { timeout: 120_000 }, () => {
  const folder = configFolder({ 'gateway.yaml': buildConfig() });
  const config = ['--config', `${folder.path}/gateway.yaml`];
  let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] };

  beforeAll(async () => {
    // Builds dist first, by the script prepack.
    const { stdout } = await run('npm', ['pack', '--silent', '--json', '--pack-destination', folder.path], {
      cwd: ROOT,
    });
    [packed] = JSON.parse(stdout);
  }, 120_000);

  it('is packed with its documentation and examples, and nothing else', () => {
    const places = new Set(packed.files.map(({ path }) => path.replace(/\/.*/, '/')));
    expect([...places].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist/',
      'docs/',
      'examples/',
      'gateway.schema.json',
      'package.json',
      'schema.graphql',
    ]);
    const built = packed.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
    expect(built).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/main.js.map', 'dist/index.js', 'dist/index.d.ts']),
    );
    const isCommand = (path: string) => /^dist\/(?:main\.js|chunks\/[\w-]+\.js)(?:\.map)?$/.test(path);
    // The library is what index.ts imports, as tsc makes it: no source of the command is in it.
    const library = built.filter((path) => !isCommand(path)).map((path) => path.replace(/\.(?:d\.ts|js)$/, ''));
    const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).map((file) => `dist/${file}`);
    expect(library.filter((path) => !sources.includes(`${path}.ts`))).toEqual([]);
    expect(library.filter((path) => /^dist\/(?:cli|import-auth0|main)\b/.test(path))).toEqual([]);
  });

  it('starts the demo from its package in an empty folder, without node_modules', async () => {
    await run('tar', ['-xzf', packed.filename], { cwd: folder.path });
    const demo = spawn(process.execPath, ['package/dist/main.js', 'demo', '--port', '0', '--json'], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void demo.kill('SIGKILL'));
    const { legacy, clientId, idToken, targets } = JSON.parse(String((await once(demo.stdout, 'data'))[0]));
    const response = await fetch(legacy, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: clientId,
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        id_token: idToken,
        target: targets[0].clientId,
        api_type: targets[0].apiTypes[0].toLowerCase(),
      }),
    });
    expect(response.status).toBe(200);
  });

  it('checks a configuration', async () => {
    expect((await main('check', ...config)).stdout).toMatch(/: valid; tenants: 1, clients: 4\n$/);
  });

  it('prints the schema', async () => {
    expect((await main('schema')).stdout).toBe(readFileSync(`${ROOT}schema.graphql`, 'utf8'));
  });

  it('serves each endpoint, and stops on SIGTERM', async () => {
    const server = spawn(process.execPath, [`${ROOT}dist/main.js`, 'serve', '--json', ...config], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(server.stdout, 'data');
    const { graphql } = JSON.parse(String(line));
    const readCode = async (query: string) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(graphql, { method: 'POST', headers, body: JSON.stringify({ query }) });
      const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
      return errors[0]?.extensions.code;
    };
    expect(await readCode('mutation { delegate(input: { clientId: "nobody" }) { refreshToken } }')).toBe(
      'UNAUTHORIZED_CLIENT',
    );
    // INTERNAL with two copies of graphql: the executor does not know the errors of the other one.
    expect(await readCode('mutation {')).toBe('GRAPHQL_PARSE_FAILED');
    expect(await (await fetch(new URL('/saml/metadata', graphql))).text()).toContain(`entityID="${ENTITY_ID}"`);
    expect(await (await fetch(graphql, { headers: { accept: 'text/html' } })).text()).toContain('mutation Delegate');
    server.kill('SIGTERM');
    expect((await once(server, 'close'))[0]).toBe(0);
  });

  describe('as a library', () => {
    const { blocks } = readPage('docs/library.md');
    const samples = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text);
    const project = `${folder.path}/project`;
    const runIn = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd });

    beforeAll(async () => {
      await installTarball(`${folder.path}/${packed.filename}`, project);
      linkPackages(project, ['@types/node', 'undici-types']);
      folder.write('project/package.json', '{ "type": "module" }');
      // The first line of a sample has its name.
      for (const sample of samples) folder.write(`project/${/^\/\/ (\w+\.ts)$/m.exec(sample)?.[1]}`, sample);
      folder.write('project/send.ts', SEND);
    });

    it('writes nothing, listens to nothing and keeps nothing open when it is imported', async () => {
      folder.write('project/import.mjs', IMPORT);
      const { stdout, stderr } = await runIn(project, 'import.mjs');
      expect(stderr).toBe('');
      const { before, after, names } = JSON.parse(stdout);
      expect(after).toEqual(before);
      expect(names).toEqual(
        (
          'ADDONS ConfigError DelegationError createGateway createNodeHandler defineAddon invalidClaim loadConfig ' +
          'parseConfig readUserName serve'
        ).split(' '),
      );
    });

    it('imports nothing but its dependencies and Node.js, in code and in types', () => {
      const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
      const files = packed.files
        .map(({ path }) => path)
        .filter((path) => /^dist\/(?!main\.|chunks\/).*\.(js|d\.ts)$/.test(path));
      const imported = files.flatMap((path) => {
        const text = readFileSync(`${project}/node_modules/delegation-gateway/${path}`, 'utf8');
        const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\btypes=)\s*['"]([^.'"][^'"]*)['"]/g);
        return [...specifiers].map(([, name = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '');
      });
      const packages = [...new Set(imported)].filter((name) => !isBuiltin(name));
      expect(packages).toEqual(expect.arrayContaining(['graphql', 'zod']));
      expect(packages.filter((name) => !(name in dependencies))).toEqual([]);
    });

    it('runs the samples of docs/library.md in a TypeScript project, and refuses a request without an address', async () => {
      const types = '--types node --module nodenext --target es2023 --strict'.split(' ');
      const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
      await runIn(project, tsc, ...types, '--ignoreConfig', 'gateway.ts', 'client.ts', 'pager.ts', 'send.ts');

      const idp = identityProvider({ issuer: ISSUER, clock: testClock(Date.now()) });
      const idToken = await idp.idToken({ aud: 'web' });
      const send = async (sample: string, config: ConfigDocument, apiType: string) => {
        const cwd = configFolder({ 'gateway.yaml': stringify(config) }).path;
        return JSON.parse((await runIn(cwd, `${project}/send.js`, `${project}/${sample}.js`, idToken, apiType)).stdout);
      };
      expect(await send('gateway', baseConfig(), 'APP')).toEqual({
        answer: { data: { delegate: { credential: { apiType: 'APP' } } } },
        refusal:
          'TypeError: remoteAddress must be the IP address of the client, as in fetch(request, { remoteAddress: "192.0.2.1" })',
      });
      const paged: ConfigDocument = baseConfig();
      Object.assign(paged.tenants[0]?.clients[1] ?? {}, { addons: { pager: { secret: 'a-secret-of-the-pager' } } });
      expect(await send('pager', paged, 'PAGER')).toMatchObject({
        answer: { data: { delegate: { credential: { apiType: 'PAGER' } } } },
      });
    });
  });
});

/** Imports the library, and prints what it has changed in the process. */
const IMPORT = `
  const look = () => ({
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'CloseReq'),
  });
  // Node.js opens it when a module asks for the colors of a terminal.
  process.stderr;
  const before = look();
  const library = await import('delegation-gateway');
  console.log(JSON.stringify({ before, after: look(), names: Object.keys(library).sort() }));
`;

/** Asks the gateway of a sample for a credential, with and without an address. */
const SEND = `
  const [, , sample = '', token = '', apiType = ''] = process.argv;
  const { answer } = (await import(sample)) as typeof import('./gateway.js');
  const query = \`mutation { delegate(input: { target: "api", apiType: \${apiType} }) { credential { apiType } } }\`;
  const request = () => new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: \`Bearer \${token}\` },
    body: JSON.stringify({ query }),
  });
  const response = await answer(request(), '192.0.2.1');
  const refusal = await answer(request(), '').catch(String);
  console.log(JSON.stringify({ answer: await response.json(), refusal }));
`;
