import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, it } from 'vitest';
import { testClock } from '../support/clock.js';
import { testGateway } from '../support/gateway.js';
import { startGateway } from '../support/gateway-process.js';
import { describeWithRedis, startCluster, startRedis } from '../support/redis-server.js';
import { buildDelegation, type Outcome, readOutcome, sharedConfig, signTokens } from './shared-gateways.js';

const PROCESSES = 4;
const REQUESTS = 500;
const ATTEMPTS = 3;

describeWithRedis('the limit of a user over several gateways', { timeout: 120_000 }, () => {
  let tokens: string[];
  beforeAll(async () => {
    tokens = await signTokens(ATTEMPTS);
  });

  /**
   * Counts outcomes for one user after the other, until Redis has answered every request in time: on a busy machine it may
   * take more than 250 ms for some of so many. However that is, none may be granted too much.
   */
  async function countOutcomes(store: unknown): Promise<Partial<Record<Outcome, number>>> {
    const urls = await Promise.all(Array.from({ length: PROCESSES }, () => startGateway(sharedConfig(store))));
    let counts: Partial<Record<Outcome, number>> = {};
    for (const token of tokens) {
      counts = await countOutcomesOf(token, urls);
      expect(counts.granted ?? 0).toBeLessThanOrEqual(10);
      if (counts.failed === undefined) break;
    }
    return counts;
  }

  /** Sends 500 requests of a user at the same time to each of four processes. */
  async function countOutcomesOf(token: string, urls: readonly string[]): Promise<Partial<Record<Outcome, number>>> {
    const outcomes = await Promise.all(
      urls.flatMap((url) =>
        Array.from({ length: REQUESTS }, async () => readOutcome(await post(url, buildDelegation(token)))),
      ),
    );
    return Object.fromEntries(
      [...new Set(outcomes)].map((outcome) => [outcome, outcomes.filter((each) => each === outcome).length]),
    );
  }

  it('is exact for 4 processes × 500 requests at the same time, on one Redis', async () => {
    const { url } = await startRedis();
    expect(await countOutcomes(url)).toEqual({ granted: 10, refused: 1_990 });
  });

  it('is exact for 4 processes × 500 requests at the same time, on a cluster of three nodes', async () => {
    const nodes = await startCluster();
    expect(await countOutcomes({ cluster: [nodes[0]!.url] })).toEqual({ granted: 10, refused: 1_990 });
  });

  it('does not depend on the clocks of the gateways, nor do the figures', async () => {
    const { url } = await startRedis();
    const gateways = await Promise.all(
      [-3_600_000, 0, 3_600_000].map((differenceMs) =>
        testGateway((config) => Object.assign(config, { rate_limit: { store: url } }), {
          clock: testClock(Date.now() + differenceMs),
        }),
      ),
    );
    const beganSeconds = Math.floor(Date.now() / 1000);
    for (let request = 1; request <= 12; request++) {
      const gateway = gateways[request % gateways.length]!;
      const answer = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
      const { remaining, reset, retryAfter } =
        answer.data.delegate?.rateLimit ?? answer.errors?.[0].extensions.rateLimit ?? {};
      expect(remaining).toBe(Math.max(0, 10 - request));
      expect(reset).toBeGreaterThanOrEqual(beganSeconds + 60 * Math.min(10, request));
      expect(reset).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 60 * Math.min(10, request));
      if (remaining === 0) expect(retryAfter).toBeLessThanOrEqual(60);
    }
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });
});

/** Posts on a connection of its own: cheaper than fetch, and all of them at the same time. */
function post(url: string, { headers, body }: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', headers: headers as Record<string, string>, agent: false },
      (answer) => {
        text(answer).then((found) => resolve(new Response(found)), reject);
      },
    );
    sent.once('error', reject).end(body);
  });
}
