import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { freePort } from '../support/free-port.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';
import { selfSigned } from '../support/upstream.js';
import { buildDelegation, delegate, openGateway, readOutcome, sharedConfig, signTokens } from './shared-gateways.js';

/** What the manual says that an ACL user needs. */
const ACL = [
  '~delegation-gateway:*',
  '+eval',
  '+evalsha',
  '+time',
  '+get',
  '+set',
  '+hgetall',
  '+hdel',
  '+hincrby',
  '+expire',
];

describeWithRedis('a connection to Redis', { timeout: 60_000 }, () => {
  it('over TLS, as an ACL user with the rights of the manual, needs the certificate authority', async () => {
    const { key, cert } = selfSigned('localhost');
    const files = configFolder({ 'redis.key': key, 'redis.crt': cert });
    const port = await freePort();
    const redis = await startRedis({
      args: [
        ...['--tls-port', String(port), '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', `${files.path}/redis.crt`, '--tls-key-file', `${files.path}/redis.key`],
      ],
    });
    await redis.run('ACL', 'SETUSER', 'gateway', 'on', '>a password: 100%', ...ACL);
    const config = sharedConfig(`rediss://gateway:a%20password%3A%20100%25@localhost:${port}`);
    const { url } = await startGatewayProcess(config, [], { NODE_EXTRA_CA_CERTS: `${files.path}/redis.crt` });
    const [token] = await signTokens(1);
    expect(await readOutcome(await fetch(url, buildDelegation(token!)))).toBe('granted');
    const stranger = await startGatewayProcess(config);
    expect(await readOutcome(await fetch(stranger.url, buildDelegation(token!)))).toBe('failed');
    expect(await stranger.command.logs('"the store is not available"')).not.toContain('password:');
  });

  it('is refused with a wrong password, and the log says so without it', async () => {
    const redis = await startRedis({
      args: ['--requirepass', 'right'],
      cliArgs: ['--pass', 'right', '--no-auth-warning'],
    });
    const path = configFolder().write(
      'gateway.yaml',
      JSON.stringify(sharedConfig(`redis://:wrong-password@127.0.0.1:${redis.port}`)),
    );
    const command = startCommand(['serve', '--config', path, '--port', '0']);
    const log = await command.logs('"the store is not available"');
    expect(log).not.toContain('wrong-password');
    command.process.kill('SIGTERM');
    expect(await command.exit).toBe(0);
  });

  it.each([
    ['one', 'redis://127.0.0.1:1'],
    ['a cluster', { cluster: ['redis://127.0.0.1:1'] }],
    ['sentinels', { sentinel: ['127.0.0.1:1'], name: 'main' }],
  ])('that cannot be made at the start is a warning once, and the gateway starts: %s', async (_name, store) => {
    const { command, url } = await startGatewayProcess(sharedConfig(store));
    const readiness = await fetch(new URL('/readyz', url));
    expect([readiness.status, await readiness.json()]).toMatchObject([503, { status: 'unavailable' }]);
    const log = await command.logs('"listening"');
    expect(log.match(/"the store is not available"/g)).toHaveLength(1);
  });

  it('is kept by a reload with the same store, and closed by one with another', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    const countClients = async (redis: typeof first) =>
      (await redis.run('CLIENT', 'LIST'))
        .split('\n')
        .filter((line) => line.includes('cmd=') && !line.includes('cmd=client')).length;
    const gateway = await openGateway(sharedConfig(first.url));
    const [token] = await signTokens(1);
    const outcomes = [];
    for (let request = 0; request < 6; request++) outcomes.push(await delegate(gateway, token!));
    const before = await countClients(first);
    await gateway.reload(parseConfig({ ...sharedConfig(first.url), graphiql: true }));
    for (let request = 0; request < 6; request++) outcomes.push(await delegate(gateway, token!));
    expect(outcomes.filter((outcome) => outcome === 'granted')).toHaveLength(10);
    expect(await countClients(first)).toBe(before);

    await gateway.reload(parseConfig(sharedConfig(second.url)));
    expect(await delegate(gateway, token!)).toBe('granted');
    await expect.poll(() => countClients(first), { timeout: 10_000 }).toBe(0);
    await gateway.reload(parseConfig(sharedConfig('memory')));
    expect(await delegate(gateway, token!)).toBe('granted');
    await expect.poll(() => countClients(second), { timeout: 10_000 }).toBe(0);
  });
});
