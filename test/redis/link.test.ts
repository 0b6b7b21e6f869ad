import { expect, it } from 'vitest';
import { RedisAttemptStore } from '../../src/redis/attempt-store.js';
import { RedisBucketStore } from '../../src/redis/bucket-store.js';
import { Link } from '../../src/redis/link.js';
import { openRedis } from '../../src/redis/open.js';
import { poll } from '../support/poll.js';
import { connectRedis } from '../support/redis-commands.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';

function endpoint(port: number) {
  return { host: '127.0.0.1', port, tls: false, username: undefined, password: undefined, database: 0 };
}

/** Keeps the process from doing anything else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describeWithRedis('a connection to Redis', () => {
  it('does not count the time in which the process is busy, before and after the sending', async () => {
    const redis = await startRedis();
    const link = await Link.open(endpoint(redis.port));
    for (let round = 0; round < 3; round++) {
      const early = link.send(['PING']);
      block(600);
      expect(await early).toBe('PONG');
      const late = link.send(['PING']);
      await new Promise((resolve) => setImmediate(resolve));
      block(600);
      expect(await late).toBe('PONG');
    }
    link.destroy();
  });

  it('does not count the time in which commands wait for others', async () => {
    const redis = await startRedis();
    const link = await Link.open(endpoint(redis.port));
    const value = 'x'.repeat(10_000);
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => link.send(['SET', `key ${index}`, value])),
    );
    expect(new Set(replies)).toEqual(new Set(['OK']));
    link.destroy();
  });

  it('gives a command up that has no answer 250 ms after it was sent, and no earlier', async () => {
    const redis = await startRedis();
    const link = await Link.open(endpoint(redis.port));
    redis.pause();
    const sentMs = performance.now();
    await expect(link.send(['PING'])).rejects.toThrow('did not answer within 250 ms');
    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(250);
    redis.resume();
    link.destroy();
  });

  it('fails at once while there is none, and neither keeps nor repeats a command', async () => {
    const redis = await startRedis();
    const commands = await connectRedis({ url: redis.url });
    await redis.kill();
    await poll('the loss is noticed', () => commands.availability.status === 'down');
    const sentMs = performance.now();
    await expect(commands.send('key', ['INCR', 'key'])).rejects.toThrow();
    expect(performance.now() - sentMs).toBeLessThan(100);
    await redis.restart();
    await poll('it is back', () => commands.availability.status === 'ok');
    expect(await commands.send('key', ['GET', 'key'])).toBeNull();
  });

  it('logs in with a password, and as an ACL user with no more rights than the documentation names', async () => {
    const rights = '+eval +evalsha +time +get +set +hgetall +hdel +hincrby +expire';
    const args = ['--requirepass', 'default-password', '--user'];
    args.push(...`gateway on >s3cret/@ ~delegation-gateway:* ${rights}`.split(' '));
    const redis = await startRedis({ args, cliArgs: ['--no-auth-warning', '--pass', 'default-password'] });
    for (const login of ['gateway:s3cret%2F%40', ':default-password']) {
      const commands = await connectRedis({ url: `redis://${login}@127.0.0.1:${redis.port}/0` });
      expect(commands.availability).toEqual({ status: 'ok' });
      const store = new RedisAttemptStore({ commands, now: Date.now, countsAlone: false });
      expect(await store.getForIdentity({ contextIdentity: login, fieldIdentity: 'attempt:1:1' })).toEqual([]);
      const buckets = new RedisBucketStore({ commands, limits: [{ burst: 1, refillPerMinute: 1 }], local: undefined });
      expect((await buckets.take([login])).allowed).toBe(true);
    }
    const refused = openRedis({ url: `redis://gateway:wrong@127.0.0.1:${redis.port}` }, () => {});
    await refused.firstAttempt;
    expect(refused.availability).toEqual({ status: 'down', reason: 'refused the login (WRONGPASS)' });
    await refused.close();
  });
});
