import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextFile } from '../../src/lib/read-text-file.js';
import { configFolder } from '../support/config-folder.js';

const folder = configFolder({ 'a.txt': 'ä'.repeat(50_000) });
const path = (name: string) => join(folder.path, name);
const withCode = (code: string) => expect.objectContaining({ code });

describe('readTextFile', () => {
  it('reads a file up to the limit, behind symbolic links too', () => {
    symlinkSync('a.txt', path('link'));
    symlinkSync('link', path('link-to-link'));
    for (const name of ['a.txt', 'link-to-link']) {
      expect(readTextFile(path(name), { maxBytes: 100_000, regularOnly: true })).toBe('ä'.repeat(50_000));
    }
    expect(() => readTextFile(path('a.txt'), { maxBytes: 99_999 })).toThrow(withCode('larger than 99999 bytes'));
  });

  it('reads a device up to the limit, or not at all', () => {
    expect(() => readTextFile('/dev/zero', { maxBytes: 100_000 })).toThrow(withCode('larger than 100000 bytes'));
    expect(() => readTextFile('/dev/zero', { maxBytes: 100_000, regularOnly: true })).toThrow(
      withCode('not a regular file'),
    );
  });

  it('does not wait for the writer of a pipe where only regular files are read', () => {
    execFileSync('mkfifo', [path('pipe')]);
    expect(() => readTextFile(path('pipe'), { maxBytes: 1, regularOnly: true })).toThrow(
      withCode('not a regular file'),
    );
  });

  it('throws the codes of the system', () => {
    for (const regularOnly of [true, false]) {
      expect(() => readTextFile(path('none'), { maxBytes: 1, regularOnly })).toThrow(withCode('ENOENT'));
      expect(() => readTextFile(folder.path, { maxBytes: 1, regularOnly })).toThrow(withCode('EISDIR'));
    }
  });
});
