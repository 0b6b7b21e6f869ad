import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { isRecord } from './json.js';
import { BodyTooLargeError, readCapped } from './read-capped.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 100 * 1024;
/** The form of an error code. A code of another form could repeat a secret, so it is not passed on. */
const ERROR_CODE = /^[\w.-]{1,64}$/;
/** Failures to connect: the service cannot have received the request. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Failures before an answer. fetch reports the same codes when the connection broke within the head of an answer. */
const NOT_ANSWERED: ReadonlySet<string> = new Set([...NOT_SENT, 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A POST to a configured service. */
export interface UpstreamCall {
  /** The name of the service in error messages, such as `AWS STS`. */
  readonly service: string;
  readonly url: string;
  readonly form: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Never repeats a request that the service may have received: for requests that must not run twice. */
  readonly onlyOnce?: boolean;
}

/** An answer with a status of 2xx or 4xx, whose text is not yet parsed. */
export interface UpstreamAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a form and reads the answer: within 5 s, at most 100 KiB, without following redirects. Repeats the request once
 * when the connection failed before an answer.
 *
 * @throws DelegationError UPSTREAM_UNAVAILABLE, whose message names the service and the kind of failure
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
      if (signal.aborted || !(call.onlyOnce ? NOT_SENT : NOT_ANSWERED).has(readErrorCode(error))) throw error;
      return post();
    });
    const { status } = response;
    if (status < 200 || (status >= 300 && status < 400) || status >= 500) {
      await response.body?.cancel();
      throw unavailable(call.service, `answered with status ${status}`);
    }
    return { ok: response.ok, status, text: await readCapped(response, MAX_BYTES) };
  } catch (error) {
    throw error instanceof DelegationError ? error : unavailable(call.service, describeFailure(error, timeout));
  }
}

/** Builds the error for a service that did not answer, or whose answer its protocol does not define. */
export function unavailable(service: string, failure: string): DelegationError {
  return new DelegationError('UPSTREAM_UNAVAILABLE', `${service} ${failure}`);
}

/** Builds the error for a service that refused. It carries the service's error code, and never its description. */
export function refused(service: string, code: unknown): DelegationError {
  const upstreamCode = typeof code === 'string' && ERROR_CODE.test(code) ? code : undefined;
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
 * @throws DelegationError UPSTREAM_REFUSED with the endpoint's error code, UPSTREAM_UNAVAILABLE for an answer that is
 *   neither a success nor an OAuth error
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

function describeFailure(error: unknown, timeout: AbortSignal): string {
  if (timeout.aborted) return `did not answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof BodyTooLargeError) return 'gave an answer that is too long';
  return 'could not be reached, or broke off its answer';
}

/** Reads the code of a failed `fetch`, such as ECONNREFUSED, from the cause of its error; empty when there is none. */
function readErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRecord(cause) && typeof cause.code === 'string' ? cause.code : '';
}
