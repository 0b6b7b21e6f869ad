import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/**
 * `describe` for tests that need a program: skipped with a printed reason where it is missing, an error in CI.
 *
 * @param debianPackage default: the name of the program
 */
export function describeWith(program: string, debianPackage = program) {
  const isMissing = spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0;
  if (isMissing && process.env.CI === 'true') throw new Error(`CI needs ${program}`);
  if (isMissing) console.log(`Skipped: ${program} is not installed (Debian: apt-get install ${debianPackage})`);
  return describe.skipIf(isMissing);
}
