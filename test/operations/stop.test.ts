import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/server.js';
import { buildDelegation, sharedConfig, signTokens } from '../redis/shared-gateways.js';
import { startCommand } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { testGateway } from '../support/gateway.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { sendLoad } from '../support/load.js';
import { poll } from '../support/poll.js';

/** A configuration whose limits the load of these tests does not reach. */
function generousConfig(listen: object = {}): object {
  const rate_limit = { burst: 10_000, per_user: false, attempts_per_minute: 10_000 };
  return { ...sharedConfig('memory'), listen, rate_limit };
}

describe('a gateway that is stopped', { timeout: 180_000 }, () => {
  it('loses none of 5,000 requests of a client that tries again where it cannot connect', async () => {
    const [token] = await signTokens(1);
    const { headers, body } = buildDelegation(token!) as { headers: Record<string, string>; body: string };
    const port = await freePort();
    const first = await startGatewayProcess(generousConfig(), ['--port', String(port)]);
    let replaced: Promise<number | NodeJS.Signals> | undefined;
    const replace = async () => {
      first.command.process.kill('SIGTERM');
      const code = await first.command.exit;
      await startGatewayProcess(generousConfig(), ['--port', String(port)]);
      return code;
    };
    const result = await sendLoad({
      url: first.url,
      requests: 5_000,
      connections: 50,
      buildRequest: () => ({ headers, body }),
      onAnswer(answers) {
        if (answers === 1_500) replaced = replace();
      },
    });
    expect(result).toEqual({ statuses: { 200: 5_000 }, lost: [] });
    expect(await replaced).toBe(0);
  });

  it('answers 503 at /readyz and everything else as before until drain_seconds are over', async () => {
    const { command, url } = await startGatewayProcess(generousConfig({ drain_seconds: 2 }));
    expect((await fetch(new URL('/readyz', url))).status).toBe(200);
    command.process.kill('SIGTERM');
    await poll('/readyz answers 503', async () => (await fetch(new URL('/readyz', url))).status === 503);
    expect(await (await fetch(new URL('/readyz', url))).json()).toEqual({
      status: 'unavailable',
      reasons: { gateway: 'it is stopping' },
    });
    const [token] = await signTokens(1);
    const response = await fetch(url, { method: 'POST', ...buildDelegation(token!) });
    expect(response.status).toBe(200);
    expect(response.headers.get('connection')).toBe('keep-alive');
    expect(await response.json()).toMatchObject({ data: { delegate: { rateLimit: { remaining: 9_999 } } } });
    expect(await command.exit).toBe(0);
  });

  it('is ended at once by a second signal', async () => {
    const { command } = await startGatewayProcess(generousConfig({ drain_seconds: 300 }));
    command.process.kill('SIGTERM');
    await command.logs('"stopping"');
    command.process.kill('SIGTERM');
    expect(await command.exit).toBe(130);
  });
});

describe.skipIf(process.platform !== 'linux')('SIGHUP', () => {
  it('does not end a gateway that is starting', async () => {
    const { folder } = await startGatewayProcess(generousConfig());
    const starting = startCommand(['serve', '--config', `${folder.path}/gateway.yaml`, '--port', '0', '--json']);
    await poll('it handles SIGHUP', () => handlesHangups(starting.process.pid), { everyMs: 1 });
    expect(starting.output.stdout).toBe('');
    starting.process.kill('SIGHUP');
    await starting.logs('"configuration reloaded"');
    starting.process.kill('SIGTERM');
    expect(await starting.exit).toBe(0);
  });
});

/** Whether a process has a handler for signal 1: the last bit of the mask of signals that it catches. */
function handlesHangups(pid: number | undefined): boolean {
  const [, mask = ''] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number.parseInt(mask.slice(-1), 16) % 2 === 1;
}

describe('500 connections that send half a header', () => {
  it('do not keep others from being served', async () => {
    const server = await serve(await testGateway(), { host: '127.0.0.1', port: 0, quietMs: 20 });
    onTestFinished(() => server.close());
    const slow = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const socket = connect(server.port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write('POST /graphql HTTP/1.1\r\nHost: gate');
        return socket;
      }),
    );
    const others = await Promise.all(Array.from({ length: 100 }, () => fetch(`${server.url}/livez`)));
    expect(others.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(slow.filter(({ closed }) => !closed)).toHaveLength(500);
  });
});
