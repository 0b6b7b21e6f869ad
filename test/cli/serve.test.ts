import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { startCommand } from '../support/command-line.js';
import { baseConfig } from '../support/gateway.js';

describe('serve', { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'serve-'));
    writeFileSync(join(folder, 'gateway.yaml'), stringify({ ...baseConfig(), listen: { port: 1 } }));
    writeFileSync(join(folder, 'invalid.yaml'), stringify({ ...baseConfig(), listne: {} }));
    writeFileSync(join(folder, 'deep.yaml'), '['.repeat(100_000));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads host and port from the command line, prints one line when it is ready, logs to standard error, and stops on SIGTERM', async () => {
    const server = startCommand(['serve', '--json', '--host', 'localhost', '--port=0'], { cwd: folder });
    const line = await server.says('\n');
    const addresses = JSON.parse(line);
    const { origin, hostname } = new URL(addresses.graphql);
    expect(hostname).toBe('localhost');
    expect(addresses).toEqual({
      graphql: `${origin}/graphql`,
      legacy: `${origin}/delegation`,
      jwks: `${origin}/.well-known/jwks.json`,
    });
    expect((await fetch(addresses.jwks)).status).toBe(200);
    const refused = await fetch(addresses.graphql, { headers: { accept: 'text/html' } });
    expect(refused.status).toBe(405);

    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    const { stdout, stderr } = server.output;
    expect(stdout).toBe(line);
    const messages = stderr
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each).msg);
    expect(messages).toEqual(['listening', 'stopping']);
  });

  it.each([
    ['an invalid file', ['--config', 'invalid.yaml'], /^invalid\.yaml: 1 error\n.*listne/s],
    [
      'a file that nests 100,000 levels deep',
      ['--config', 'deep.yaml'],
      /^deep\.yaml: 1 error\n {2}line 1: \(file\): nested too deeply at column 101; expected at most 100 levels\n$/,
    ],
    ['a missing file', ['--config', 'none.yaml'], /none\.yaml/],
    [
      'an address of another machine',
      ['--host', '192.0.2.1', '--port', '0'],
      /^Cannot listen on 192\.0\.2\.1:0: this machine does not have the address\.\n$/,
    ],
  ])('does not listen with %s', async (_name, options, message) => {
    const output = captureOutput();
    const before = process.cwd();
    process.chdir(folder);
    onTestFinished(() => process.chdir(before));
    expect(await runCommandLine(['serve', ...options])).toBe(1);
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(message);
    expect(output.stderr).not.toMatch(/^ +at /m);
  });
});
