import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { ConfiguredAddon } from '../addons/addon.js';
import type { Algorithm, SigningAlgorithm } from '../keys/algorithms.js';
import type { KeySource } from '../keys/key-set.js';

/** A tenant, compiled from its configuration: everything a request needs, looked up and never computed. */
export interface Tenant {
  readonly name: string;
  /** The `iss` of tokens that this gateway signs for the tenant. */
  readonly issuer: string;
  readonly delegationEnabled: boolean;
  /** Whether old browsers may use `GET /delegation` with a callback. */
  readonly jsonp: boolean;
  /** By exact `iss`, the tenant's own included. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly clients: ReadonlyMap<string, Client>;
  /** The document of `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
  /** The document of `/saml/metadata`, where the tenant has a key and a certificate. */
  readonly samlMetadata: string | undefined;
}

/** Who may have signed a caller's token. */
export interface Issuer {
  readonly issuer: string;
  /** Whether it is the tenant itself, whose tokens carry user ids as `sub`. */
  readonly own: boolean;
  /** What comes before `sub` in a user id. */
  readonly subjectPrefix: string;
  /** Prefixes that a `sub` must not begin with, because another issuer's user ids do. */
  readonly foreignPrefixes: readonly string[];
  /** UTF-16 units. */
  readonly maxSubject: number;
  readonly algorithms: ReadonlySet<Algorithm>;
  /** The keys that the configuration holds. */
  readonly keys: KeySource;
  /** Where its keys are fetched, in place of `keys`. */
  readonly jwksUri: string | undefined;
}

/** How the refresh tokens of a client are exchanged (RFC 6749 §6). */
export interface RefreshConfiguration {
  /** The `iss` that the new ID token must have. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** What authenticates the client: parameters of the body (RFC 6749 §2.3.1) or a header. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** An application of a tenant, as a caller and as a target. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  /** What signs its app tokens, and with HS256 what its callers' tokens are signed with. */
  readonly alg: SigningAlgorithm;
  readonly secret: KeyObject | undefined;
  /** Which clients may delegate to it, itself left out; "*" stands for all. */
  readonly allowedClients: ReadonlySet<string>;
  /** `grant_types`, where the client has them. */
  readonly grantTypes: ReadonlySet<string> | undefined;
  /** Where its refresh tokens are exchanged; undefined where it may not send any. */
  readonly refresh: RefreshConfiguration | undefined;
  /** The signers that it is configured for, by api type. */
  readonly addons: ReadonlyMap<string, ConfiguredAddon>;
  /** What a request without `apiType` gets. */
  readonly defaultApiType: string;
}

/** Finds the tenant of a `Host` header's value: without port, case or trailing dot. */
export type TenantLookup = (host: string) => Tenant | undefined;
