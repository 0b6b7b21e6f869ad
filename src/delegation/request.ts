import type { GivenInput } from '../addons/addon.js';
import type { Tenant } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import type { RemoteKeySets } from '../keys/remote-jwks.js';
import type { Upstreams } from '../lib/upstream.js';
import type { AuditLog } from '../observability/audit-log.js';
import type { DelegationLimiter } from '../rate-limit/delegation-limit.js';
import type { RefreshTokenExchanger } from './exchange-refresh-token.js';
import type { RefusedTokenStore } from './refused-refresh-tokens.js';
import type { AssertionStore } from './used-assertions.js';

export type SubjectTokenType = 'id_token' | 'refresh_token';

/** The token that a user already has. */
export interface SubjectToken {
  readonly type: SubjectTokenType;
  readonly token: string;
}

/** How the calling application authenticates: by its secret (RFC 6749 §2.3.1) or by a signed assertion (RFC 7523 §2.2). */
export interface ClientAuthentication {
  readonly type: 'secret' | 'assertion';
  readonly value: string;
}

/** A delegation as a caller asks for it, whichever endpoint it came through. */
export interface DelegationRequest {
  /** The `client_id` of the calling application. Default: the application that the ID token was issued to. */
  readonly clientId: string | undefined;
  /** Undefined where the calling application does not authenticate. */
  readonly clientAuthentication: ClientAuthentication | undefined;
  readonly subjectToken: SubjectToken | undefined;
  /** The `client_id` of the target application. Default: the calling application. */
  readonly target: string | undefined;
  /** Default: the only add-on of the target, else APP. */
  readonly apiType: string | undefined;
  /** OAuth scope values, one or several in each string. Default: `openid`. */
  readonly scope: readonly string[];
  /** The input of add-ons, by their input field. */
  readonly inputs: Readonly<Record<string, GivenInput>>;
  /** Whether input of another add-on is ignored, as Auth0 did. Default: it is refused. */
  readonly ignoresOtherInputs?: true;
}

/** The endpoint that a request came through, as audit events name it. */
export type EndpointName = 'graphql' | 'delegation' | 'documents';

/** What a delegation needs from the gateway. Every endpoint gets it from the same context factory. */
export interface DelegationContext extends DelegationLimiter {
  readonly tenant: Tenant;
  readonly endpoint: EndpointName;
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
  readonly requestId: string;
  /** Its signal aborts when the client disconnects. It is made when it is read first. */
  readonly connection: { readonly signal: AbortSignal };
  readonly deps: Deps;
  readonly audit: Pick<AuditLog, 'write'>;
  readonly upstreams: Upstreams;
  readonly refreshTokens: RefreshTokenExchanger;
  readonly remoteKeys: RemoteKeySets;
  readonly usedAssertions: AssertionStore;
  readonly refusedTokens: RefusedTokenStore;
}
