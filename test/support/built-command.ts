import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRunFolder } from './run-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles the sources by the script of package.json, once in a run: to start the sources themselves takes five times as long.
 *
 * @returns the path of main.js
 */
export function builtCommand(): string {
  const folder = inRunFolder('command');
  if (!existsSync(folder)) bundle(folder);
  return `${folder}/main.js`;
}

function bundle(folder: string): void {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  const unfinished = `${folder}-${process.pid}`;
  execFileSync('sh', ['-c', `${scripts.bundle} ${unfinished}`], {
    cwd: ROOT,
    env: { ...process.env, PATH: `${ROOT}node_modules/.bin${delimiter}${process.env.PATH}` },
  });
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // The other process was faster.
    if (!existsSync(folder)) throw error;
  }
}
