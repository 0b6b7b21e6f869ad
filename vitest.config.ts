import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Vite would take the "module" build of graphql, Node takes "main": two copies of its classes.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    globalSetup: ['test/support/run-folder.ts'],
    setupFiles: ['test/support/no-secrets.ts'],
    // Files share their process, and with it every module but their own: to import all of them takes a second.
    isolate: false,
    // By default one less: of two cores only one would test.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
  },
});
