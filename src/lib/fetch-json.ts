import type { Deps } from '../deps.js';
import { isRecord } from './json.js';
import { readCapped } from './read-capped.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1024;

/**
 * Fetches a JSON document of a configured URL: within 5 s, at most 512 KiB. Follows no redirect: only the configured URL
 * may say what is trusted.
 *
 * @throws Error for `describeFetchFailure`
 */
export async function fetchJson(fetch: Deps['fetch'], url: string, accept = 'application/json'): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 200) return JSON.parse(await readCapped(response, MAX_BYTES));
  await response.body?.cancel();
  throw new StatusError(`status ${response.status}`);
}

/** An answer with another status than 200. */
export class StatusError extends Error {}

/** Describes a failure for a log without the parser's own message, which can quote what it parsed. */
export function describeFetchFailure(error: unknown): string {
  if (error instanceof SyntaxError) return 'not JSON';
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS} ms`;
  const code = isRecord(error.cause) ? error.cause.code : undefined;
  return typeof code === 'string' ? `${error.message} (${code})` : error.message;
}
