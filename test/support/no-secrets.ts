import { afterAll, afterEach, beforeAll } from 'vitest';
import { secrets } from './secrets.js';

// Runs around every test of every file (vitest.config.ts): no token, key or secret that a test used may stand in a log
// line, a header or an error that it caused.
function noneLeaked(): void {
  const leaks = new Set(secrets.takeLeaks());
  if (leaks.size > 0) throw new Error(`Secrets leaked: ${[...leaks].join('; ')}`);
}

beforeAll(() => secrets.startFile());
afterEach(noneLeaked);
afterAll(() => {
  try {
    noneLeaked();
  } finally {
    secrets.endFile();
  }
});
