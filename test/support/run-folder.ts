import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The environment variable that names the folder of a run of tests. */
const RUN_FOLDER = 'TEST_RUN_FOLDER';

/** Makes the folder of a run, which is gone at its end. Vitest calls it before all files; a run in a test has that of its parent. */
export default function createRunFolder(): (() => void) | undefined {
  if (process.env[RUN_FOLDER] !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gateway-tests-'));
  // What is built there finds its packages.
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  process.env[RUN_FOLDER] = folder;
  return () => rmSync(folder, { recursive: true });
}

/** A path in the folder of the run. */
export function inRunFolder(name: string): string {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined)
    throw new Error('the configuration of vitest needs the globalSetup test/support/run-folder.ts');
  return join(folder, name);
}
