import { randomUUID } from 'node:crypto';
import { type OpenAuditLog, openAuditLog } from './observability/audit-log.js';
import { createLog, type Log } from './observability/log.js';
import { findTracing, type Tracing } from './observability/tracing.js';

/** What the gateway takes from the outside world, so that a test can hand in its own. */
export interface Deps {
  /** Epoch milliseconds. */
  now(): number;
  fetch: typeof fetch;
  randomUUID(): string;
  log: Log;
  openAuditLog: OpenAuditLog;
  tracing: Tracing;
}

/** The real clock, network, randomness, log, audit log and tracing. */
export function systemDeps(): Deps {
  return { now: Date.now, fetch: globalThis.fetch, randomUUID, log: createLog(), openAuditLog, tracing: findTracing() };
}
