import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { ConfiguredAddon } from '../addons/addon.js';
import type { Algorithm, SigningAlgorithm } from '../keys/algorithms.js';
import type { KeySource } from '../keys/key-set.js';

/** A tenant as it is built from its configuration: requests look everything up here and compute nothing again. */
export interface Tenant {
  readonly name: string;
  /** The hosts of the tenant; empty: every host that no other tenant names. */
  readonly hosts: readonly string[];
  /** The `iss` of tokens that this gateway signs for the tenant. */
  readonly issuer: string;
  readonly delegationEnabled: boolean;
  readonly chain: {
    /** Seconds that app tokens may go back to the same sign-in. */
    readonly maxAgeSeconds: number;
    /** The most applications that may delegate one after the other, the target not counted. */
    readonly maxDepth: number;
  };
  /** The user ids whose tokens are refused. */
  readonly deniedSubjects: ReadonlySet<string>;
  /** Whether `email` counts as an identity only with `email_verified: true`. */
  readonly requireVerifiedEmail: boolean;
  /** Whether old browsers may use `GET /delegation` with a callback. */
  readonly jsonp: boolean;
  /** The old endpoint that gets each `POST /delegation` as well, and whose answer the caller gets. */
  readonly shadow: { readonly url: string; readonly answer: 'old' | 'new' } | undefined;
  /** By exact `iss`, the tenant's own included. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** By `client_id`. */
  readonly clients: ReadonlyMap<string, Client>;
  /** The document of `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
  /** The document of `/saml/metadata`; undefined without a key and a certificate. */
  readonly samlMetadata: string | undefined;
}

/** An issuer whose tokens a tenant accepts. */
export interface Issuer {
  readonly issuer: string;
  /** Whether it is the tenant itself, whose tokens carry user ids as `sub`. */
  readonly own: boolean;
  /** What comes before `sub` in a user id. */
  readonly subjectPrefix: string;
  /** Prefixes of other issuers' user ids: a `sub` that begins with one is refused. */
  readonly foreignPrefixes: readonly string[];
  /** The longest `sub`, in UTF-16 units. */
  readonly maxSubject: number;
  readonly algorithms: ReadonlySet<Algorithm>;
  /** The top-level claims that its tokens may name a user with at another service. */
  readonly identityClaims: ReadonlySet<string> | 'all';
  /** Epoch seconds: its tokens that were issued earlier are refused. */
  readonly tokensValidAfter: number | undefined;
  /** The keys that the configuration holds. */
  readonly keys: KeySource;
  /** Where its keys are fetched, in place of `keys`. */
  readonly jwksUri: string | undefined;
}

/** Where and how the refresh tokens of a client are exchanged (RFC 6749 §6). */
export interface TokenEndpoint {
  readonly url: string;
  /** The `iss` that the new ID token must have. */
  readonly issuer: string;
  /** Authenticates the client in the body (RFC 6749 §2.3.1). */
  readonly parameters: Readonly<Record<string, string>>;
  /** Authenticates the client in a header. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a client authenticates as a caller, and when it has to. */
export interface ClientAuthenticationRules {
  /** The SHA-256 of each secret that is accepted, as the operator wrote it. */
  readonly secretsSha256: readonly Buffer[];
  /** The keys of its assertions that the configuration holds. */
  readonly keys: KeySource;
  /** Where the keys of its assertions are fetched, in place of `keys`. */
  readonly jwksUri: string | undefined;
  /** Whether every request must be authenticated. */
  readonly required: boolean;
  /** Whether a request with a refresh token must be authenticated. */
  readonly requiredForRefreshTokens: boolean;
}

/** An application of a tenant, as a caller and as a target. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  /** Signs its app tokens; with HS256 also signs the tokens that it sends as a caller. */
  readonly alg: SigningAlgorithm;
  /** Each of them verifies its HS256 tokens; the first one is the client_secret. */
  readonly secrets: readonly KeyObject[];
  readonly authentication: ClientAuthenticationRules;
  /** The clients that may delegate to it beside itself; "*" stands for all. */
  readonly allowedClients: ReadonlySet<string>;
  /** The issuers of the identity providers whose tokens it may send. */
  readonly issuers: ReadonlySet<string>;
  /** The `azp` that its tokens may have beside its `clientId`. */
  readonly trustedAzp: ReadonlySet<string>;
  /** Undefined where `grant_types` is not configured. */
  readonly grantTypes: ReadonlySet<string> | undefined;
  /** Undefined where it may not send refresh tokens. */
  readonly tokenEndpoint: TokenEndpoint | undefined;
  /** The add-ons that it is configured for, by api type. */
  readonly addons: ReadonlyMap<string, ConfiguredAddon>;
  /** Whether its HS256 tokens, which anybody with its secret could have made, may do more than renew themselves. */
  readonly hs256Delegation: boolean;
  /** What a request without `apiType` gets. */
  readonly defaultApiType: string;
}
