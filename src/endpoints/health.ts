import type { HttpResponse } from '../http/message.js';
import { jsonResponse } from './responses.js';

/**
 * Whether a part of the gateway works: as it should, in a way that still answers requests, or not at all. The reason is
 * public: it names no address, no user and no secret.
 */
export type Health =
  | { readonly status: 'ok' }
  | { readonly status: 'degraded' | 'unavailable'; readonly reason: string };

/** One of the things that `/readyz` looks at. */
export interface HealthCheck {
  /** The key of its reason. */
  readonly name: string;
  /** Reads what is known already: a request for `/readyz` waits for nothing. */
  readHealth(): Health;
}

const BY_SEVERITY = ['ok', 'degraded', 'unavailable'] as const;

/** The response of `/livez`: the process answers. */
export function livenessResponse(): HttpResponse {
  return jsonResponse({ status: 'ok' });
}

/**
 * The response of `/readyz`: the worst status of all checks, with the reasons of those that are not ok; 503 when one of
 * them is unavailable.
 */
export function readinessResponse(checks: readonly HealthCheck[]): HttpResponse {
  const found = checks.map(({ name, readHealth }) => ({ name, health: readHealth() }));
  const severity = Math.max(0, ...found.map(({ health }) => BY_SEVERITY.indexOf(health.status)));
  const reasons = Object.fromEntries(
    found.flatMap(({ name, health }) => (health.status === 'ok' ? [] : [[name, health.reason]])),
  );
  const body = { status: BY_SEVERITY[severity], ...(severity > 0 && { reasons }) };
  return jsonResponse(body, { status: severity === 2 ? 503 : 200 });
}
