import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, onTestFinished } from 'vitest';

export interface ConfigFolder {
  readonly path: string;
  /** Writes a file below the folder and returns where it is. */
  write(name: string, text: string): string;
}

/** A folder for a configuration and what it refers to, gone when the test is done, or the file outside of a test. */
export function configFolder(files: Readonly<Record<string, string>> = {}): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'gateway-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  if (expect.getState().currentTestName === undefined) afterAll(remove);
  else onTestFinished(remove);
  const folder: ConfigFolder = {
    path,
    write(name, text) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
  };
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return folder;
}
