import type { Tenant } from '../config/tenant.js';
import type { RefreshExchanger } from '../delegation/exchange-refresh-token.js';
import type { DelegatePayload } from '../delegation/payload.js';
import type { Deps } from '../deps.js';
import type { RemoteKeySets } from '../keys/remote-jwks.js';
import type { RateLimitContext } from '../rate-limit/delegation-limit.js';

/** What the gateway knows of a request before GraphQL begins, whichever door it came through. */
export interface RequestContext {
  readonly tenant: Tenant;
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
  readonly requestId: string;
  /** The token of an `Authorization: Bearer` header. */
  readonly bearerToken: string | undefined;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal | undefined;
  readonly deps: Deps;
  readonly refresh: RefreshExchanger;
  readonly remoteKeys: RemoteKeySets;
  /** Hears of each payload: the legacy door makes its own body of it. */
  readonly onPayload?: (payload: DelegatePayload) => void;
}

/** The context of every resolver. */
export type GraphqlContext = RequestContext & RateLimitContext;
