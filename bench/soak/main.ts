import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createFixtures } from '../fixtures.js';
import { writeGatewayConfig } from '../gateway-config.js';
import { printTable } from '../print-table.js';
import { drawSoak, type SoakEvent } from './chart.js';
import { type Sample, startGateway } from './gateway.js';
import { MixedLoad } from './load.js';
import { startRedis } from './redis.js';
import { judgeSoak } from './verdict.js';

const HELP = `Usage: npm run soak -- [--minutes N] [--rate N] [--write]

Runs the built gateway under mixed load, with its limits in a Redis, and looks at its memory. Meanwhile it
reloads its configuration, rotates its signing key, and loses its Redis with all data. Exits with 1 when the
heap grows, handles grow, a rejection is not handled, or a request fails for no reason of the test.

  --minutes N   how long (default: 10)
  --rate N      requests a second (default: 200)
  --write       also update bench/soak/chart.svg

Needs redis-server.
`;
const SAMPLE_MS = 5_000;
const RELOAD_EVERY = 2;
const ROTATE_EVERY = 6;
const RESTART_EVERY = 12;
const REDIS_DOWN_MS = 2_000;

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    write: { type: 'boolean' },
  },
});
if (options.help) process.stdout.write(HELP);
else process.exitCode = await soak(Number(options.minutes) * 60_000, Number(options.rate));

/** @returns the exit code */
async function soak(durationMs: number, rate: number): Promise<number> {
  const fixtures = await createFixtures(500);
  const redis = await startRedis(fixtures.folder);
  const path = writeGatewayConfig(fixtures, 'soak', { burst: 60 });
  const document = JSON.parse(readFileSync(path, 'utf8'));
  document.rate_limit.store = redis.url;
  const [tenant] = document.tenants;
  let signingKeys = [{ key: tenant.signing_key }];
  delete tenant.signing_key;
  const writeConfig = () => {
    writeFileSync(`${path}.new`, JSON.stringify({ ...document, tenants: [{ ...tenant, signing_keys: signingKeys }] }));
    renameSync(`${path}.new`, path);
  };
  /** A new key signs, and the one before it still verifies. */
  const rotate = () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    signingKeys = [{ key }, ...signingKeys.slice(0, 1)];
    writeConfig();
  };
  writeConfig();

  const gateway = await startGateway(path, join(fixtures.folder, 'soak.log'));
  const load = new MixedLoad(gateway.origin, fixtures, rate);
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const samples: Sample[] = [];
  const events: SoakEvent[] = [];
  const note = (name: SoakEvent['name']) => events.push({ seconds: seconds(), name });
  for (let round = 1; performance.now() - begun < durationMs; round++) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push({ seconds: seconds(), ...(await gateway.measure()) });
    const last = samples.at(-1)!;
    process.stderr.write(
      `${Math.round(last.seconds)} s: ${(last.heapUsed / 1e6).toFixed(2)} MB, ${last.handles} handles\n`,
    );
    if (round % ROTATE_EVERY === 0) {
      note('rotation');
      rotate();
    } else if (round % RELOAD_EVERY === 0) {
      note('reload');
      gateway.reload();
    }
    if (round % RESTART_EVERY === 0) {
      note('restart');
      await redis.restart(REDIS_DOWN_MS);
    }
  }
  await load.stop();
  const exitCode = await gateway.stop();
  await redis.stop();
  fixtures.close();

  const { memory, outcomes, problems } = judgeSoak(samples, load.tally, events, exitCode);
  printTable(['', 'second third', 'last third', 'growth'], memory);
  printTable(['requests', 'outcome', 'number'], outcomes);
  for (const problem of problems) console.error(problem);
  if (options.write) {
    writeFileSync(fileURLToPath(new URL('chart.svg', import.meta.url)), drawSoak(samples, events));
  }
  return problems.length === 0 ? 0 : 1;
}
