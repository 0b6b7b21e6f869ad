import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/observability/unexpected-error.js';
import { configFolder } from '../support/config-folder.js';

const folder = configFolder({
  'src/thrower.ts':
    'interface Unused {\n  a: string;\n}\n\nexport function fail(): never {\n  throw new Error("x");\n}\n',
  'src/main.ts': "export { fail } from './thrower.ts';\n",
});

async function throwFrom(sourcemap: boolean): Promise<unknown> {
  const outfile = join(folder.path, `dist-${sourcemap}`, 'main.mjs');
  await build({
    entryPoints: [join(folder.path, 'src/main.ts')],
    outfile,
    sourcemap,
    bundle: true,
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
  });
  const { fail } = await import(/* @vite-ignore */ pathToFileURL(outfile).href);
  try {
    return fail();
  } catch (error) {
    return error;
  }
}

describe('the place of an unexpected error', () => {
  it('is that in the source file when the gateway runs from a bundle', async () => {
    const { at } = describeError(await throwFrom(true));
    expect(at).toMatch(/fail.*src\/thrower\.ts:6:\d+/);
  });

  it('is that in the bundle when there is no source map', async () => {
    const { at } = describeError(await throwFrom(false));
    expect(at).toMatch(/fail.*dist-false\/main\.mjs:\d+:\d+/);
  });
});
