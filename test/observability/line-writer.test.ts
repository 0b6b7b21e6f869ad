import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LineWriter } from '../../src/observability/line-writer.js';
import { configFolder } from '../support/config-folder.js';

const folder = configFolder();
const BUNDLE = join(folder.path, 'line-writer.cjs');

/** The arguments of node that run a script with `LineWriter` and `stderrWriter`, and with nothing that opens standard error. */
const script = (text: string) => [
  '--eval',
  `const { LineWriter, stderrWriter } = require(${JSON.stringify(BUNDLE)});\n(async () => {${text}})();`,
];

beforeAll(() =>
  build({
    entryPoints: [fileURLToPath(new URL('../../src/observability/line-writer.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    outfile: BUNDLE,
  }),
);

describe('a writer of lines', () => {
  it('writes every line in order, and all of one turn at once', async () => {
    const file = join(folder.path, 'lines');
    const writer = new LineWriter({ file }, () => {});
    writer.write('one\n');
    expect(statSync(file).size).toBe(0);
    writer.write('two ä\n');
    await new Promise((resolve) => setImmediate(resolve));
    writer.write('three\n');
    await writer.close();
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo ä\nthree\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('loses what exceeds a MiB that waits, says so, and takes lines again when that is written', async () => {
    const file = join(folder.path, 'many');
    const writer = new LineWriter({ file }, () => {});
    const line = `${'x'.repeat(1023)}\n`;
    const taken = Array.from({ length: 1_030 }, () => writer.write(line));
    expect(taken.filter(Boolean)).toHaveLength(1_024);
    while (!writer.write('last\n')) await new Promise((resolve) => setImmediate(resolve));
    await writer.close();
    expect(readFileSync(file, 'utf8')).toBe(`${line.repeat(1_024)}last\n`);
  });

  it('reports a file that cannot be opened to the one who opens it', () => {
    expect(() => new LineWriter({ file: join(folder.path, 'missing', 'file') }, () => {})).toThrow('ENOENT');
  });

  it('loses nothing when the process ends by an uncaught error', async () => {
    const file = join(folder.path, 'crash');
    const crash = script(`
      const writer = new LineWriter({ file: ${JSON.stringify(file)} }, () => {});
      setImmediate(() => {
        writer.write('one\\n');
        stderrWriter().write('two\\n');
        throw new Error('crash');
      });
    `);
    const failed = await promisify(execFile)(process.execPath, crash).catch((error) => error);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^two$/m);
    expect(readFileSync(file, 'utf8')).toBe('one\n');
  });

  it('does not wait for a pipe that nobody reads: neither on the thread pool, nor when the process exits', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Open for reading too, so that opening does not wait.
    const fd = openSync(pipe, 'r+');
    onTestFinished(() => closeSync(fd));
    const child = spawn(
      process.execPath,
      script(`
        for (let turn = 0; turn < 100; turn++) {
          for (let line = 0; line < 64; line++) stderrWriter().write('x'.repeat(1023) + '\\n');
          await new Promise((resolve) => setImmediate(resolve));
        }
        await require('node:util').promisify(require('node:crypto').randomBytes)(1);
        process.exit(7);
      `),
      { stdio: ['ignore', 'ignore', fd], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
    );
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});
