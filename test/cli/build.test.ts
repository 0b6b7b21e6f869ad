import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, type ConfigDocument } from '../support/gateway.js';
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
    expect(built).toEqual(expect.arrayContaining(['dist/main.js', 'dist/main.js.map']));
    expect(built.filter((path) => !/^dist\/(?:main\.js|chunks\/[\w-]+\.js)(?:\.map)?$/.test(path))).toEqual([]);
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
});
