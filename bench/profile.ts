import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readShares } from './cpu-profile.js';
import type { Fixtures } from './fixtures.js';
import { serveGateway, writeGatewayConfig } from './gateway-config.js';
import { measureLoad } from './load.js';
import { delegation } from './requests.js';
import { startServer } from './server-process.js';
import type { Table } from './tables.js';

const WARM_UP_MS = 10_000;
const WINDOW_MS = 10_000;
/** Parts with a smaller share are summed up. */
const MIN_SHARE = 0.01;

/** Profiles HS256 → HS256 in a gateway of its own, and sums up its main thread by where the code comes from. */
export async function profileDelegation(fixtures: Fixtures): Promise<Table> {
  const folder = mkdtempSync(join(fixtures.folder, 'profile-'));
  const [main = '', ...rest] = serveGateway(writeGatewayConfig(fixtures, 'profile'));
  const server = await startServer(['--cpu-prof', '--cpu-prof-dir', folder, main, ...rest], join(folder, 'log'));
  const { processorUs } = await measureLoad(
    server,
    fixtures.users.map(delegation('HS256', 'api')),
    { expectedStatus: 200, isExpected: (body) => body.includes('"token"') },
    { rampMs: WARM_UP_MS, windowMs: WINDOW_MS },
  ).finally(() => server.stop());
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile')) ?? '';
  const shares = readShares(join(folder, file), WINDOW_MS);
  const large = shares.filter(({ share }) => share >= MIN_SHARE);
  const others = { part: 'the rest', share: 1 - large.reduce((sum, { share }) => sum + share, 0) };
  return {
    title: 'Profile of HS256 → HS256',
    head: ['part', '%', 'µs of processor'],
    rows: [...large, others].map(({ part, share }) => [
      part,
      (100 * share).toFixed(1),
      (processorUs * share).toFixed(0),
    ]),
  };
}
