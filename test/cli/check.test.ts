import { describe, expect, it } from 'vitest';
import { ENV, folder, GOOD } from '../config/good-file.js';
import { runCommand, startCommand } from '../support/command-line.js';

const run = (...words: readonly string[]) => runCommand(words, { env: ENV });

const good = folder.write('good.yaml', GOOD);
const faulty = folder.write(
  'faulty.yaml',
  GOOD.replace('port: 4000', 'prot: 4000').replace('env: WEB_SECRET', 'env: SHORT_SECRET'),
);
const FAULTS = `${faulty}: 2 faults
  line 1: listen.prot: unknown key; did you mean "port"?
  line 25: tenants[0].clients[0].client_secret: a mapping; expected a secret of at least 32 bytes, as HS256 demands
`;

const deep = folder.write('deep.yaml', `graphiql: false\ntenants: ${'['.repeat(100_000)}`);

/** Milliseconds: a process has to start, and other tests run beside it. */
const TIMEOUT = 60_000;

describe('check', { timeout: TIMEOUT }, () => {
  it('exits with 0 on a good file, and says on standard output what it amounts to', async () => {
    expect(await run('check', '--config', good)).toEqual({
      code: 0,
      stdout: `${good}: no faults; tenants: 2, clients: 3\n`,
      stderr: '',
    });
  });

  it('exits with 1 on a faulty file, and says every fault on standard error', async () => {
    expect(await run('check', '--config', faulty)).toEqual({ code: 1, stdout: '', stderr: FAULTS });
  });

  it('exits with 1 on a file that nests 100,000 levels deep, without a stack trace', async () => {
    expect(await run('check', '--config', deep)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${deep}: 1 fault\n  line 2: (file): nested too deeply at column 109; expected at most 100 levels\n`,
    });
  });
});

describe('serve', { timeout: TIMEOUT }, () => {
  it('refuses to listen on a faulty file, with the same words', async () => {
    expect(await run('serve', '--config', faulty, '--port', '0')).toEqual({ code: 1, stdout: '', stderr: FAULTS });
  });

  it('takes a file that changes, keeps on with a faulty one, and reads it again on SIGHUP', async () => {
    const path = folder.write('served.yaml', GOOD);
    const server = startCommand(['serve', '--config', path, '--port', '0', '--json'], { env: ENV });
    const { jwks } = JSON.parse(await server.says('\n')) as { jwks: string };
    // Without hosts, acme takes every host; as it stands, that is the other tenant, which has no key.
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
