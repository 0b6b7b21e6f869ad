import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

// Two hundred times the cases of `npm test`, which runs the same files.
export default defineConfig({
  ...base,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    ...base.test,
    include: ['test/fuzz/*.test.ts'],
    maxWorkers: availableParallelism(),
    env: { FUZZ_FACTOR: process.env.FUZZ_FACTOR ?? '10' },
  },
});
