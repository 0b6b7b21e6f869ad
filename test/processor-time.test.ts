import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config/load.js';
import { createGateway, type Gateway } from '../src/gateway.js';
import { createLog } from '../src/observability/log.js';
import { COSTLY_REQUESTS, type CostlyRequest, PLAIN } from './support/costly-requests.js';
import { baseConfig } from './support/gateway.js';
import { recordingLog } from './support/log.js';

/**
 * Milliseconds that a request without a valid token may take on a machine that needs at most 1 ms for a plain one. On a
 * slower or busier machine the plain requests of the same test take longer, and the limit grows in proportion.
 *
 * The margin: on a quiet machine the plain request takes 0.5 ms and the most expensive of these 10 ms. Without the limits
 * of the gateway a third of them take 20 to 2,500 ms.
 */
const LIMIT_MS = 20;
const ROUNDS = 7;
const WARM_UP = 3;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await createGateway(
    // Suggestions cost more than no suggestions, and the attempt guard would refuse what is measured.
    parseConfig({
      ...baseConfig(),
      rate_limit: { attempts_per_minute: 10_000 },
      graphql: { suggestions: true },
      trust_proxy: ['10.0.0.0/8'],
    }),
    { log: createLog('silent'), openAuditLog: recordingLog().openAuditLog },
  );
  for (let count = 0; count < 100; count++) await measure(PLAIN);
});

/** Milliseconds of processor time of this process, its other threads included, from a request to the end of its response. */
async function measure({ path = '/graphql', method = 'POST', headers, body }: CostlyRequest): Promise<number> {
  const request = new Request(`http://gateway.test${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  });
  const start = process.cpuUsage();
  const response = await gateway.fetch(request, { remoteAddress: '10.0.0.1' });
  await response.text();
  const { user, system } = process.cpuUsage(start);
  expect(response.status).not.toBe(429);
  expect(response.status).toBeLessThan(500);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

describe('no request without a valid token takes 20 ms of processor time', () => {
  for (const [cause, requests] of Object.entries(COSTLY_REQUESTS)) {
    it.each(Object.entries(requests))(`${cause}: %s`, async (_name, request) => {
      for (let count = 0; count < WARM_UP; count++) await measure(request);
      const plain: number[] = [];
      const costly: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        plain.push(await measure(PLAIN));
        costly.push(await measure(request));
      }
      expect(median(costly)).toBeLessThan(LIMIT_MS * Math.max(1, median(plain)));
    });
  }
});
