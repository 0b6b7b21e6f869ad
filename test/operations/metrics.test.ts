import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig } from '../support/gateway.js';
import { parseScrape } from '../support/scrape.js';

/** Serves a configuration in a process of its own that ends with the test. */
async function startServe(config: object) {
  const folder = configFolder();
  const path = folder.write('gateway.yaml', JSON.stringify({ ...baseConfig(), ...config }));
  const command = startCommand(['serve', '--config', path, '--port', '0', '--json']);
  onTestFinished(async () => {
    command.process.kill('SIGTERM');
    await command.exit;
  });
  return { command, folder };
}

const statusOf = async (url: string | URL) => (await fetch(url)).status;

it('serves metrics at an address of their own, with health and nothing else', { timeout: 30_000 }, async () => {
  const { command, folder } = await startServe({ metrics: { port: 0 } });
  const { graphql, metrics } = JSON.parse(await command.says('\n'));
  expect(new URL(metrics).port).not.toBe(new URL(graphql).port);
  expect(await statusOf(new URL('/metrics', graphql))).toBe(404);
  const statuses = ['/livez', '/readyz', '/graphql', '/'].map((path) => statusOf(new URL(path, metrics)));
  expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404]);
  expect(await command.logs('"listening"')).toContain(`"metrics":"${metrics}"`);

  folder.write('gateway.yaml', 'tenants: 7');
  command.process.kill('SIGHUP');
  await command.logs('"configuration not reloaded"');
  folder.write('gateway.yaml', JSON.stringify({ ...baseConfig(), metrics: true }));
  command.process.kill('SIGHUP');
  expect(await command.logs('"these changes need a restart"')).toContain('"fields":["metrics"]');
  const found = parseScrape(await (await fetch(metrics)).text());
  expect(found.read('reloads_total')).toEqual(['failed 1', 'ok 1']);
  expect(found.read('requests_total')).toEqual(['operations 4xx 1']);

  command.process.kill('SIGTERM');
  expect(await command.exit).toBe(0);
});

it('serves metrics beside the rest with metrics: true', { timeout: 30_000 }, async () => {
  const { command } = await startServe({ metrics: true });
  const { graphql, metrics } = JSON.parse(await command.says('\n'));
  expect(metrics).toBe(String(new URL('/metrics', graphql)));
  expect(await statusOf(metrics)).toBe(200);
});

it('does not start when the address of metrics is in use', { timeout: 30_000 }, async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const { command } = await startServe({ metrics: { port } });
  expect(await command.exit).toBe(1);
  expect(command.output.stderr).toContain(
    `Cannot listen on 127.0.0.1:${port}: the port is in use; choose another with metrics.port, or metrics.port 0 for any free port.`,
  );
});
