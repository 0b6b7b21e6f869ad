import { describe, expect, it } from 'vitest';
import { RefusedRefreshTokens } from '../../src/delegation/refused-refresh-tokens.js';
import { UsedAssertions } from '../../src/delegation/used-assertions.js';
import { RedisAttemptStore } from '../../src/redis/attempt-store.js';
import type { RedisCommands } from '../../src/redis/commands.js';
import { StoreUnavailableError } from '../../src/redis/errors.js';
import { RedisRefusedRefreshTokens } from '../../src/redis/refused-refresh-tokens.js';
import { RedisUsedAssertions } from '../../src/redis/used-assertions.js';
import { testClock } from '../support/clock.js';
import { testGateway } from '../support/gateway.js';
import { shareRedis } from '../support/redis-commands.js';
import { describeWithRedis, type RedisServer } from '../support/redis-server.js';

/** A Redis that cannot be reached. */
const AWAY: RedisCommands = {
  send: () => Promise.reject(new StoreUnavailableError('cannot be reached')),
  availability: { status: 'down', reason: 'cannot be reached' },
  firstAttempt: Promise.resolve(),
  close: async () => {},
};
const UNAVAILABLE = {
  code: 'UPSTREAM_UNAVAILABLE',
  message: 'The store of the limits is not available: Redis cannot be reached; try again in 1 s',
  details: { retryAfter: 1 },
};

describeWithRedis('what processes share in Redis', () => {
  let redis: RedisServer;
  let commands: RedisCommands;
  shareRedis((server, connection) => {
    [redis, commands] = [server, connection];
  });

  describe('the attempts of an address', () => {
    const openStore = (given = commands, countsAlone = false) =>
      new RedisAttemptStore({ commands: given, now: Date.now, countsAlone });
    const identity = (key: string, count: number, max: number) => ({
      contextIdentity: key,
      fieldIdentity: `attempt:${count}:${max}`,
    });

    it('are counted exactly, of requests at the same time in several processes', async () => {
      const stores = [openStore(), openStore(), openStore()];
      const before = await Promise.all(
        Array.from({ length: 300 }, (_, index) => stores[index % 3]!.getForIdentity(identity('parallel', 1, 100))),
      );
      const counted = before.map(({ length }) => length).sort((a, b) => a - b);
      expect(counted.slice(0, 101)).toEqual(Array.from({ length: 101 }, (_, index) => index));
      expect(counted.at(-1)).toBe(100);
    });

    it('are not counted where they would be too many, and fewer still fit', async () => {
      const store = openStore();
      expect(await store.getForIdentity(identity('several', 7, 10))).toHaveLength(0);
      expect(await store.getForIdentity(identity('several', 4, 10))).toHaveLength(7);
      expect(await store.getForIdentity(identity('several', 3, 10))).toHaveLength(7);
      expect(await store.getForIdentity(identity('several', 1, 10))).toHaveLength(10);
    });

    it('are refused without asking Redis again, and leave room when Redis says so', async () => {
      const store = openStore();
      await store.getForIdentity(identity('flood', 10, 10));
      await store.getForIdentity(identity('flood', 1, 10));
      const calls = async () =>
        Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(await redis.run('INFO', 'commandstats'))?.[1]);
      const before = await calls();
      for (let count = 0; count < 100; count++) {
        expect(await store.getForIdentity(identity('flood', 1, 10))).toHaveLength(10);
      }
      expect(await calls()).toBe(before);
      const [first] = store.readAttempts('flood');
      expect((first as number) + 60_000 - Date.now()).toBeGreaterThan(58_000);
      expect((first as number) + 60_000 - Date.now()).toBeLessThanOrEqual(61_000);
    });

    it('are a log that expires', async () => {
      await openStore().getForIdentity(identity('expiring', 1, 10));
      const seconds = Number(await redis.run('TTL', 'delegation-gateway:attempts:{expiring}'));
      expect(seconds).toBeGreaterThan(58);
      expect(seconds).toBeLessThanOrEqual(61);
    });

    it('without Redis, are refused, or counted by each process', async () => {
      await expect(openStore(AWAY).getForIdentity(identity('away', 1, 10))).rejects.toMatchObject(UNAVAILABLE);
      const store = openStore(AWAY, true);
      const before = await Promise.all(Array.from({ length: 20 }, () => store.getForIdentity(identity('away', 1, 10))));
      expect(before.filter(({ length }) => length < 10)).toHaveLength(10);
    });

    it('are limited over gateways, with a message that says when to try again', async () => {
      const gateways = await Promise.all(
        [1, 2].map(() =>
          testGateway((config) => Object.assign(config, { rate_limit: { store: redis.url, attempts_per_minute: 5 } })),
        ),
      );
      const statuses: number[] = [];
      for (let request = 0; request < 8; request++) {
        const answer = await gateways[request % 2]!.graphql('{ __typename }');
        statuses.push(answer.status);
        if (answer.status !== 429) continue;
        expect(answer.errors?.[0].message).toMatch(
          /^Too many attempts from this address: at most 5 in a minute; try again in (59|60|61) s$/,
        );
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
      await Promise.all(gateways.map((gateway) => gateway.close()));
    });
  });

  describe('a used assertion', () => {
    const client = ['acme', 'web'] as const;

    it('counts once over all processes, and each client has its own', async () => {
      const stores = [new RedisUsedAssertions(commands, undefined), new RedisUsedAssertions(commands, undefined)];
      const uses = await Promise.all(
        Array.from({ length: 50 }, (_, index) => stores[index % 2]!.use(client, 'jti-1', 1_060, 1_000)),
      );
      expect(uses.filter((use) => use === 'first')).toHaveLength(1);
      expect(await stores[0]!.use(['acme', 'other'], 'jti-1', 1_060, 1_000)).toBe('first');
    });

    it('is kept until it has expired on every clock that is right within five minutes, and not in the clear', async () => {
      await new RedisUsedAssertions(commands, undefined).use(client, 'jti-in-the-clear', 1_060, 1_000);
      const keys = (await redis.run('KEYS', '*:assertion:*')).split('\n');
      expect(keys.join()).not.toContain('jti-in-the-clear');
      for (const key of keys) expect(Number(await redis.run('TTL', key))).toBeGreaterThan(300);
    });

    it('without Redis, is refused, or counts once in each process', async () => {
      await expect(new RedisUsedAssertions(AWAY, undefined).use(client, 'a', 60, 0)).rejects.toMatchObject(UNAVAILABLE);
      const store = new RedisUsedAssertions(AWAY, new UsedAssertions());
      expect([await store.use(client, 'a', 60, 0), await store.use(client, 'a', 60, 0)]).toEqual(['first', 'replayed']);
    });
  });

  describe('a refused refresh token', () => {
    const openStore = (given = commands, decidesAlone = false) =>
      new RedisRefusedRefreshTokens(given, new RefusedRefreshTokens(testClock().now), decidesAlone);

    it('is known to all processes for a minute, by its hash', async () => {
      await openStore().rememberRefused('hash-1');
      expect([await openStore().isRefused('hash-1'), await openStore().isRefused('hash-2')]).toEqual([true, false]);
      const remaining = Number(await redis.run('PTTL', 'delegation-gateway:refused-refresh-token:hash-1'));
      expect(remaining).toBeGreaterThan(55_000);
      expect(remaining).toBeLessThanOrEqual(60_000);
    });

    it('without Redis, is known to the process that heard it; others are refused or unknown', async () => {
      const strict = openStore(AWAY);
      await strict.rememberRefused('hash-3');
      expect(await strict.isRefused('hash-3')).toBe(true);
      await expect(strict.isRefused('hash-4')).rejects.toMatchObject(UNAVAILABLE);
      expect(await openStore(AWAY, true).isRefused('hash-4')).toBe(false);
    });
  });
});
