import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { configFolder } from '../support/config-folder.js';
import { ROOT } from '../support/documentation.js';
import { rsaPair } from '../support/keys.js';

/** The configurations of deployments, with the names of the secrets that each deployment provides as files. */
const configurations = [
  {
    at: 'examples/docker/config/gateway.yaml',
    yaml: read('examples/docker/config/gateway.yaml'),
    folder: '/run/secrets',
    provided: Object.keys(parse(read('examples/docker/compose.yaml')).secrets),
  },
  {
    at: 'examples/kubernetes/config-map.yaml',
    yaml: parse(read('examples/kubernetes/config-map.yaml')).data['gateway.yaml'] as string,
    folder: parse(read('examples/kubernetes/deployment.yaml')).spec.template.spec.containers[0].volumeMounts.find(
      ({ name }: { readonly name: string }) => name === 'secrets',
    ).mountPath as string,
    provided: Object.keys(parse(read('examples/kubernetes/secret.yaml')).stringData),
  },
  {
    at: 'examples/systemd/gateway.yaml',
    yaml: read('examples/systemd/gateway.yaml'),
    folder: '/run/credentials/delegation-gateway.service',
    provided: [...read('examples/systemd/delegation-gateway.service').matchAll(/^LoadCredential=([^:]+):/gm)].map(
      ([, name = '']) => name,
    ),
  },
] as const;

function read(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

it('every configuration of a deployment is known here', () => {
  const found = readdirSync(`${ROOT}examples`, { recursive: true, encoding: 'utf8' })
    .map((name) => `examples/${name}`)
    .filter((path) => /\/.*\/.*\.yaml$/.test(path) && /^ *tenants:$/m.test(read(path)));
  expect(found.sort()).toEqual(configurations.map(({ at }) => at).sort());
});

it.each(configurations)('$at is valid with the secrets that are provided beside it', async (configuration) => {
  const { yaml, folder, provided } = configuration;
  const secrets = configFolder({
    'tenant.pem': rsaPair('tenant').pem,
    'web-secret': Buffer.alloc(32, 7).toString('base64'),
    'redis-url': 'rediss://user:password@redis.example.com:6379/0',
  });
  const used = [...yaml.matchAll(/file: ([\w./-]+)/g)].map(([, path = '']) => path);
  expect(used.sort()).toEqual(provided.map((name) => `${folder}/${name}`).sort());
  const file = secrets.write('gateway.yaml', yaml.replaceAll(folder, secrets.path));
  const output = captureOutput();
  expect(await runCommandLine(['check', '--config', file])).toBe(0);
  expect(output.stderr).toBe('');
});
