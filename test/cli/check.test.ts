import { describe, expect, it } from 'vitest';
import { ENV, folder, GOOD } from '../config/good-file.js';
import { runCommand, startCommand } from '../support/command-line.js';

const run = (...args: readonly string[]) => runCommand(args, { env: ENV });

const good = folder.write('good.yaml', GOOD);
const invalid = folder.write(
  'invalid.yaml',
  GOOD.replace('port: 4000', 'prot: 4000').replace('env: WEB_SECRET', 'env: SHORT_SECRET'),
);
const ERRORS = `${invalid}: 2 errors
  line 1: listen.prot: unknown key; did you mean "port"?
  line 25: tenants[0].clients[0].client_secret: a mapping; expected a secret of at least 32 bytes, as HS256 demands
`;

const deep = folder.write('deep.yaml', `graphiql: false\ntenants: ${'['.repeat(100_000)}`);

/** `good` has a second tenant that does not delegate. */
const WARNINGS = [
  'tenants[1].delegation.enabled: is not true, so every delegation of this tenant is refused',
  'tenants[1].signing_key: is missing, so there are no RS256 or PS256 app tokens and no SAML or Salesforce assertions',
]
  .map((warning) => `${good}: warning: ${warning}\n`)
  .join('');

/** Each test starts a process while other tests run. */
const TIMEOUT_MS = 60_000;

describe('check', { timeout: TIMEOUT_MS }, () => {
  it('exits with 0 for a valid file and prints a summary to standard output', async () => {
    expect(await run('check', '--config', good)).toEqual({
      code: 0,
      stdout: `${good}: valid; tenants: 2, clients: 3\n`,
      stderr: WARNINGS,
    });
  });

  it('exits with 1 for an invalid file and prints every error to standard error', async () => {
    expect(await run('check', '--config', invalid)).toEqual({ code: 1, stdout: '', stderr: ERRORS });
  });

  it('exits with 1 for a file that nests 100,000 levels deep, without a stack trace', async () => {
    expect(await run('check', '--config', deep)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${deep}: 1 error\n  line 2: (file): nested too deeply at column 109; expected at most 100 levels\n`,
    });
  });
});

describe('serve', { timeout: TIMEOUT_MS }, () => {
  it('does not start with an invalid file and prints the same errors', async () => {
    expect(await run('serve', '--config', invalid, '--port', '0')).toEqual({ code: 1, stdout: '', stderr: ERRORS });
  });

  it('applies a changed file, keeps the configuration when the file becomes invalid, and reads it on SIGHUP', async () => {
    const path = folder.write('served.yaml', GOOD);
    const server = startCommand(['serve', '--config', path, '--port', '0', '--json'], { env: ENV });
    const { jwks } = JSON.parse(await server.says('\n')) as { jwks: string };
    // The tenant without hosts answers for every other host: first "other", which has no key, then "acme".
    expect(await (await fetch(jwks)).json()).toEqual({ keys: [] });
    const swapped = GOOD.replace('    hosts: [acme.example.com]\n', '').replace(
      '  - name: other\n',
      '  - name: other\n    hosts: [other.example.com]\n',
    );
    folder.write('served.yaml', swapped);
    await server.logs('"configuration reloaded"');
    expect(await (await fetch(jwks)).json()).toMatchObject({ keys: [{ kty: 'RSA' }] });
    folder.write('served.yaml', 'tenants: 7\n');
    server.process.kill('SIGHUP');
    const log = await server.logs('"configuration not reloaded"');
    expect(log).toContain('line 1: tenants: a number; expected a list');
    expect(await (await fetch(jwks)).json()).toMatchObject({ keys: [{ kty: 'RSA' }] });
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});
