import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const RELAY_EXAMPLE = fileURLToPath(new URL('../../examples/clients/relay.ts', import.meta.url));

/** Compiles Relay's `graphql` tags as an application does, with babel-plugin-relay. */
const relayTags: NonNullable<ViteUserConfig['plugins']>[number] = {
  name: 'relay-tags',
  enforce: 'pre',
  transform(code, id) {
    if (id !== RELAY_EXAMPLE) return undefined;
    const require = createRequire(RELAY_EXAMPLE);
    const plugin = [
      require.resolve('babel-plugin-relay'),
      {
        eagerEsModules: true,
        artifactDirectory: fileURLToPath(new URL('__generated__', pathToFileURL(RELAY_EXAMPLE))),
      },
    ];
    return require('@babel/core').transformSync(code, {
      filename: id,
      configFile: false,
      babelrc: false,
      parserOpts: { plugins: ['typescript'] },
      plugins: [plugin],
    });
  },
};

export default defineConfig({
  plugins: [relayTags],
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: {
    // The gateway's own copy: the clients bring another one, and an error of one is no instance of the other's class.
    alias: [{ find: /^graphql$/, replacement: createRequire(new URL('..', import.meta.url)).resolve('graphql') }],
  },
  test: {
    include: ['*.test.ts'],
    globalSetup: ['../support/run-folder.ts'],
    setupFiles: ['../support/no-secrets.ts'],
    maxWorkers: availableParallelism(),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
