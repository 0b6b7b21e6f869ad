import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * Installs a tarball of the gateway in a folder, as npm does, with the dependencies that this repository has installed.
 *
 * @returns the folder of the installed package
 */
export async function installTarball(tarball: string, folder: string): Promise<string> {
  const installed = `${folder}/node_modules/delegation-gateway`;
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  symlinkSync(MODULES, `${installed}/node_modules`);
  return installed;
}

/** Links packages that the program in a folder uses itself. */
export function linkPackages(folder: string, names: readonly string[], modules = MODULES): void {
  for (const name of names) {
    const link = `${folder}/node_modules/${name}`;
    mkdirSync(link.slice(0, link.lastIndexOf('/')), { recursive: true });
    symlinkSync(`${modules}/${name}`, link);
  }
}
