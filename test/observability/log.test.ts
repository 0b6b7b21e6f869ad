import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientIpReader } from '../../src/endpoints/client-ip.js';
import { openAuditLog } from '../../src/observability/audit-log.js';
import { LineWriter } from '../../src/observability/line-writer.js';
import { LOG_LEVELS, readLogLevel } from '../../src/observability/log-level.js';
import { builtCommand } from '../support/built-command.js';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, testGateway } from '../support/gateway.js';
import { recordingLog } from '../support/log.js';
import { poll } from '../support/poll.js';

describe('LOG_LEVEL', () => {
  it('is info when it is not set or empty, and each of the levels', () => {
    expect([readLogLevel({}), readLogLevel({ LOG_LEVEL: '' })]).toEqual(['info', 'info']);
    expect(LOG_LEVELS.map((level) => readLogLevel({ LOG_LEVEL: level }))).toEqual(LOG_LEVELS);
  });

  it('that is none of them is answered with a sentence before anything is started', async () => {
    const command = startCommand(['serve', '--config', 'missing.yaml'], { env: { LOG_LEVEL: 'loud' } });
    expect(await command.exit).toBe(2);
    expect(command.output).toEqual({
      stdout: '',
      stderr: 'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent.\n',
    });
  });
});

it('the log is text on a terminal', { timeout: 30_000 }, async () => {
  const config = configFolder().write('gateway.yaml', JSON.stringify(baseConfig()));
  const command = `"${process.execPath}" "${builtCommand()}" serve --config "${config}" --port 0`;
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'info', NO_COLOR: '1' },
  });
  // The terminal makes SIGINT of this character.
  child.stdout.on('data', (chunk) => String(chunk).includes('listening') && child.stdin.write('\x03'));
  const shown = await text(child.stdout);
  expect(shown).toMatch(/^\[[\d:. +-]+\] INFO: listening\r?\n {4}graphql: "http:/m);
  expect(shown).not.toContain('{"level"');
});

/** A pipe that takes what a pipe holds, and no more until it is read. */
function openPipe() {
  const path = `${configFolder().path}/pipe`;
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  const chunk = Buffer.alloc(65_536);
  return {
    path,
    /** Reads what is in it, and returns how much. */
    drain(): number {
      try {
        return readSync(reader, chunk);
      } catch {
        return 0;
      }
    },
  };
}

describe('lines that are lost because nobody reads the pipe', () => {
  it('are counted, until half of what waits is written', async () => {
    const pipe = openPipe();
    const writer = new LineWriter({ file: pipe.path }, () => {});
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 1_100; count++) writer.write(line);
    expect(writer.isLosing).toBe(true);
    expect(writer.lost).toBe(1_100 - 1_024);
    await poll('half is written', () => pipe.drain() >= 0 && !writer.isLosing);
    expect(writer.write(line)).toBe(true);
    expect(writer.lost).toBe(76);
    await poll('the rest is written', () => pipe.drain() === 0);
    await writer.close();
  });

  it('make /readyz answer 503 when they are audit events, until the pipe is read again, and requests are answered', async () => {
    const pipe = openPipe();
    const gateway = await testGateway((config) => Object.assign(config, { audit: { file: pipe.path } }), {
      deps: { openAuditLog },
    });
    const readReadiness = async () => {
      const response = await gateway.fetch(new Request('http://gateway.test/readyz'), { remoteAddress: '192.0.2.1' });
      return { code: response.status, body: await response.json() };
    };
    expect(await readReadiness()).toEqual({ code: 200, body: { status: 'ok' } });
    const query = `mutation { ${Array.from({ length: 15 }, (_, index) => `d${index}: delegate(input: { target: "${'t'.repeat(200)}" }) { refreshToken }`).join(' ')} }`;
    const request = (index: number) =>
      gateway.graphql(query, {
        token: 'not.a.token',
        connection: { remoteAddress: `10.0.${index >> 8}.${index & 255}` },
      });
    let sent = 0;
    while ((await readReadiness()).code !== 503) expect((await request(sent++)).errors).toHaveLength(15);
    expect((await readReadiness()).body).toEqual({
      status: 'unavailable',
      reasons: { audit: 'events are being lost' },
    });
    expect((await request(sent)).errors).toHaveLength(15);
    await poll('/readyz is 200 again', async () => pipe.drain() >= 0 && (await readReadiness()).code === 200);
    await poll('the rest is written', () => pipe.drain() === 0);
    await gateway.close();
  });
});

it('an upstream failure is a warning with its code and cause, under the request id', async () => {
  const gateway = await testGateway(
    ({ tenants: [acme] }) => {
      Object.assign(acme!.issuers[0]!, { jwks: undefined, jwks_uri: 'http://127.0.0.1:9/jwks.json' });
    },
    { deps: { fetch } },
  );
  const { headers, errors } = await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
  expect(errors?.[0].extensions.code).toBe('UPSTREAM_UNAVAILABLE');
  const warnings = gateway.log.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg?.includes('upstream'));
  expect(warnings).toMatchObject([
    {
      level: 40,
      requestId: headers.get('x-request-id'),
      code: 'UPSTREAM_UNAVAILABLE',
      msg: 'an upstream service failed',
    },
  ]);
});

it('X-Forwarded-For from an address that trust_proxy lacks is a warning, once', async () => {
  const log = recordingLog();
  const read = clientIpReader(['192.0.2.1'], (peer) => log.warn({ peer }, 'not read'));
  expect(read('192.0.2.1', '198.51.100.1')).toBe('198.51.100.1');
  expect(read('192.0.2.9', null)).toBe('192.0.2.9');
  expect(log.lines).toEqual([]);
  expect(read('192.0.2.9', '198.51.100.1')).toBe('192.0.2.9');
  expect(read('192.0.2.8', '198.51.100.1')).toBe('192.0.2.8');
  expect(log.lines.map((line) => JSON.parse(line).peer)).toEqual(['192.0.2.9']);
});
