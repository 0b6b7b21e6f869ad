import type { KeyObject } from 'node:crypto';
import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { describeFetchFailure, fetchJson } from '../lib/fetch-json.js';
import type { Algorithm } from './algorithms.js';
import { KeySet, type KeySource } from './key-set.js';

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
 * 24 hours while the endpoint fails. Concurrent callers share one request.
 */
export class RemoteKeySet implements KeySource {
  readonly #uri: string;
  readonly #deps: Pick<Deps, 'now' | 'fetch' | 'log'>;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #askedForUnknownAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  #pending: Promise<void> | undefined;

  constructor(uri: string, deps: Pick<Deps, 'now' | 'fetch' | 'log'>) {
    this.#uri = uri;
    this.#deps = deps;
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
    if (!this.#pending && this.#failing && this.#since(this.#askedAt) < COOLDOWN_MS) return;
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

  async #refresh(): Promise<void> {
    const cooldown = this.#lastGood() ? COOLDOWN_MS : FIRST_COOLDOWN_MS;
    if (this.#pending || this.#since(this.#askedAt) >= cooldown) await this.#ask();
  }

  /** Starts a request, or joins the one that is under way. */
  #ask(): Promise<void> {
    if (!this.#pending) {
      this.#askedAt = this.#deps.now();
      this.#pending = this.#fetch().finally(() => {
        this.#pending = undefined;
      });
    }
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    const { log, now } = this.#deps;
    try {
      const keys = await fetchKeySet(this.#deps.fetch, this.#uri);
      if (this.#failing) log.info({ jwks_uri: this.#uri }, 'JWKS can be fetched again');
      if (keys.skipped.length > 0 && keys.skipped.join() !== this.#keys?.skipped.join()) {
        log.warn({ jwks_uri: this.#uri, skipped: keys.skipped }, 'JWKS holds keys that are not used');
      }
      this.#keys = keys;
      this.#fetchedAt = now();
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      const keeps_last_good = this.#lastGood() !== undefined;
      log.warn(
        { jwks_uri: this.#uri, reason: describeFetchFailure(error), keeps_last_good },
        'JWKS could not be fetched',
      );
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

/** Returns the key set of a `jwks_uri`, always the same one. */
export type RemoteKeySets = (uri: string) => KeySource;

/** Creates the registry of remote key sets. A set is created when it is first asked for, and kept across reloads. */
export function remoteKeySets(deps: Pick<Deps, 'now' | 'fetch' | 'log'>): RemoteKeySets {
  const sets = new Map<string, RemoteKeySet>();
  return (uri) => {
    const set = sets.get(uri) ?? new RemoteKeySet(uri, deps);
    sets.set(uri, set);
    return set;
  };
}
