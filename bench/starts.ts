import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fixtures } from './fixtures.js';
import { type GatewayVariant, serveGateway, writeGatewayConfig } from './gateway-config.js';
import { startServer } from './server-process.js';
import { type Spread, spread } from './statistics.js';

/** Time for a gateway to settle before its idle memory is read. */
const IDLE_MS = 500;

export interface StartResult {
  readonly name: string;
  /** From the start of the process to the line that says that it is ready. */
  readonly readyMs: Spread;
  readonly idleRssBytes: Spread;
}

const VARIANTS: Readonly<Record<string, GatewayVariant>> = {
  gateway: {},
  'gateway with GraphiQL': { graphiql: true },
};

/** Starts each variant of a gateway several times, in turns. */
export async function measureStarts(fixtures: Fixtures, times: number): Promise<StartResult[]> {
  const variants = Object.entries(VARIANTS).map(([name, variant], index) => ({
    name,
    config: writeGatewayConfig(fixtures, `start-${index}`, variant),
    readyMs: [] as number[],
    idleRssBytes: [] as number[],
  }));
  for (let time = 0; time < times; time++) {
    for (const { config, readyMs, idleRssBytes } of variants) {
      const server = await startServer(serveGateway(config), join(fixtures.folder, 'starts.log'));
      readyMs.push(server.readyMs);
      await wait(IDLE_MS);
      idleRssBytes.push(server.readRssBytes());
      await server.stop();
    }
  }
  return variants.map(({ name, readyMs, idleRssBytes }) => ({
    name,
    readyMs: spread(readyMs),
    idleRssBytes: spread(idleRssBytes),
  }));
}
