import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { configFolder } from '../support/config-folder.js';
import { baseConfig } from '../support/gateway.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const main = (...args: string[]) => run(process.execPath, [`${ROOT}dist/main.js`, ...args]);

describe('the built gateway', { timeout: 120_000 }, () => {
  const folder = configFolder({ 'gateway.yaml': stringify({ ...baseConfig(), listen: { port: 0 } }) });
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

  it('serves, and stops on SIGTERM', async () => {
    const server = spawn(process.execPath, [`${ROOT}dist/main.js`, 'serve', '--json', ...config], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(server.stdout, 'data');
    const { graphql } = JSON.parse(String(line));
    const response = await fetch(graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { delegate(input: { clientId: "nobody" }) { refreshToken } }' }),
    });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]?.extensions.code).toBe('UNAUTHORIZED_CLIENT');
    server.kill('SIGTERM');
    expect((await once(server, 'close'))[0]).toBe(0);
  });
});
