import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: {
    // The gateway's own copy: the clients bring another one, and an error of one is no instance of the other's class.
    alias: [{ find: /^graphql$/, replacement: createRequire(new URL('..', import.meta.url)).resolve('graphql') }],
  },
  test: {
    include: ['*.test.ts'],
    globalSetup: ['../support/run-folder.ts'],
    setupFiles: ['../support/no-secrets.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
