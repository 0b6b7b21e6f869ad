import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import type { UpstreamFailure, UpstreamObserver } from '../observability/metrics.js';
import { isRecord } from './json.js';
import { BodyTooLargeError, readCapped } from './read-capped.js';

const TIMEOUT_SECONDS = 5;
const MAX_BYTES = 100 * 1024;
/** The most calls of one client that may be under way at one upstream. */
const MAX_CALLS = 64;
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

/** The client whose configuration a call uses: the target of an add-on, or the client that a refresh token belongs to. */
export interface UpstreamClient {
  /** The name of the tenant. */
  readonly tenant: string;
  readonly clientId: string;
}

/** Calls configured services. It counts the calls that are under way, so a gateway has one and keeps it across reloads. */
export class Upstreams {
  readonly #deps: Pick<Deps, 'fetch' | 'now'>;
  readonly #observe: UpstreamObserver | undefined;
  /** The calls under way, by client and origin. A pair without one is not in it. */
  readonly #calls = new Map<string, number>();

  /** @param observe is told of every call */
  constructor(deps: Pick<Deps, 'fetch' | 'now'>, observe?: UpstreamObserver) {
    this.#deps = deps;
    this.#observe = observe;
  }

  /** The number of pairs of client and upstream with a call under way. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Posts a form and reads the answer: within 5 s, at most 100 KiB, without following redirects. Repeats the request once
   * when the connection failed before an answer. Refuses a call when 64 of the client are under way at the origin of the
   * URL; it does not wait for one of them to end.
   *
   * @throws DelegationError UPSTREAM_UNAVAILABLE, whose message names the service and the kind of failure; with
   *   `retryAfter` when too many calls are under way
   */
  async call({ tenant, clientId }: UpstreamClient, call: UpstreamCall): Promise<UpstreamAnswer> {
    const key = JSON.stringify([tenant, clientId, new URL(call.url).origin]);
    const underWay = this.#calls.get(key) ?? 0;
    if (underWay >= MAX_CALLS) {
      this.#observe?.(call.service, undefined, 'too_many_calls');
      throw tooManyCalls(call.service);
    }
    this.#calls.set(key, underWay + 1);
    try {
      return await this.#post(call);
    } finally {
      const others = (this.#calls.get(key) ?? 1) - 1;
      if (others > 0) this.#calls.set(key, others);
      else this.#calls.delete(key);
    }
  }

  async #post(call: UpstreamCall): Promise<UpstreamAnswer> {
    const { fetch, now } = this.#deps;
    const startedMs = now();
    let failure: UpstreamFailure | undefined;
    try {
      const answer = await post(fetch, call);
      if (!answer.ok) failure = 'refused';
      return answer;
    } catch (error) {
      if (error instanceof CallError) failure = error.failure;
      throw error;
    } finally {
      this.#observe?.(call.service, now() - startedMs, failure);
    }
  }
}

/** The error of a call that got no answer. */
class CallError extends DelegationError {
  readonly failure: UpstreamFailure;

  /** @param cause for the log: the code of the failure, such as ECONNREFUSED */
  constructor(service: string, failure: UpstreamFailure, text: string, cause?: string) {
    super('UPSTREAM_UNAVAILABLE', `${service} ${text}`, cause === undefined ? {} : { cause });
    this.failure = failure;
  }
}

/** By the end of the retry time every call that is under way has ended. */
function tooManyCalls(service: string): DelegationError {
  return new DelegationError(
    'UPSTREAM_UNAVAILABLE',
    `${service} was not called: ${MAX_CALLS} calls of the same application are under way; try again in ${TIMEOUT_SECONDS} s`,
    { retryAfter: TIMEOUT_SECONDS },
  );
}

async function post(fetch: Deps['fetch'], call: UpstreamCall): Promise<UpstreamAnswer> {
  const timeout = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  const signal = call.signal ? AbortSignal.any([timeout, call.signal]) : timeout;
  const send = () =>
    fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...call.headers },
      body: call.form.toString(),
      redirect: 'manual',
      signal,
    });
  try {
    const response = await send().catch((error) => {
      if (signal.aborted || !(call.onlyOnce ? NOT_SENT : NOT_ANSWERED).has(readErrorCode(error))) throw error;
      return send();
    });
    const { status } = response;
    if (status < 200 || (status >= 300 && status < 400) || status >= 500) {
      await response.body?.cancel();
      throw new CallError(call.service, 'status', `answered with status ${status}`);
    }
    return { ok: response.ok, status, text: await readCapped(response, MAX_BYTES) };
  } catch (error) {
    throw error instanceof CallError ? error : toCallError(call, error, timeout);
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

/** Parses an answer that is a JSON object. @throws DelegationError UPSTREAM_UNAVAILABLE for any other */
export function parseAnswer(service: string, text: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw unavailable(service, 'gave an answer that is not JSON');
  }
  if (!isRecord(body)) throw unavailable(service, 'gave an answer that is not a JSON object');
  return body;
}

/**
 * Reads the answer of an OAuth 2.0 token endpoint (RFC 6749 §5.1 and §5.2).
 *
 * @throws DelegationError UPSTREAM_REFUSED with the endpoint's error code, UPSTREAM_UNAVAILABLE for an answer that is
 *   neither a success nor an OAuth error
 */
export function readTokenAnswer(service: string, { ok, text }: UpstreamAnswer): Readonly<Record<string, unknown>> {
  const body = parseAnswer(service, text);
  if (ok) return body;
  if (typeof body.error !== 'string') throw unavailable(service, 'gave an answer that is not of its protocol');
  throw refused(service, body.error);
}

function toCallError({ service, signal }: UpstreamCall, error: unknown, timeout: AbortSignal): CallError {
  const cause = readErrorCode(error);
  if (timeout.aborted) return new CallError(service, 'timeout', `did not answer within ${TIMEOUT_SECONDS} s`, cause);
  if (error instanceof BodyTooLargeError)
    return new CallError(service, 'too_long', 'gave an answer that is too long', cause);
  const failure = signal?.aborted ? 'aborted' : 'unreachable';
  return new CallError(service, failure, 'could not be reached, or broke off its answer', cause);
}

/** Reads the code of a failed `fetch`, such as ECONNREFUSED, from the cause of its error; empty when there is none. */
function readErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRecord(cause) && typeof cause.code === 'string' ? cause.code : '';
}
