import type { KeyObject } from 'node:crypto';
import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { describeFetchFailure, fetchJson, StatusError } from '../lib/fetch-json.js';
import { BodyTooLargeError } from '../lib/read-capped.js';
import type { UpstreamFailure, UpstreamObserver } from '../observability/metrics.js';
import type { Algorithm } from './algorithms.js';
import { KeySet, type KeySource } from './key-set.js';

/** The name of the service in metrics. */
const SERVICE = 'JWKS';
/** How long a fetched set is used before it is fetched again. */
const FRESH_MS = 10 * 60_000;
/** How long the last good set is used while the endpoint is down. */
const STALE_MS = 24 * 3_600_000;
/** The least time between two requests after a failure, and between two for unknown `kid`s. */
const COOLDOWN_MS = 30_000;
/** The same while there is no set yet, so that a gateway that started during an outage recovers soon. */
const FIRST_COOLDOWN_MS = 1_000;

/**
 * The keys of an issuer behind a configured `jwks_uri`: fetched when first needed, used for 10 minutes, and for up to
 * 24 hours while the endpoint fails. Concurrent callers share one request. `keepFresh` fetches them before they are needed.
 */
export class RemoteKeySet implements KeySource {
  readonly #uri: string;
  readonly #deps: Pick<Deps, 'now' | 'fetch' | 'log'>;
  readonly #observe: UpstreamObserver | undefined;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #askedForUnknownAt = Number.NEGATIVE_INFINITY;
  /** How the last request failed; undefined when it did not. */
  #failure: string | undefined;
  #pending: Promise<void> | undefined;

  /** @param observe is told of every request */
  constructor(uri: string, deps: Pick<Deps, 'now' | 'fetch' | 'log'>, observe?: UpstreamObserver) {
    this.#uri = uri;
    this.#deps = deps;
    this.#observe = observe;
  }

  /** Whether there is a set that may be used. */
  get isUsable(): boolean {
    return this.#lastGood() !== undefined;
  }

  /** Seconds since the set was fetched; Infinity when it never was. */
  get ageSeconds(): number {
    return this.#since(this.#fetchedAt) / 1000;
  }

  /**
   * Fetches the set when it is not there or no longer fresh, unless a request failed just before.
   *
   * @param logs whether to log a failure; default: the first one of an outage
   * @returns how the last request failed; undefined when it did not
   */
  async keepFresh({ logs = this.#failure === undefined } = {}): Promise<string | undefined> {
    if (this.#since(this.#fetchedAt) > FRESH_MS) await this.#refresh({ logs });
    return this.#failure;
  }

  /** @throws DelegationError UPSTREAM_UNAVAILABLE when there is no set that may still be used */
  async find(alg: Algorithm, kid: string | undefined): Promise<readonly KeyObject[]> {
    const fetchedBefore = this.#fetchedAt;
    if (this.#since(this.#fetchedAt) > FRESH_MS) await this.#refresh();
    const found = this.#current().find(alg, kid);
    if (found.length > 0 || kid === undefined || this.#fetchedAt !== fetchedBefore) return found;
    await this.#refreshForUnknown();
    return this.#current().find(alg, kid);
  }

  /** The issuer may have rotated its keys since the last fetch. Made-up `kid`s cost at most one request in 30 s. */
  async #refreshForUnknown(): Promise<void> {
    if (!this.#pending && this.#since(this.#askedForUnknownAt) < COOLDOWN_MS) return;
    if (!this.#pending && this.#failure !== undefined && this.#since(this.#askedAt) < COOLDOWN_MS) return;
    this.#askedForUnknownAt = this.#deps.now();
    await this.#ask();
  }

  /** Milliseconds since then. The absolute value, because after the clock was set back nothing would be fetched until it caught up. */
  #since(timeMs: number): number {
    return Math.abs(this.#deps.now() - timeMs);
  }

  #lastGood(): KeySet | undefined {
    return this.#since(this.#fetchedAt) <= STALE_MS ? this.#keys : undefined;
  }

  #current(): KeySet {
    const keys = this.#lastGood();
    if (!keys) throw new DelegationError('UPSTREAM_UNAVAILABLE', 'The keys of the token issuer could not be fetched');
    return keys;
  }

  async #refresh(options = { logs: true }): Promise<void> {
    const cooldown = this.#lastGood() ? COOLDOWN_MS : FIRST_COOLDOWN_MS;
    if (this.#pending || this.#since(this.#askedAt) >= cooldown) await this.#ask(options);
  }

  /** Starts a request, or joins the one that is under way. */
  #ask({ logs } = { logs: true }): Promise<void> {
    if (!this.#pending) {
      this.#askedAt = this.#deps.now();
      this.#pending = this.#fetch(logs).finally(() => {
        this.#pending = undefined;
      });
    }
    return this.#pending;
  }

  async #fetch(logs: boolean): Promise<void> {
    const { log, now } = this.#deps;
    const startedMs = now();
    let failure: UpstreamFailure | undefined;
    try {
      const keys = await fetchKeySet(this.#deps.fetch, this.#uri);
      if (this.#failure !== undefined) log.info({ jwks_uri: this.#uri }, 'JWKS can be fetched again');
      if (keys.skipped.length > 0 && keys.skipped.join() !== this.#keys?.skipped.join()) {
        log.warn({ jwks_uri: this.#uri, skipped: keys.skipped }, 'JWKS holds keys that are not used');
      }
      this.#keys = keys;
      this.#fetchedAt = now();
      this.#failure = undefined;
    } catch (error) {
      failure = classifyFailure(error);
      this.#failure = describeFetchFailure(error);
      if (logs) {
        const keeps_last_good = this.#lastGood() !== undefined;
        log.warn({ jwks_uri: this.#uri, reason: this.#failure, keeps_last_good }, 'JWKS could not be fetched');
      }
    } finally {
      this.#observe?.(SERVICE, now() - startedMs, failure);
    }
  }
}

/**
 * Fetches a JWKS and imports its keys.
 *
 * @throws Error for `describeFetchFailure`
 */
export async function fetchKeySet(fetch: Deps['fetch'], uri: string): Promise<KeySet> {
  return KeySet.fromJwks(await fetchJson(fetch, uri, 'application/jwk-set+json, application/json'));
}

function classifyFailure(error: unknown): UpstreamFailure {
  if (!(error instanceof Error)) return 'unreachable';
  if (error.name === 'TimeoutError') return 'timeout';
  if (error instanceof StatusError) return 'status';
  if (error instanceof BodyTooLargeError) return 'too_long';
  // fetch reports a failed connection as the cause of its error.
  return error.cause === undefined ? 'invalid' : 'unreachable';
}

/** Returns the key set of a `jwks_uri`, always the same one. */
export type RemoteKeySets = (uri: string) => KeySource;

/** Creates the registry of remote key sets. A set is created when it is first asked for, and kept across reloads. */
export function remoteKeySets(
  deps: Pick<Deps, 'now' | 'fetch' | 'log'>,
  observe?: UpstreamObserver,
): (uri: string) => RemoteKeySet {
  const sets = new Map<string, RemoteKeySet>();
  return (uri) => {
    const set = sets.get(uri) ?? new RemoteKeySet(uri, deps, observe);
    sets.set(uri, set);
    return set;
  };
}
