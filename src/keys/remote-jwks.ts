import type { KeyObject } from 'node:crypto';
import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { readCapped } from '../upstream/read-capped.js';
import type { Algorithm } from './algorithms.js';
import { KeySet, type KeySource } from './key-set.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1024;
/** How long a fetched set is used without asking again. */
const FRESH_MS = 10 * 60_000;
/** How long the last good set serves while the endpoint is down. */
const STALE_MS = 24 * 3_600_000;
/** An unknown `kid` and a failure make another request at most this often. */
const COOLDOWN_MS = 30_000;
/** The same while there is no set at all, so that a start during an outage recovers soon. */
const FIRST_COOLDOWN_MS = 1_000;

/**
 * The keys of an issuer behind a configured `jwks_uri`: fetched when first needed, kept for 10 minutes, and served
 * for up to 24 hours while the endpoint fails. Concurrent callers share one request.
 */
export class RemoteKeySet implements KeySource {
  readonly #uri: string;
  readonly #deps: Pick<Deps, 'now' | 'fetch' | 'log'>;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(uri: string, deps: Pick<Deps, 'now' | 'fetch' | 'log'>) {
    this.#uri = uri;
    this.#deps = deps;
  }

  /** @throws DelegationError UPSTREAM_UNAVAILABLE when there is no set that may still serve */
  async find(alg: Algorithm, kid: string | undefined): Promise<readonly KeyObject[]> {
    if (this.#age() > FRESH_MS) await this.#refresh();
    const found = this.#current().find(alg, kid);
    if (found.length > 0 || kid === undefined) return found;
    await this.#refresh();
    return this.#current().find(alg, kid);
  }

  #age(): number {
    return this.#deps.now() - this.#fetchedAt;
  }

  #current(): KeySet {
    if (this.#keys && this.#age() <= STALE_MS) return this.#keys;
    throw new DelegationError('UPSTREAM_UNAVAILABLE', 'The keys of the token issuer could not be fetched');
  }

  async #refresh(): Promise<void> {
    if (!this.#pending) {
      const now = this.#deps.now();
      if (now - this.#askedAt < (this.#keys ? COOLDOWN_MS : FIRST_COOLDOWN_MS)) return;
      this.#askedAt = now;
      this.#pending = this.#fetch().finally(() => {
        this.#pending = undefined;
      });
    }
    await this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      const response = await this.#deps.fetch(this.#uri, {
        headers: { accept: 'application/jwk-set+json, application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const keys = KeySet.fromJwks(JSON.parse(await readCapped(response, MAX_BYTES)));
      for (const reason of keys.skipped) this.#deps.log.warn({ jwks_uri: this.#uri, reason }, 'JWKS key not used');
      this.#keys = keys;
      this.#fetchedAt = this.#deps.now();
    } catch (error) {
      this.#deps.log.warn(
        { jwks_uri: this.#uri, reason: reasonOf(error), keeps_last_good: this.#keys !== undefined },
        'JWKS could not be fetched',
      );
    }
  }
}

/** A failure in words of ours: a parser's message can hold what it parsed. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'not JSON';
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS} ms` : error.message;
}
