import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { atTheEnd } from './at-the-end.js';

export interface ConfigFolder {
  readonly path: string;
  /** Writes a file below the folder and returns where it is. */
  write(name: string, text: string): string;
}

/** A folder for a configuration and what it refers to, gone when the test is done, or the file outside of a test. */
export function configFolder(files: Readonly<Record<string, string>> = {}): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'gateway-'));
  atTheEnd(() => rmSync(path, { recursive: true, force: true }));
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
