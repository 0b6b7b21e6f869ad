import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { isRecord } from './is-record.js';
import { readCapped } from './read-capped.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 100 * 1024;
/** What an error code looks like; anything else that a service calls its code is not passed on. */
const CODE = /^[\w.-]{1,64}$/;
/** Failures to connect: nothing was sent, so nothing can have been done. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Failures of a connection before there was an answer: fetch cannot tell a piece of its head from none. */
const NOT_ANSWERED: ReadonlySet<string> = new Set([...NOT_SENT, 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A POST to a service of the configuration. */
export interface UpstreamCall {
  /** Its name in messages: `AWS STS`, `Salesforce`. */
  readonly service: string;
  readonly url: string;
  readonly form: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Never sends a request again that may have arrived, for services where twice is worse than not at all. */
  readonly onlyOnce?: boolean;
}

/** An answer with a status of 2xx or 4xx: whether it says what it should is the protocol's business. */
export interface UpstreamAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a form: within 5 s, to the configured URL only, without following redirects, reading 100 KiB at most, with one
 * more try when the connection failed before the first byte of an answer.
 *
 * @throws DelegationError UPSTREAM_UNAVAILABLE; its message names the service and the kind of failure
 */
export async function callUpstream({ fetch }: Pick<Deps, 'fetch'>, call: UpstreamCall): Promise<UpstreamAnswer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = call.signal ? AbortSignal.any([timeout, call.signal]) : timeout;
  const post = () =>
    fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...call.headers },
      body: call.form.toString(),
      redirect: 'manual',
      signal,
    });
  try {
    const response = await post().catch((error) => {
      if (signal.aborted || !(call.onlyOnce ? NOT_SENT : NOT_ANSWERED).has(codeOf(error))) throw error;
      return post();
    });
    const { status } = response;
    if (status < 200 || (status >= 300 && status < 400) || status >= 500) {
      await response.body?.cancel();
      throw unavailable(call.service, `answered with status ${status}`);
    }
    return { ok: response.ok, status, text: await readCapped(response, MAX_BYTES) };
  } catch (error) {
    throw error instanceof DelegationError ? error : unavailable(call.service, failureOf(error, timeout));
  }
}

/** The service did not answer, or not with anything that its protocol knows. */
export function unavailable(service: string, failure: string): DelegationError {
  return new DelegationError('UPSTREAM_UNAVAILABLE', `${service} ${failure}`);
}

/** The service said no. Its code is passed on where it looks like one; its description never is. */
export function refused(service: string, code: unknown): DelegationError {
  const upstreamCode = typeof code === 'string' && CODE.test(code) ? code : undefined;
  return new DelegationError(
    'UPSTREAM_REFUSED',
    `${service} refused${upstreamCode === undefined ? '' : `: ${upstreamCode}`}`,
    {
      ...(upstreamCode !== undefined && { upstreamCode }),
    },
  );
}

/**
 * Reads the answer of an OAuth 2.0 token endpoint (RFC 6749 §5.1 and §5.2).
 *
 * @throws DelegationError UPSTREAM_REFUSED with the endpoint's error code, UPSTREAM_UNAVAILABLE for anything that is
 *   neither an answer nor a refusal
 */
export function readTokenAnswer(service: string, { ok, text }: UpstreamAnswer): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw unavailable(service, 'gave an answer that is not JSON');
  }
  if (!isRecord(body)) throw unavailable(service, 'gave an answer that is not a JSON object');
  if (ok) return body;
  if (typeof body.error !== 'string') throw unavailable(service, 'gave an answer that is not of its protocol');
  throw refused(service, body.error);
}

function failureOf(error: unknown, timeout: AbortSignal): string {
  if (timeout.aborted) return `did not answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof Error && error.name === 'BodyTooLargeError') return 'gave an answer that is too long';
  return 'could not be reached, or broke off its answer';
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : '';
}
