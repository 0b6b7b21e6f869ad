import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { rsaPair } from './support/keys.js';
import { type SecretWatch, secretWatch } from './support/secrets.js';

const TOKEN = [
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  'eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tLyIsInN1YiI6ImF1dGgwfGFsaWNlIn0',
  'c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4tMDEyMzQ1Njc4OTAxMjM0NTY3ODk',
] as const;

function findLeaks(keep: (watch: SecretWatch) => void, text: string): string[] {
  const watch = secretWatch();
  keep(watch);
  watch.observe('a text', text);
  return watch.takeLeaks();
}

describe('the search for secrets', () => {
  const token = TOKEN.join('.');
  const keepToken = (watch: SecretWatch) => watch.keep('a token', token);

  it.each([
    ['a whole token', token],
    ['its payload', TOKEN[1]],
    ['its signature', TOKEN[2]],
    ['40 characters out of its middle', token.slice(60, 100)],
    ['a token in JSON in JSON', JSON.stringify(JSON.stringify({ token }))],
    ['a token in a URL', `https://example.com/?id_token=${token}&a=b`],
  ])('finds %s', (_what, text) => {
    expect(findLeaks(keepToken, `before ${text} after`)).toEqual(['a token in a text']);
  });

  it.each([
    ['the header of a token, which is no secret', TOKEN[0]],
    ['its first characters', TOKEN[1].slice(0, 12)],
    [
      'an ordinary line',
      '{"level":30,"audit":"sd","user":"auth0|alice","tokenSha256":"L1dx8WpVwzaOOR6ItS3WbuXiEn9rTWAZEuyDiK4zfzg"}',
    ],
  ])('lets %s pass', (_what, text) => {
    expect(findLeaks(keepToken, text)).toEqual([]);
  });

  it('finds a secret that is kept only after it leaked', () => {
    const watch = secretWatch();
    watch.observe('a text', token);
    keepToken(watch);
    expect([watch.takeLeaks(), watch.takeLeaks()]).toEqual([['a token in a text'], []]);
  });

  it('finds short secrets whole, and the signature of a SAS', () => {
    expect(findLeaks((watch) => watch.keep('a secret', 'pass word 1'), 'with pass word 1.')).toEqual([
      'a secret in a text',
    ]);
    const sas =
      'st=2026-01-01T00%3A00%3A00Z&sp=r&sv=2020-12-06&sr=b&sig=4cVtW1Fq0o2Zl%2Fq8kz4J3mS9uYb7aXcD5eFgHiJkLmN%3D';
    const keepSas = (watch: SecretWatch) => watch.keep('a SAS', sas);
    expect(findLeaks(keepSas, 'sig 4cVtW1Fq0o2Zl/q8kz4J3mS9uYb7aXcD5eFgHiJkLmN=')).toEqual(['a SAS in a text']);
    expect(findLeaks(keepSas, 'st=2026-01-01T00%3A00%3A00Z&sp=r&sv=2020-12-06&sr=b')).toEqual([]);
  });

  it('finds any line of a PEM file, with its line breaks escaped or not', () => {
    const { pem } = rsaPair('somebody');
    const keepPem = (watch: SecretWatch) => watch.keep('a key', pem);
    for (const text of [pem, JSON.stringify(pem), pem.split('\n')[7] as string]) {
      expect(findLeaks(keepPem, text)).toEqual(['a key in a text']);
    }
    expect(findLeaks(keepPem, '-----BEGIN PRIVATE KEY-----')).toEqual([]);
  });
});

describe('the suite', () => {
  it('fails where a test leaks into a log or an error, and says what and where, not which', async () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/fixtures/leaks/vitest.config.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, [...vitest, '--reporter=json'], { cwd: root }).catch(
      (failed: { stdout: string }) => failed,
    );
    const [file] = JSON.parse(stdout.slice(stdout.indexOf('{"'))).testResults;
    const outcomes = file.assertionResults.map((test: { title: string; failureMessages: string[] }) => [
      test.title,
      test.failureMessages.map((message) => message.split('\n')[0]),
    ]);
    expect(outcomes).toEqual([
      ['leaks nothing', []],
      ['leaks an issued token into the log', ['Error: Secrets leaked: the issued token in a line of the log']],
      [
        'leaks half of a key into the log',
        [expect.stringMatching(/^Error: Secrets leaked: .*key.* in a line of the log$/)],
      ],
      [
        'leaks a client secret into an error',
        [
          // The audit event has the message of the error.
          'Error: Secrets leaked: the configured client_secret in a line of the log; the configured client_secret in the errors of a 200',
        ],
      ],
      [
        'leaks the secret that a caller authenticates with into the log',
        ['Error: Secrets leaked: the sent secret in a line of the log'],
      ],
      ['leaks the token of the caller into the log', ['Error: Secrets leaked: the sent token in a line of the log']],
    ]);
  });
});
