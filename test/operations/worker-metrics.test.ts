import { expect, it } from 'vitest';
import { buildDelegation, sharedConfig, signTokens } from '../redis/shared-gateways.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { poll } from '../support/poll.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';
import { parseScrape } from '../support/scrape.js';

const WORKERS = 3;

describeWithRedis(`the metrics of ${WORKERS} workers`, { timeout: 60_000 }, () => {
  it.each([
    ['at their address', true],
    ['at an address of their own', { port: 0 }],
  ])('are those of all, whichever is asked %s', async (_name, metrics) => {
    const { url: store } = await startRedis();
    const { command } = await startGatewayProcess({ ...sharedConfig(store), metrics }, ['--workers', String(WORKERS)]);
    const urls = JSON.parse(command.output.stdout);
    const [token] = await signTokens(1);
    const close = { connection: 'close' };
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const { headers, ...delegation } = buildDelegation(token!);
        await fetch(urls.graphql, { ...delegation, headers: { ...headers, ...close } });
      }),
    );
    const scrape = async () => parseScrape(await (await fetch(urls.metrics, { headers: close })).text());
    for (const found of await Promise.all(Array.from({ length: 6 }, scrape))) {
      expect(found.read('delegations_total')).toEqual(['acme graphql APP OK 10', 'acme graphql APP RATE_LIMITED 20']);
      expect(found.read('delegation_duration_seconds_count')).toEqual(['graphql APP 30']);
      expect(found.read('health')).toContain('store ok 1');
    }
    command.process.kill('SIGHUP');
    await poll('every worker has reloaded', async () =>
      (await scrape()).read('reloads_total').includes(`ok ${WORKERS}`),
    );
  });

  it('have an age for keys that were never fetched', async () => {
    const { url: store } = await startRedis();
    const config = sharedConfig(store);
    Object.assign(config.tenants[0]!.issuers[0]!, { jwks: undefined, jwks_uri: 'http://127.0.0.1:9/jwks.json' });
    const { command } = await startGatewayProcess({ ...config, metrics: true }, ['--workers', '2']);
    const { metrics } = JSON.parse(command.output.stdout);
    const found = parseScrape(await (await fetch(metrics)).text());
    expect(found.read('jwks_age_seconds')).toEqual([expect.stringMatching(/^acme \S+ \+Inf$/)]);
    expect(found.read('health')).toContain('keys unavailable 1');
  });
});
