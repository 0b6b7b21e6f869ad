import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { poll } from '../support/poll.js';
import { describeWithRedis, startCluster } from '../support/redis-server.js';
import { delegate, type Outcome, openGateway, sharedConfig, signTokens } from './shared-gateways.js';

const USERS = 20;

describeWithRedis('a cluster', { timeout: 90_000 }, () => {
  it('grants each user exactly the burst while slots move to another node', async () => {
    const nodes = await startCluster();
    const [from, to] = await Promise.all([nodes[0]!.run('CLUSTER', 'MYID'), nodes[1]!.run('CLUSTER', 'MYID')]);
    const gateway = await openGateway(sharedConfig({ cluster: [nodes[2]!.url] }));
    const tokens = await signTokens(USERS);
    let isMoving = true;
    const moved = promisify(execFile)('redis-cli', [
      ...['--cluster', 'reshard', `127.0.0.1:${nodes[0]!.port}`],
      ...['--cluster-from', from, '--cluster-to', to, '--cluster-slots', '5461', '--cluster-yes'],
    ]).finally(() => {
      isMoving = false;
    });
    const outcomes = new Map<string, Outcome[]>(tokens.map((token) => [token, []]));
    do {
      await Promise.all(tokens.map(async (token) => outcomes.get(token)!.push(await delegate(gateway, token))));
    } while (isMoving);
    await moved;
    for (const token of tokens) outcomes.get(token)!.push(await delegate(gateway, token));
    for (const all of outcomes.values()) {
      expect(all.filter((outcome) => outcome === 'granted')).toHaveLength(10);
      expect(all.filter((outcome) => outcome !== 'granted' && outcome !== 'refused')).toEqual([]);
    }
    expect(await nodes[0]!.run('DBSIZE')).toBe('0');
  });

  it('that has lost a node grants nothing to those whose slots it had, and goes on when it is back', async () => {
    const nodes = await startCluster();
    await Promise.all(nodes.map((node) => node.run('CONFIG', 'SET', 'cluster-require-full-coverage', 'no')));
    const gateway = await openGateway(sharedConfig({ cluster: nodes.map(({ url }) => url) }));
    const tokens = await signTokens(USERS);
    const delegateAll = () => Promise.all(tokens.map((token) => delegate(gateway, token)));
    expect(new Set(await delegateAll())).toEqual(new Set(['granted']));
    await nodes[0]!.kill();
    const without = await delegateAll();
    expect(new Set(without)).toEqual(new Set(['granted', 'failed']));
    await nodes[0]!.restart();
    await poll('every user is served', async () => (await delegateAll()).every((outcome) => outcome !== 'failed'));
  });
});
