import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANY, writeManyClients } from '../test/support/many-clients.js';
import { printTable } from './print-table.js';

// How long `check` of the built command takes for 10,000 clients in 100 tenants, and how much memory it needs at most. The
// least of several processes counts: whatever else the machine does makes one slower, and nothing makes it faster. A loop
// of known length beside it tells how fast the machine is meanwhile.
// npx tsx bench/many-clients.ts [rounds], after npm run build

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 5);
/** In a function, so that its variables are in registers. */
const LOOP = '(() => { let x = 0; for (let i = 0; i < 1e9; i++) x = (x + (i % 7)) | 0; return x; })()';

interface Figures {
  readonly wallMs: number;
  /** User and system time of all threads. */
  readonly processorMs: number;
  readonly peakRssMiB: number;
}

/** Runs node with /usr/bin/time, which reads the usage of a process that has ended. */
function measure(args: readonly string[]): Figures {
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', process.execPath, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(stderr);
  const [wall = 0, user = 0, system = 0, rss = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return {
    wallMs: Math.round(wall * 1000),
    processorMs: Math.round((user + system) * 1000),
    peakRssMiB: Math.round(rss / 1024),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'many-clients-'));
try {
  const text = writeManyClients();
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, text);
  const [key, certificate] = [join(folder, 'tenant.pem'), join(folder, 'tenant.crt')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '365', '-subj', '/CN=tenant'];
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  execFileSync('openssl', ['genrsa', '-out', join(folder, 'firebase.pem'), '2048'], { stdio: 'ignore' });
  console.log(
    `${MANY.tenants} tenants with ${MANY.clients} clients each; ${(text.length / 1e6).toFixed(1)} MB; ${ROUNDS} rounds`,
  );
  const cases = [
    { name: 'check', args: [MAIN, 'check', '--config', file] },
    { name: 'a loop of 1e9 turns', args: ['-e', LOOP] },
  ];
  const rounds = Array.from({ length: ROUNDS }, () => cases.map(({ args }) => measure(args)));
  const least = (index: number, field: keyof Figures) => Math.min(...rounds.map((round) => round[index]?.[field] ?? 0));
  printTable(
    ['process', 'wall, ms', 'processor, ms', 'peak RSS, MiB'],
    cases.map(({ name }, index) => [
      name,
      ...(['wallMs', 'processorMs', 'peakRssMiB'] as const).map((field) => `${least(index, field)}`),
    ]),
  );
} finally {
  rmSync(folder, { recursive: true });
}
