import { expect, it } from 'vitest';
import { keySlot } from '../../src/redis/key-slot.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';

const KEYS = [
  'delegation-gateway:bucket:{4 12 acme auth0|user-1}:10:1',
  'plain',
  '{tag}',
  'before{tag}after',
  '{tag}{other}',
  '{}empty',
  'open{only',
  '}{reversed}',
  '{{nested}}',
  '{ünïcode}',
  ...Array.from({ length: 100 }, (_, index) => `user ${index * index}`),
];

describeWithRedis('the slot of a key', () => {
  it('is what Redis says', async () => {
    const redis = await startRedis({ args: ['--cluster-enabled', 'yes'] });
    const slots = await Promise.all(KEYS.map(async (key) => Number(await redis.run('CLUSTER', 'KEYSLOT', key))));
    expect(KEYS.map(keySlot)).toEqual(slots);
  });
});
