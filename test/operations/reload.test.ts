import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig, testGateway } from '../support/gateway.js';
import { startGatewayProcess } from '../support/gateway-process.js';

const REQUESTS = process.env.CI === 'true' ? 10_000 : 1_000;
const RELOADS = 20;
const UNDER_WAY = 20;

it(`${REQUESTS} requests across ${RELOADS} reloads have one bucket and no failure`, { timeout: 120_000 }, async () => {
  const rate_limit = { burst: 10_000, per_user: false, attempts_per_minute: 10_000 };
  const gateway = await testGateway((config) => Object.assign(config, { rate_limit }));
  const token = await gateway.idToken();
  const remaining = new Set<number>();
  let sent = 0;
  let reloads = 0;
  async function sendInTurn(): Promise<void> {
    while (sent < REQUESTS) {
      sent++;
      const { data } = await gateway.delegate({ target: 'api' }, { token });
      expect(data.delegate.credential.tokenType).toBe('Bearer');
      remaining.add(data.delegate.rateLimit.remaining);
    }
  }
  async function reloadInTurn(): Promise<void> {
    while (reloads < RELOADS) {
      const due = (REQUESTS / (RELOADS + 1)) * (reloads + 1);
      while (sent < due) await new Promise((resolve) => setImmediate(resolve));
      const graphql = { max_depth: 8 + ++reloads };
      await gateway.reload(parseConfig({ ...baseConfig(), rate_limit, graphql }));
    }
  }
  await Promise.all([reloadInTurn(), ...Array.from({ length: UNDER_WAY }, sendInTurn)]);
  expect(reloads).toBe(RELOADS);
  // Each request has taken one from the same bucket, which does not refill: the clock is still.
  expect(remaining.size).toBe(REQUESTS);
  expect(Math.min(...remaining)).toBe(10_000 - REQUESTS);
});

it('a reload says that changes of listen need a restart', { timeout: 30_000 }, async () => {
  const { command, folder } = await startGatewayProcess(baseConfig());
  folder.write('gateway.yaml', JSON.stringify({ ...baseConfig(), listen: { port: 5_000, drain_seconds: 3 } }));
  command.process.kill('SIGHUP');
  const log = await command.logs('"these changes need a restart"');
  expect(log).toContain('"fields":["listen.port","listen.drain_seconds"]');
});
