import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fixtures } from './fixtures.js';
import { type GatewayVariant, serveGateway, writeGatewayConfig } from './gateway-config.js';
import { type ServerProcess, startServer } from './server-process.js';
import { type Spread, spread } from './statistics.js';

/** A gateway is idle when it needs less processor time than this, in microseconds, in this time. */
const IDLE = { processorUs: 20_000, ms: 500 };

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
      await waitUntilIdle(server);
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

/** Waits until a gateway has settled: after it is ready, one with GraphiQL still makes the page. */
async function waitUntilIdle(server: ServerProcess): Promise<void> {
  let [before, now] = [0, server.readProcessorTime()];
  while (now - before > IDLE.processorUs) {
    await wait(IDLE.ms);
    [before, now] = [now, server.readProcessorTime()];
  }
}
