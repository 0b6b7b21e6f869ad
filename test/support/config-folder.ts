import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished, TestRunner } from 'vitest';
import { inRunFolder } from './run-folder.js';

export interface ConfigFolder {
  readonly path: string;
  /** Writes a file below the folder and returns where it is. */
  write(name: string, text: string): string;
}

/** A folder for a configuration and what it refers to, gone when the test is done, or outside of a test when the run is. */
export function configFolder(files: Readonly<Record<string, string>> = {}): ConfigFolder {
  const path = mkdtempSync(inRunFolder('config-'));
  // A module that several files import is there until the last of them is done.
  if (TestRunner.getCurrentTest() !== undefined) {
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  }
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
