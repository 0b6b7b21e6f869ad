import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { createGateway } from '../../src/gateway.js';
import { configFolder } from '../support/config-folder.js';
import { rsaPair } from '../support/keys.js';
import { recordingLogs } from '../support/log.js';

const EXAMPLE = readFileSync(new URL('../../examples/gateway.yaml', import.meta.url), 'utf8');

it('examples/gateway.yaml can be served once its keys and variables exist', async () => {
  const folder = configFolder({
    'keys/tenant.pem': rsaPair('tenant').pem,
    'service-account.json': JSON.stringify({
      client_email: 'minter@my-project.iam.gserviceaccount.com',
      private_key: rsaPair('firebase').pem,
    }),
  });
  const env = {
    WEB_SECRET: randomBytes(32).toString('base64'),
    API_SECRET: randomBytes(32).toString('base64'),
  };
  const config = loadConfig(folder.write('gateway.yaml', EXAMPLE), { env });
  const gateway = await createGateway(config, recordingLogs());
  const response = await gateway.fetch(new Request('http://delegation.example.com/.well-known/jwks.json'), {
    remoteAddress: '192.0.2.1',
  });
  expect(await response.json()).toMatchObject({ keys: [{ kty: 'RSA', use: 'sig' }] });
  expect([...(config.tenants[0]?.clients.keys() ?? [])]).toEqual(['web', 'chat', 'api']);
  await gateway.close();
});

it('examples/gateway.yaml explains at its top how to make every key and variable that it names', () => {
  const [heading = '', body = ''] = EXAMPLE.split('\nlisten:');
  const sources = [...body.matchAll(/\{ (?:env|file): ([\w./-]+) \}/g)].map(([, name]) => name as string);
  expect(sources).toHaveLength(4);
  for (const name of sources) expect(heading).toContain(name);
});
