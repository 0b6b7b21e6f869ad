import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { buildDelegation, type Outcome, readOutcome, sharedConfig, signTokens } from '../redis/shared-gateways.js';
import { captureOutput } from '../support/captured-output.js';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.js';
import { poll } from '../support/poll.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';

function readWorkers({ command }: GatewayProcess): number[] {
  const pid = command.process.pid;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

describeWithRedis('serve --workers 3', { timeout: 60_000 }, () => {
  async function start() {
    const { url } = await startRedis();
    const gateway = await startGatewayProcess(sharedConfig(url), ['--workers', '3']);
    const [token] = await signTokens(1);
    const delegate = async (): Promise<Outcome> =>
      readOutcome(await fetch(gateway.url, { ...buildDelegation(token!), keepalive: false }));
    return { gateway, delegate, store: url };
  }

  it('listens once for three processes, which share the limit of a user', async () => {
    const { gateway, delegate } = await start();
    expect(readWorkers(gateway)).toHaveLength(3);
    const outcomes = await Promise.all(Array.from({ length: 60 }, delegate));
    expect(outcomes.filter((outcome) => outcome === 'granted')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(50);
  });

  it('replaces a worker that crashes, and says so, while the others serve', async () => {
    const { gateway, delegate } = await start();
    const [first] = readWorkers(gateway);
    process.kill(first!, 'SIGKILL');
    await gateway.command.logs('"a worker has ended; another one takes its place"');
    expect(await delegate()).toBe('granted');
    await poll('there are three workers again', () => {
      const workers = readWorkers(gateway);
      return workers.length === 3 && !workers.includes(first!);
    });
  });

  it('reloads and stops all of them, and exits with 0', async () => {
    const { gateway, store } = await start();
    const workers = readWorkers(gateway);
    const next = sharedConfig(store);
    gateway.folder.write('gateway.yaml', JSON.stringify({ ...next, graphql: { introspection: false } }));
    gateway.command.process.kill('SIGHUP');
    await gateway.command.logs('"configuration reloaded"');
    const introspect = async () => {
      const body = JSON.stringify({ query: '{ __schema { queryType { name } } }' });
      const headers = { 'content-type': 'application/json', connection: 'close' };
      return (await fetch(gateway.url, { method: 'POST', headers, body })).text();
    };
    await poll('every worker has the new configuration', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, introspect));
      return answers.every((answer) => answer.includes('introspection'));
    });
    gateway.command.process.kill('SIGTERM');
    expect(await gateway.command.exit).toBe(0);
    expect(workers.filter(isRunning)).toEqual([]);
  });

  it('does not apply a configuration with the store in memory', async () => {
    const { gateway, delegate } = await start();
    gateway.folder.write('gateway.yaml', JSON.stringify(sharedConfig('memory')));
    gateway.command.process.kill('SIGHUP');
    expect(await gateway.command.logs('"configuration not reloaded"')).toContain('rate_limit.store is memory');
    expect(await delegate()).toBe('granted');
  });

  it('says once why it cannot listen, and exits with 1', async () => {
    const { gateway, store } = await start();
    const path = configFolder().write('gateway.yaml', JSON.stringify(sharedConfig(store)));
    const { port } = new URL(gateway.url);
    const other = startCommand(['serve', '--config', path, '--port', port, '--workers', '3']);
    expect(await other.exit).toBe(1);
    expect(other.output.stderr.match(/the port is in use/g)).toHaveLength(1);
  });
});

it('serve --workers 2 with the store in memory does not start, and says why', async () => {
  const path = configFolder().write('gateway.yaml', JSON.stringify(sharedConfig('memory')));
  const output = captureOutput();
  expect(await runCommandLine(['serve', '--config', path, '--workers', '2'])).toBe(1);
  expect(output.stderr).toBe(
    'rate_limit.store is memory: each of 2 workers would count for itself, and a user would have 2 times the limit. Configure a Redis, or run one worker.\n',
  );
});

it.each(['0', '257', 'two', '-1'])('serve --workers %s is refused', async (count) => {
  const output = captureOutput();
  expect(await runCommandLine(['serve', `--workers=${count}`])).toBe(1);
  expect(output.stderr).toBe('--workers must be auto or a whole number from 1 to 256\n');
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
