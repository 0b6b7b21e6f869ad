import type { Tenant } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import type { RemoteKeySet } from '../keys/remote-jwks.js';

/** An issuer whose keys are fetched. */
interface RemoteIssuer {
  readonly tenant: string;
  readonly issuer: string;
  readonly keys: RemoteKeySet;
}

/** The keys of the identity providers of a configuration, as a whole. */
export class IssuerKeys {
  readonly #remote: readonly RemoteIssuer[];
  /** Whether an issuer has all its keys in the configuration. */
  readonly #hasConfigured: boolean;

  constructor(tenants: readonly Tenant[], remoteKeys: (uri: string) => RemoteKeySet) {
    const providers = tenants.flatMap(({ name, issuers }) =>
      [...issuers.values()].filter(({ own }) => !own).map((each) => ({ tenant: name, ...each })),
    );
    this.#remote = providers.flatMap(({ tenant, issuer, jwksUri }) =>
      jwksUri === undefined ? [] : [{ tenant, issuer, keys: remoteKeys(jwksUri) }],
    );
    this.#hasConfigured = this.#remote.length < providers.length;
  }

  /** Fetches the keys that are not there yet, and logs a warning for each issuer whose keys cannot be fetched. */
  async fetchMissing(log: Pick<Deps['log'], 'warn'>): Promise<void> {
    await Promise.all(
      this.#remote.map(async ({ tenant, issuer, keys }) => {
        const reason = await keys.keepFresh({ logs: false });
        if (reason !== undefined) log.warn({ tenant, issuer, reason }, 'the keys of an issuer could not be fetched');
      }),
    );
  }

  /**
   * Reads whether all issuers have keys that may be used, some, or none. Begins to fetch keys that are no longer fresh: a
   * gateway that gets no requests, because it is not ready, would never have them.
   */
  readHealth(): { readonly status: 'ok' } | { readonly status: 'degraded' | 'unavailable'; readonly reason: string } {
    for (const { keys } of this.#remote) void keys.keepFresh();
    const missing = this.#remote.filter(({ keys }) => !keys.isUsable).length;
    if (missing === 0) return { status: 'ok' };
    const isNone = missing === this.#remote.length && !this.#hasConfigured;
    const issuers = missing === 1 ? '1 issuer' : `${missing} issuers`;
    return { status: isNone ? 'unavailable' : 'degraded', reason: `the keys of ${issuers} could not be fetched` };
  }

  /** Seconds since the keys of each issuer were fetched; Infinity when they never were. */
  readAges(): { readonly tenant: string; readonly issuer: string; readonly seconds: number }[] {
    return this.#remote.map(({ tenant, issuer, keys }) => ({ tenant, issuer, seconds: keys.ageSeconds }));
  }
}
