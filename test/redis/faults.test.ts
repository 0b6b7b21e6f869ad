import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.js';
import { freePort } from '../support/free-port.js';
import { poll } from '../support/poll.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { Load } from './load.js';
import { BURST, openGateway, readReadiness, sharedConfig, signTokens } from './shared-gateways.js';

const PROCESSES = 2;
/** So few that each of them uses up what there is. */
const USERS = 8;
const NORMAL_MS = 2_000;
/** 250 ms after a command was sent, on a machine that has other things to do. */
const FAILURE_MS = 1_500;

interface Scene {
  readonly gateways: readonly Gateway[];
  readonly load: Load;
}

interface Figures {
  readonly fault: string;
  readonly policy: string;
  readonly sent: number;
  readonly granted: number;
  readonly refused: number;
  readonly failed: number;
  readonly overGranted: number;
  readonly normalAfterMs: number;
}

const table: Figures[] = [];
let tokens: string[];

async function openScene(store: unknown, policy: 'deny' | 'allow_local' = 'deny'): Promise<Scene> {
  const gateways = await Promise.all(Array.from({ length: PROCESSES }, () => openGateway(sharedConfig(store, policy))));
  return { gateways, load: new Load(gateways, tokens) };
}

/** Ends the load, and adds a line to the table. `buckets`: how many full buckets of a user there were. */
async function finish(fault: string, { load }: Scene, normalAfterMs: number, buckets: number, policy = 'deny') {
  await load.stop();
  const { answers } = load;
  const [granted, refused, failed] = [load.count('granted'), load.count('refused'), load.count('failed')];
  const figures = {
    fault,
    policy,
    sent: answers.length,
    granted,
    refused,
    failed,
    overGranted: load.countOverGranted(buckets),
    normalAfterMs: Math.round(normalAfterMs),
  };
  table.push(figures);
  expect(granted + refused + failed).toBe(answers.length);
  expect(load.slowestFailureMs).toBeLessThan(FAILURE_MS);
  return figures;
}

async function expectNotReady({ gateways }: Scene, reason: RegExp) {
  await poll('no gateway is ready', async () => {
    const all = await Promise.all(gateways.map(readReadiness));
    return all.every(({ status }) => status === 503);
  });
  const { body } = await readReadiness(gateways[0]!);
  expect(body).toEqual({ status: 'unavailable', reasons: { store: expect.stringMatching(reason) } });
}

async function expectReady({ gateways }: Scene) {
  await poll('every gateway is ready', async () => {
    const all = await Promise.all(gateways.map(readReadiness));
    return all.every(({ status, body }) => status === 200 && (body as { status: string }).status === 'ok');
  });
}

/** Breaks a Redis under load, sees that nothing is granted, heals it, and lets all users use up their buckets. */
async function denyUntilHealed(
  fault: string,
  store: unknown,
  buckets: number,
  { breakIt, healIt, reason }: { breakIt(): unknown; healIt(): unknown; reason: RegExp },
) {
  const scene = await openScene(store);
  const { load } = scene;
  await load.more('granted', 30);
  await breakIt();
  await load.more('failed', 10);
  await expectNotReady(scene, reason);
  const granted = load.count('granted');
  await load.more('failed', 40);
  expect(load.count('granted')).toBe(granted);
  await healIt();
  const normalAfterMs = await load.recovered();
  await expectReady(scene);
  await load.exhausted();
  const figures = await finish(fault, scene, normalAfterMs, buckets);
  expect(figures).toMatchObject({ overGranted: 0 });
  expect(figures.normalAfterMs).toBeLessThan(NORMAL_MS);
}

// The times are those of a real Redis on a machine that may have other things to do.
describeWithRedis('faults of Redis under load', { timeout: 30_000, retry: 2 }, () => {
  beforeAll(async () => {
    tokens = await signTokens(USERS);
  });
  afterAll(() => console.table(table));

  describe('with deny, nothing is granted while Redis', () => {
    it('is killed, until it is back without its data', async () => {
      const redis = await startRedis();
      await denyUntilHealed('killed, restarted empty', redis.url, 2, {
        breakIt: redis.kill,
        healIt: redis.restart,
        reason: /^Redis (cannot be reached \(\w+\)|cannot be reached, or closed the connection)$/,
      });
    });

    it('is paused', async () => {
      const redis = await startRedis();
      await denyUntilHealed('paused (SIGSTOP)', redis.url, 1, {
        breakIt: redis.pause,
        healIt: redis.resume,
        reason: /^Redis did not answer within 250 ms$/,
      });
    });

    it('answers after 500 ms', async () => {
      const redis = await startRedis();
      const proxy = await startProxy(redis.port);
      const setDelay = (ms: number) => () => {
        proxy.delayMs = ms;
      };
      await denyUntilHealed('slow (500 ms)', `redis://127.0.0.1:${proxy.port}`, 1, {
        breakIt: setDelay(500),
        healIt: setDelay(0),
        reason: /^Redis did not answer within 250 ms$/,
      });
    });

    it('is a replica that takes no writes', async () => {
      const redis = await startRedis();
      await denyUntilHealed('read-only replica', redis.url, 1, {
        breakIt: async () => redis.run('REPLICAOF', '127.0.0.1', String(await freePort())),
        healIt: () => redis.run('REPLICAOF', 'NO', 'ONE'),
        reason: /^Redis refused a command \(READONLY\)$/,
      });
    });

    it('refuses connections when the gateways start', async () => {
      const port = await freePort();
      const scene = await openScene(`redis://127.0.0.1:${port}`);
      await scene.load.more('failed', 20);
      expect(scene.load.count('granted')).toBe(0);
      await expectNotReady(scene, /^Redis cannot be reached \(ECONNREFUSED\)$/);
      await startRedis({ port });
      const normalAfterMs = await scene.load.recovered();
      await expectReady(scene);
      await scene.load.exhausted();
      const figures = await finish('refused at the start', scene, normalAfterMs, 1);
      expect(figures).toMatchObject({ overGranted: 0 });
      expect(figures.normalAfterMs).toBeLessThan(NORMAL_MS);
    });

    it('is failed over by a sentinel', async () => {
      const primary = await startRedis();
      const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
      await poll('the replica is in step', async () =>
        (await replica.run('INFO', 'replication')).includes('master_link_status:up'),
      );
      const sentinel = await startSentinel(primary);
      await poll('the sentinel knows the replica', async () =>
        (await sentinel.run('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)),
      );
      await denyUntilHealed('failed over by Sentinel', { sentinel: [`127.0.0.1:${sentinel.port}`], name: 'main' }, 2, {
        breakIt: primary.kill,
        healIt: () => poll('the replica takes writes', async () => (await replica.run('ROLE')).startsWith('master')),
        reason: /^Redis /,
      });
    });
  });

  it('with allow_local, each process grants what it has not granted yet', async () => {
    const redis = await startRedis();
    const scene = await openScene(redis.url, 'allow_local');
    const { load, gateways } = scene;
    await load.more('granted', 30);
    await redis.kill();
    await load.more('granted', 30);
    const readiness = await readReadiness(gateways[0]!);
    expect(readiness).toEqual({ status: 200, body: { status: 'degraded', reasons: { store: expect.any(String) } } });
    await load.exhausted();
    expect(load.count('granted')).toBeGreaterThan(USERS * BURST);
    expect(load.countOverGranted(PROCESSES)).toBe(0);
    await redis.restart();
    const normalAfterMs = await poll('every gateway uses Redis again', async () => {
      const all = await Promise.all(gateways.map(readReadiness));
      return all.every(({ body }) => (body as { status: string }).status === 'ok');
    });
    await load.exhausted();
    const figures = await finish('killed, restarted empty', scene, normalAfterMs, PROCESSES + 1, 'allow_local');
    expect(figures).toMatchObject({ overGranted: 0 });
    expect(figures.failed).toBeLessThan(50);
    expect(figures.normalAfterMs).toBeLessThan(NORMAL_MS);
  });
});

function startSentinel(primary: RedisServer): Promise<RedisServer> {
  return startRedis({
    args: ['--sentinel'],
    config: `sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 300
sentinel failover-timeout main 3000
`,
  });
}
