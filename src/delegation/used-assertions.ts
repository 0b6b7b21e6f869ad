import { createHash } from 'node:crypto';

/** Assertions of one client that may be live at once: 150 a second where each is valid for a minute. */
const MAX_LIVE = 10_000;
/** Seconds of expiry times that one group holds. */
const GROUP_SECONDS = 60;

/** What became of an assertion: it was recorded, it was used before, or there is no room to record it. */
export type AssertionUse = 'first' | 'replayed' | 'full';

/** Remembers the assertions that were used, until they expire, so that each counts once (RFC 7523 §3, `jti`). */
export interface AssertionStore {
  /**
   * Records an assertion.
   *
   * @param client the tenant and the client that it belongs to
   * @param untilSeconds epoch seconds after which the assertion is refused anyhow
   * @throws DelegationError UPSTREAM_UNAVAILABLE when a store does not answer that several processes share
   */
  use(
    client: readonly [tenant: string, clientId: string],
    jti: string,
    untilSeconds: number,
    nowSeconds: number,
  ): AssertionUse | Promise<AssertionUse>;
}

/**
 * The used assertions in the memory of this process.
 *
 * A client with too many live assertions gets no further one accepted: forgetting a live one would allow its replay. The
 * number is limited for each client, so that no client uses up the room of another one.
 */
export class UsedAssertions implements AssertionStore {
  /** By expiry, in groups that are forgotten as a whole: by client, the hashes of the `jti`s. */
  readonly #groups = new Map<number, Map<string, Set<string>>>();

  use(
    client: readonly [tenant: string, clientId: string],
    jti: string,
    untilSeconds: number,
    nowSeconds: number,
  ): AssertionUse {
    this.#forgetExpired(nowSeconds);
    const owner = JSON.stringify(client);
    const hash = createHash('sha256').update(jti).digest('base64url');
    const live = [...this.#groups.values()].flatMap((group) => group.get(owner) ?? []);
    if (live.some((hashes) => hashes.has(hash))) return 'replayed';
    if (live.reduce((count, hashes) => count + hashes.size, 0) >= MAX_LIVE) return 'full';
    const number = Math.floor(untilSeconds / GROUP_SECONDS);
    const group = this.#groups.get(number) ?? new Map<string, Set<string>>();
    this.#groups.set(number, group);
    group.set(owner, (group.get(owner) ?? new Set()).add(hash));
    return 'first';
  }

  #forgetExpired(nowSeconds: number): void {
    const current = Math.floor(nowSeconds / GROUP_SECONDS);
    for (const number of this.#groups.keys()) if (number < current) this.#groups.delete(number);
  }
}
