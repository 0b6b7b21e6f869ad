import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatDiagnostic } from '../../src/config/diagnostics.js';
import { parseConfig, validateConfig } from '../../src/config/load.js';
import { openAuditLog } from '../../src/observability/audit-log.js';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, testGateway } from '../support/gateway.js';
import { recordingLog } from '../support/log.js';

const folder = configFolder();

const withFile = (file: string) => ({ ...baseConfig(), audit: { file } });

function readEvents(file: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

async function fileGateway(file: string) {
  const log = recordingLog();
  const gateway = await testGateway((config) => Object.assign(config, { audit: { file } }), {
    deps: { log, openAuditLog },
  });
  return { gateway, log, refuse: (target: string) => gateway.delegate({ target }, { token: 'no-token' }) };
}

describe('an audit log in a file', () => {
  it('has every event as a line of JSON, in a file for its owner alone, and none in the log', async () => {
    const file = join(folder.path, 'events.jsonl');
    const { gateway, log, refuse } = await fileGateway(file);
    await refuse('api');
    await refuse('chat');
    await gateway.close();
    await gateway.close();
    expect(readEvents(file)).toMatchObject([
      { audit: 'fd', target: 'api', code: 'INVALID_TOKEN' },
      { audit: 'fd', target: 'chat', code: 'INVALID_TOKEN' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(log.lines).toEqual([]);
  });

  it('is continued at the end of the file', async () => {
    const file = folder.write('begun.jsonl', '{"audit":"earlier"}\n');
    const { gateway, refuse } = await fileGateway(file);
    await refuse('api');
    await gateway.close();
    expect(readEvents(file)).toMatchObject([{ audit: 'earlier' }, { audit: 'fd' }]);
  });

  it('is opened again by a reload, so that a file that was rotated away gets no more events', async () => {
    const [file, rotated] = [join(folder.path, 'rotating.jsonl'), join(folder.path, 'rotating.jsonl.1')];
    const { gateway, refuse } = await fileGateway(file);
    await refuse('api');
    renameSync(file, rotated);
    await refuse('chat');
    expect(existsSync(file)).toBe(false);
    await gateway.reload(parseConfig(withFile(file)));
    await refuse('private');
    await gateway.close();
    expect(readEvents(rotated)).toMatchObject([{ target: 'api' }, { target: 'chat' }]);
    expect(readEvents(file)).toMatchObject([{ target: 'private' }]);
  });

  it('moves to the file of a new configuration', async () => {
    const [first, second] = [join(folder.path, 'first.jsonl'), join(folder.path, 'second.jsonl')];
    const { gateway, refuse } = await fileGateway(first);
    await gateway.reload(parseConfig(withFile(second)));
    await refuse('api');
    await gateway.close();
    expect([readEvents(first), readEvents(second)]).toMatchObject([[], [{ target: 'api' }]]);
  });

  it('stays as it is when a reload fails', async () => {
    const file = join(folder.path, 'kept.jsonl');
    const { gateway, refuse } = await fileGateway(file);
    const config = parseConfig(withFile(join(folder.path, 'missing-folder', '..', 'never.jsonl')));
    const broken = { ...config, settings: { ...config.settings, audit: { file: '/missing-folder/events.jsonl' } } };
    await expect(gateway.reload(broken)).rejects.toThrow(/ENOENT/);
    await refuse('api');
    await gateway.close();
    expect(readEvents(file)).toMatchObject([{ target: 'api' }]);
  });

  it.skipIf(!existsSync('/dev/full'))(
    'on a full disk is reported to the log without the event, and the request is answered',
    async () => {
      const { gateway, log, refuse } = await fileGateway('/dev/full');
      const { errors } = await refuse('api');
      expect(errors?.[0].extensions.code).toBe('INVALID_TOKEN');
      await gateway.close();
      expect(new Set(log.lines.map((line) => JSON.parse(line).msg))).toEqual(new Set(['audit event not written']));
      expect(log.lines.join('')).toMatch(/ENOSPC/);
      expect(log.lines.join('')).not.toMatch(/INVALID_TOKEN|acme/);
    },
  );
});

describe('the audit log of a running gateway', { timeout: 60_000 }, () => {
  it('is on standard error by default, also with LOG_LEVEL=silent', async () => {
    const config = folder.write('gateway.yaml', stringify({ ...baseConfig(), listen: { port: 0 } }));
    const server = startCommand(['serve', '--json', '--config', config], { env: { LOG_LEVEL: 'silent' } });
    const { legacy } = JSON.parse(await server.says('\n'));
    await fetch(legacy, { method: 'POST', body: new URLSearchParams({ client_id: 'web' }) });
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(JSON.parse(server.output.stderr)).toMatchObject({
      audit: 'fd',
      endpoint: 'delegation',
      tenant: 'acme',
      code: 'INVALID_REQUEST',
      message: 'grant_type is missing',
    });
  });
});

describe('the configuration of the audit log', () => {
  const diagnose = (audit: unknown) => validateConfig({ ...baseConfig(), audit }).map(formatDiagnostic);

  it.each([
    ['a file in a folder that does not exist', { file: '/missing-folder/events.jsonl' }, 'audit.file: '],
    ['a folder', { file: folder.path }, 'audit.file: '],
    ['an empty path', { file: '' }, 'audit.file: '],
    ['another word', 'stdout', 'audit: '],
    ['another key', { path: 'events.jsonl' }, 'audit'],
  ])('is refused with %s', (_what, audit, path) => {
    const [diagnostic, ...others] = diagnose(audit);
    expect(others).toEqual([]);
    expect(diagnostic).toContain(path);
    expect(diagnostic).toContain('; expected ');
  });

  it('is relative to the folder of the configuration', () => {
    const { settings } = parseConfig(withFile('events.jsonl'), { folder: folder.path });
    expect(settings.audit).toEqual({ file: join(folder.path, 'events.jsonl') });
    expect(parseConfig(baseConfig()).settings.audit).toBe('stderr');
  });
});
