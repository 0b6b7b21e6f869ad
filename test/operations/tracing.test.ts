import { expect, it, onTestFinished } from 'vitest';
import { startCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig } from '../support/gateway.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

it('the built gateway makes spans with an SDK that --import has registered', { timeout: 30_000 }, async () => {
  const path = configFolder().write('gateway.yaml', JSON.stringify(baseConfig()));
  const register = new URL('../support/register-tracing.mjs', import.meta.url);
  const command = startCommand(['serve', '--config', path, '--port', '0', '--json'], {
    env: { NODE_OPTIONS: `--import=${register}` },
  });
  onTestFinished(async () => {
    command.process.kill('SIGTERM');
    await command.exit;
  });
  const { jwks } = JSON.parse(await command.says('\n'));
  await fetch(jwks, { headers: { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` } });
  await command.logs(`{"span":"GET /.well-known/jwks.json","traceId":"${TRACE_ID}"}`);
  expect(command.output.stderr).not.toContain('probe');
});
