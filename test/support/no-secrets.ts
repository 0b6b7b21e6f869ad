import { afterAll, afterEach, expect } from 'vitest';
import { secrets } from './secrets.js';

// Runs around every test of every file (vitest.config.ts): no token, key or secret that a test used may stand in a log
// line or an error that it caused.
const noneLeaked = () => expect(secrets.takeLeaks(), 'secrets in logs and errors').toEqual([]);

afterEach(noneLeaked);
afterAll(noneLeaked);
