import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import type { Deps } from '../deps.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { ClaimMap, ClaimPath } from './shared/claim-path.js';

/**
 * The contract of an add-on: everything that the gateway knows about one kind of credential stands in one definition.
 * The configuration schema, the GraphQL schema and the legacy endpoint are all built from the table of definitions, so
 * a new add-on is one file beside this one and one line in `index.ts`:
 *
 * ```ts
 * export const pager = defineAddon<{ secret: string; uid?: ClaimPath | undefined }>({
 *   name: 'pager',                         // addons.pager in gateway.yaml, api_type=pager at POST /delegation
 *   apiType: 'PAGER',                      // a value of the enum ApiType
 *   description: 'A key that opens the pager of its user.',
 *   config: (fields) => fields.object({ secret: fields.secret(), uid: fields.claimPath().optional() }),
 *   credential: { name: 'PagerKey', description: 'A key of one pager.', fields: {} },
 *   create({ secret, uid }) {              // once, at load: import keys here
 *     return {
 *       issue({ userId, claims, now }) {    // for each request: no clock, no randomness, no state of its own
 *         const name = uid ? readClaim(claims, uid) : userId;
 *         if (typeof name !== 'string') throw new DelegationError('INVALID_REQUEST', `The claim "${uid?.text}" must …`);
 *         const token = createHmac('sha256', secret).update(name).digest('base64url');
 *         return { token, tokenType: 'Bearer', expiresAt: now + 60, expiresIn: 60, fields: {} };
 *       },
 *     };
 *   },
 *   legacyBody: idTokenBody,
 * });
 * ```
 *
 * What the definition promises is checked where it is used: a configuration that `config` does not take never reaches
 * `create`, and a request for a client without it is refused before `sign`. Errors are DelegationErrors that name the
 * field or claim and never hold a value. `test/addons/new-addon.test.ts` adds one so, with input of its own.
 */
export interface AddonDefinition<Config = unknown> {
  /** Auth0's name: the key below a client's `addons`, and the `api_type` of the legacy endpoint. */
  readonly name: string;
  /** The value of the GraphQL enum ApiType. */
  readonly apiType: string;
  /** What GraphiQL says of that value. */
  readonly description: string;
  /** The configuration below `addons.<name>`. Absent for the add-on that every client has. */
  readonly config?: (fields: ConfigFields) => z.ZodType<Config>;
  readonly credential: CredentialType;
  /** Extra input that a request may send, if the add-on takes any. */
  readonly input?: InputType;
  /**
   * Builds the add-on of one client, once at load; undefined after it has reported what it lacks.
   */
  create(config: Config, context: AddonContext): Addon | undefined;
  /** The body that `POST /delegation` answered with for this add-on. */
  legacyBody(credential: Credential): Record<string, unknown>;
}

/** Keeps the type of an add-on's configuration between its schema and its signer. */
export function defineAddon<Config>(definition: AddonDefinition<Config>): AddonDefinition<Config> {
  return definition;
}

/** Creates the schemas of configuration fields. A secret is a string, `{ env: NAME }` or `{ file: path }`. */
export interface ConfigFields {
  /** A secret's text, checked against a pattern if one is given; `expected` continues the sentence "expected …". */
  secret(check?: { pattern: RegExp; expected: string }): z.ZodType<string>;
  /** An RSA private key in PEM form, imported. */
  rsaPrivateKey(): z.ZodType<KeyObject>;
  /** An https URL; http only for loopback hosts. */
  url(): z.ZodType<string>;
  /** A path into the caller's claims: `email`, `app_metadata.role`. */
  claimPath(): z.ZodType<ClaimPath>;
  /** Names and the paths that fill them: `{ role: app_metadata.role }`; `refused` names are diagnostics. */
  claimMap(refused?: ReadonlySet<string>): z.ZodType<ClaimMap>;
  /** An object that has these keys and no others. */
  object<Shape extends z.core.$ZodLooseShape>(shape: Shape): ReturnType<typeof z.strictObject<Shape>>;
}

/** What an add-on may use of the client it belongs to and of that client's tenant. */
export interface AddonContext {
  readonly tenant: {
    /** The `iss` of tokens that the tenant signs. */
    readonly issuer: string;
    /** The SAML issuer: `urn:` and the host of the tenant's issuer. */
    readonly entityId: string;
    readonly signingKey: SigningKey | undefined;
    /** The X.509 certificate of the signing key, PEM. */
    readonly certificate: string | undefined;
  };
  readonly client: {
    readonly clientId: string;
    readonly secret: KeyObject | undefined;
    readonly alg: SigningAlgorithm;
    readonly lifetimeInSeconds: number;
    readonly claims: ClaimMap;
  };
  readonly report: Report;
}

/**
 * Reports a diagnostic about the configuration.
 *
 * @param path where, below the configuration of the add-on
 * @param expected continues the sentence "expected …"
 */
export type Report = (path: readonly (string | number)[], expected: string) => undefined;

/** An add-on as one client is configured for it. */
export interface Addon {
  /**
   * @throws DelegationError INVALID_REQUEST for input that the service could not take, INVALID_SCOPE, UPSTREAM_REFUSED
   *   or UPSTREAM_UNAVAILABLE
   */
  issue(request: IssueRequest): Promise<Credential> | Credential;
}

export interface IssueRequest {
  readonly userId: string;
  /** The claims of the caller's verified token, with `sub` and `user_id` being the user id of the tenant. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the scope lets into an app token, with the values from the caller's token. */
  readonly scopedClaims: Readonly<Record<string, unknown>>;
  /** The `client_id` of the calling application. */
  readonly callerClientId: string;
  readonly input: AddonInput;
  readonly nowSeconds: number;
  /** The network, and randomness for identifiers. */
  readonly deps: Pick<Deps, 'fetch' | 'randomUUID'>;
  /** Aborts when the caller has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** The extra input of one add-on, by GraphQL field name. */
export type AddonInput = Readonly<Record<string, string | null | undefined>>;

/** A credential as its signer returns it. */
export interface Credential {
  readonly token: string;
  readonly tokenType: string;
  /** Epoch seconds; null where the service does not say. */
  readonly expiresAt: number | null;
  /** Seconds; null where the service does not say. */
  readonly expiresIn: number | null;
  /** The fields of the add-on's own GraphQL type, by name, and whatever else its legacy body needs. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A GraphQL object type beside the fields of the interface Credential. Add-ons may share one. */
export interface CredentialType {
  readonly name: string;
  readonly description: string;
  readonly fields: Readonly<Record<string, FieldDescriptor>>;
}

export interface FieldDescriptor {
  readonly type: 'String' | 'ID' | 'DateTime';
  readonly description: string;
  readonly nullable?: boolean;
}

/** A GraphQL input object below DelegateInput. Add-ons may share one. */
export interface InputType {
  readonly name: string;
  /** The field of DelegateInput that takes it. */
  readonly field: string;
  readonly description: string;
  readonly fields: Readonly<Record<string, { readonly description: string; readonly legacyParameter: string }>>;
}
