import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { printSecretsFile } from '../../src/import-auth0/secrets-file.js';
import { captureOutput } from '../support/captured-output.js';
import { configFolder } from '../support/config-folder.js';
import { rsaPair } from '../support/keys.js';

const SECRET = 'a-secret "of" $HOME `x` \\n # that is long enough for HS256';
const PEM = rsaPair('firebase').pem;
const EXPORT = [
  { client_id: 'web', client_secret: SECRET, jwt_configuration: { alg: 'HS256' } },
  {
    client_id: 'chat',
    jwt_configuration: { alg: 'RS256' },
    addons: { firebase: { client_email: 'minter@demo.iam.gserviceaccount.com', private_key: PEM } },
  },
];

/** Runs the import with a file for secrets in a new folder. */
async function importSecrets(folder = configFolder()) {
  const file = `${folder.path}/secrets.env`;
  const output = captureOutput();
  const path = folder.write('export.json', JSON.stringify(EXPORT));
  const code = await runCommandLine(['import-auth0', path, '--secrets-file', file]);
  return { file, code, ...output };
}

it('--secrets-file writes the secrets of the export for their owner only, and names those to add', async () => {
  const { file, stdout, stderr } = await importSecrets();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(stderr).toContain(`Secrets written to ${file}: 2; add TENANT_SIGNING_KEY.\n`);
  expect(readFileSync(file, 'utf8')).toMatch(/^# TENANT_SIGNING_KEY= {3}the signing_key of the tenant\n/);
  for (const text of [stdout, stderr]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('PRIVATE KEY-----');
  }
});

it('a shell and node --env-file read the same values from the file', async () => {
  const { file } = await importSecrets();
  const names = ['WEB_CLIENT_SECRET', 'CHAT_FIREBASE_PRIVATE_KEY'];
  const print = `process.stdout.write(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name])))`;
  const byNode = spawnSync(process.execPath, [`--env-file=${file}`, '-e', print], { encoding: 'utf8' });
  const byShell = spawnSync('sh', ['-c', 'set -a; . "$0"; "$1" -e "$2"', file, process.execPath, print], {
    encoding: 'utf8',
  });
  const expected = [SECRET, PEM.trim().replaceAll('\n', '\\n')];
  expect(JSON.parse(byNode.stdout)).toEqual(expected);
  expect(JSON.parse(byShell.stdout)).toEqual(expected);
});

it('--secrets-file overwrites no file, and nothing is printed then', async () => {
  const folder = configFolder();
  writeFileSync(`${folder.path}/secrets.env`, 'kept');
  const { code, stdout, stderr, file } = await importSecrets(folder);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: '--secrets-file cannot be created (it exists)\n',
  });
  expect(readFileSync(file, 'utf8')).toBe('kept');
});

it.each([
  ["it's", undefined],
  ['a\nb', undefined],
  ['a\u0000b', undefined],
  ['AbC+/09==', 'AbC+/09=='],
  ['a b', "'a b'"],
  ['$x', "'$x'"],
])('a secret %j is written as %j', (value, written) => {
  const { text, missing } = printSecretsFile([{ env: 'NAME', description: 'a secret', value }]);
  expect(text).toBe(written === undefined ? '# NAME=   a secret\n' : `NAME=${written}\n`);
  expect(missing).toEqual(written === undefined ? ['NAME'] : []);
});

it('a secret that the gateway would refuse is a comment', () => {
  const short = { env: 'NAME', description: 'a secret', value: 'short', hint: 'the exported value is not valid' };
  expect(printSecretsFile([short])).toEqual({ text: '# NAME=   a secret\n', filled: [], missing: ['NAME'] });
});
