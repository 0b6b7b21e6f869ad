import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { builtCommand } from '../support/built-command.js';
import { captureOutput } from '../support/captured-output.js';
import { configFolder } from '../support/config-folder.js';

const folder = configFolder();

/** A file with a JWT, whose signature is in no output. */
function tokenFile(name: string, claims: object): string {
  const [header, payload] = [{ alg: 'HS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return folder.write(name, `${header}.${payload}.${Buffer.from(`signature of ${name}`).toString('base64url')}\n`);
}

const before = tokenFile('old.jwt', { iss: 'https://old.example/', sub: 'alice', role: 'a\u202eb' });
const same = tokenFile('same.jwt', { iss: 'https://new.example/', sub: 'alice', role: 'a\u202eb' });
const other = tokenFile('other.jwt', { iss: 'https://old.example/', sub: 'alice' });

async function compare(...args: readonly string[]) {
  const output = captureOutput();
  const code = await runCommandLine(['compare', ...args]);
  return { code, ...output };
}

it('compare exits with 0 for tokens that differ only where they must, and lists that apart', async () => {
  expect(await compare(before, same)).toEqual({
    code: 0,
    stdout: `The same.
Expected to differ: 2
  claims.iss: "https://old.example/" → "https://new.example/"
  signature: "(27 characters, not shown)" → "(28 characters, not shown)"
`,
    stderr: '',
  });
});

it('compare exits with 1 for different tokens, and escapes what cannot be seen', async () => {
  expect(await compare(before, other)).toEqual({
    code: 1,
    stdout: `Differences: 1
  claims.role: "a\\u202eb" → missing
Expected to differ: 1
  signature: "(27 characters, not shown)" → "(30 characters, not shown)"
`,
    stderr: '',
  });
});

it('compare --json prints one line', async () => {
  const { code, stdout } = await compare(before, other, '--json');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^.*\n$/);
  expect(JSON.parse(stdout)).toMatchObject({
    same: false,
    differences: [{ path: 'claims.role', old: '"a\u202eb"' }],
    expected: [{ path: 'signature', reason: 'credential' }],
  });
});

it.each([
  [[], 'Two files are required; see delegation-gateway compare --help'],
  [[before], 'Two files are required; see delegation-gateway compare --help'],
  [['-', '-'], 'Only one of them can be standard input'],
  [[before, 'no-such-file'], 'no-such-file cannot be read (ENOENT)'],
  [[before, folder.write('text', 'not a token')], 'The new one is neither a JWT nor a JSON object.'],
])('compare exits with 2 and one sentence: %j', async (args, message) => {
  expect(await compare(...args)).toEqual({ code: 2, stdout: '', stderr: `${message}\n` });
});

it('compare reads standard input', { timeout: 60_000 }, async () => {
  const run = promisify(execFile)('sh', [
    '-c',
    `"$0" "$1" compare - "$2" < "$3"`,
    process.execPath,
    builtCommand(),
    same,
    before,
  ]);
  expect((await run).stdout).toMatch(/^The same\.\n/);
});
