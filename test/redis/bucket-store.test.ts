import { expect, it } from 'vitest';
import { bucketKey } from '../../src/rate-limit/bucket-store.js';
import { createBucketScripts } from '../../src/redis/bucket-scripts.js';
import { RedisBucketStore } from '../../src/redis/bucket-store.js';
import type { RedisCommands } from '../../src/redis/commands.js';
import { keySlot } from '../../src/redis/key-slot.js';
import { READ_REDIS_CLOCK } from '../../src/redis/script.js';
import { describeBuckets, type StoreUnderTest } from '../rate-limit/bucket-properties.js';
import { poll } from '../support/poll.js';
import { shareRedis } from '../support/redis-commands.js';
import { describeWithRedis, type RedisServer } from '../support/redis-server.js';

const DEFAULTS = [
  { burst: 10, refillPerMinute: 1 },
  { burst: 60, refillPerMinute: 6 },
];
/** The clock of Redis with a difference that a test sets. */
const SHIFTED = createBucketScripts(`${READ_REDIS_CLOCK}now = now + tonumber(redis.call('GET', 'shift') or 0)`);

describeWithRedis('buckets in Redis', () => {
  let redis: RedisServer;
  let commands: RedisCommands;
  shareRedis((server, connection) => {
    [redis, commands] = [server, connection];
  });
  const keys = (user: string) => [bucketKey('acme', user, '192.0.2.1'), bucketKey('acme', user)];
  const openStore = (limits = DEFAULTS) => new RedisBucketStore({ commands, limits, local: undefined });

  let opened = 0;
  describeBuckets('as those in memory', {
    open(limits): StoreUnderTest {
      const prefix = `run ${opened++} `;
      let [shift, nowMs] = [0, 0];
      const store = new RedisBucketStore({
        limits,
        local: undefined,
        scripts: SHIFTED,
        commands: {
          ...commands,
          availability: commands.availability,
          async send(key, args) {
            const [, reply] = await Promise.all([
              commands.send('shift', ['SET', 'shift', String(shift)]),
              commands.send(key, args),
            ]);
            const figures = reply as readonly (string | number)[];
            nowMs = Number(figures[figures.length - limits.length - 1]);
            return figures;
          },
        },
      });
      const prefixed = (all: readonly string[]) => all.map((key) => prefix + key);
      return {
        take: (all) => store.take(prefixed(all)),
        peek: (all) => store.peek(prefixed(all)),
        nowMs: () => nowMs,
        advance(ms) {
          shift += ms;
        },
      };
    },
    stepsBack: false,
    runs: 40,
  });

  it('expire when they are full again', async () => {
    const store = openStore([
      { burst: 10, refillPerMinute: 1 },
      { burst: 60, refillPerMinute: 6_000 },
    ]);
    await store.take(keys('alice'));
    const [address, user] = (await redis.run('KEYS', '*alice*')).split('\n').sort((a, b) => b.length - a.length);
    const remaining = Number(await redis.run('PTTL', address!));
    expect(remaining).toBeGreaterThan(55_000);
    expect(remaining).toBeLessThanOrEqual(60_000);
    await poll('a bucket that fills in 10 ms is gone', async () => (await redis.run('EXISTS', user!)) === '0');
  });

  it('are read and written by scripts that are loaded again after SCRIPT FLUSH', async () => {
    const store = openStore();
    await store.take(keys('bob'));
    await redis.run('SCRIPT', 'FLUSH');
    const { allowed, statuses } = await store.take(keys('bob'));
    expect([allowed, ...statuses.map(({ remaining }) => remaining)]).toEqual([true, 8, 58]);
    await redis.run('SCRIPT', 'FLUSH');
    expect((await store.peek(keys('bob'))).map(({ remaining }) => remaining)).toEqual([8, 58]);
  });

  it('of a decision take one round trip and one command', async () => {
    const store = openStore();
    await store.take(keys('carol'));
    await store.peek(keys('carol'));
    const count = async () =>
      Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(await redis.run('INFO', 'commandstats'))?.[1]);
    const before = await count();
    for (let request = 0; request < 5; request++) await store.take(keys('carol'));
    expect((await count()) - before).toBe(5);
  });

  it('grant exactly the burst to requests at the same time', async () => {
    const stores = [openStore(), openStore()];
    const results = await Promise.all(Array.from({ length: 400 }, (_, index) => stores[index % 2]!.take(keys('dave'))));
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(10);
  });

  it('of one call are in one slot of a cluster, whatever a user id contains', async () => {
    for (const user of ['}{', '{', '}', 'a{b}c', '{}', ' ']) {
      const sent: string[] = [];
      const store = new RedisBucketStore({
        limits: DEFAULTS,
        local: undefined,
        commands: {
          ...commands,
          availability: commands.availability,
          send(key, args) {
            sent.push(...args.slice(3, 5));
            return commands.send(key, args);
          },
        },
      });
      await store.take(keys(user));
      expect(new Set(sent).size).toBe(2);
      expect(new Set(sent.map(keySlot)).size).toBe(1);
    }
  });
});
