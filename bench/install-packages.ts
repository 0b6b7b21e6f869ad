import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Installs the packages of bench/package.json unless they are as its lock file says. */
export function installPackages(report: (progress: string) => void): void {
  const [lock, installed] = ['./package-lock.json', './node_modules/.package-lock.json'].map(
    (path) => new URL(path, import.meta.url),
  ) as [URL, URL];
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  report('installing the packages of bench/package.json');
  const prefix = fileURLToPath(new URL('.', import.meta.url));
  const args = ['ci', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ci of bench/package.json ended with ${status}`);
}
