import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
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

  beforeAll(async () => {
    await run('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  }, 120_000);

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
