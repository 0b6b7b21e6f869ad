import { randomUUID } from 'node:crypto';
import { createLog, type Log } from './observability/log.js';

/** What the gateway takes from the outside world, so that a test can hand in its own. */
export interface Deps {
  /** Epoch milliseconds. */
  now(): number;
  fetch: typeof fetch;
  randomUUID(): string;
  log: Log;
}

/** The real clock, network, randomness and log. */
export function systemDeps(): Deps {
  return { now: Date.now, fetch: globalThis.fetch, randomUUID, log: createLog() };
}
