import type { KeyObject } from 'node:crypto';
import type * as z from 'zod';
import type { Deps } from '../deps.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import type { ServiceAccount } from '../keys/service-account.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { UpstreamAnswer, UpstreamCall } from '../lib/upstream.js';
import type { Credential, CredentialType, FieldDescriptors, FieldValues } from './credential.js';
import type { AddonInput, InputDescriptors, InputType } from './input.js';
import type { IdentityClaims } from './shared/claim-checks.js';
import type { ClaimMap, ClaimPath } from './shared/claim-path.js';

export type { Credential, CredentialType, FieldDescriptor, FieldValue } from './credential.js';
export type { AddonInput, GivenInput, InputType } from './input.js';

/**
 * Everything that the gateway knows about one kind of credential. The configuration schema, the GraphQL schema and the
 * legacy endpoint are built from the table of definitions in `index.ts`. `defineAddon` infers the type parameters.
 */
export interface AddonDefinition<
  Config = unknown,
  Fields extends FieldDescriptors = FieldDescriptors,
  Inputs extends InputDescriptors = InputDescriptors,
  Issued extends Credential<FieldValues<Fields>> = Credential<FieldValues<Fields>>,
> {
  /** Auth0's name: the key below a client's `addons`, and the `api_type` of the legacy endpoint. */
  readonly name: string;
  /** The value of the GraphQL enum ApiType. */
  readonly apiType: string;
  /** The description of that value. */
  readonly description: string;
  /** Set where the service no longer exists: why the value is deprecated. */
  readonly retired?: string;
  /** The schema of `addons.<name>`. Absent only for the add-on that every client has. */
  readonly config?: (fields: ConfigFields) => z.ZodType<Config>;
  /** Whether the service trusts the gateway by the certificate of the tenant, as SAML services do. */
  readonly needsCertificate?: true;
  /** What has to be registered at the service when the key of the tenant is a new one, as after Auth0; a command. */
  readonly registration?: string;
  readonly credential: CredentialType<Fields>;
  /** The extra input that a request may send. */
  readonly input?: InputType<Inputs>;
  /** Builds the add-on of one client, once at load. Returns undefined after it has reported what is missing. */
  create(config: Config, context: AddonContext): Addon<Issued, Inputs> | undefined;
  /** The body that `POST /delegation` answers with. */
  legacyBody(credential: Issued): Record<string, unknown>;
}

/**
 * Defines an add-on. The types of its configuration, of its credential's fields and of its input are inferred, so that
 * `issue` compiles only if it returns the declared fields. A new add-on is one file and one line in `index.ts`:
 *
 * ```ts
 * export const pager = defineAddon({
 *   name: 'pager',                         // addons.pager in gateway.yaml, api_type=pager at POST /delegation
 *   apiType: 'PAGER',                      // a value of the enum ApiType
 *   description: 'A key for the pager of a user.',
 *   config: (fields) => fields.object({ secret: fields.secret(), uid: fields.claimPath().prefault('user_id') }),
 *   credential: {
 *     name: 'PagerKey',
 *     description: 'A key for one pager.',
 *     fields: { pager: { type: 'ID', description: 'The pager that the key opens.' } },
 *   },
 *   input: {
 *     name: 'PagerDelegationInput',
 *     field: 'pager',
 *     description: 'What the pager displays.',
 *     fields: { text: { description: 'The text.', legacyParameter: 'pager_text', required: true } },
 *   },
 *   create({ secret, uid }) {              // once, at load: import keys here
 *     const key = createSecretKey(secret, 'utf8');
 *     return {
 *       issue({ identity, input, nowSeconds }) {   // for each request: take the time from the request
 *         const name = readUserName(identity, uid);
 *         const expiresAt = nowSeconds + 60;
 *         const token = createHmac('sha256', key).update(`${name}\n${input.text}\n${expiresAt}`).digest('base64url');
 *         return { token, tokenType: 'Bearer', expiresAt, expiresIn: 60, fields: { pager: name } };
 *       },
 *     };
 *   },
 *   legacyBody: ({ token, fields }) => ({ pager_key: token, pager: fields.pager }),
 * });
 * ```
 *
 * The gateway validates the configuration before `create`, checks required input before `issue`, and checks the
 * credential against its declaration after it. An add-on throws DelegationErrors that name the claim or the field and
 * never repeat a value. `test/addons/new-addon.test.ts` runs this example.
 */
export function defineAddon<
  Config,
  const Fields extends FieldDescriptors,
  const Inputs extends InputDescriptors = Record<never, never>,
  Issued extends Credential<FieldValues<Fields>> = Credential<FieldValues<Fields>>,
>(definition: AddonDefinition<Config, Fields, Inputs, Issued>): AddonDefinition<Config, Fields, Inputs, Issued> {
  return definition;
}

/** The field types of add-on configurations. A secret is a string, `{ env: NAME }` or `{ file: path }`. */
export interface ConfigFields {
  /** A secret's text, checked against a pattern if one is given; `expected` continues the sentence "expected …". */
  secret(check?: { pattern: RegExp; expected: string }): z.ZodType<string>;
  /** An RSA private key in PEM form, imported. */
  rsaPrivateKey(): z.ZodType<KeyObject>;
  /** The JSON file of a Google service account's key, read as a secret, with its private key imported. */
  serviceAccount(): z.ZodType<ServiceAccount>;
  /** An https URL; http only for loopback hosts. */
  url(): z.ZodType<string>;
  /** A path into the caller's claims: `email`, `app_metadata.role`. */
  claimPath(): z.ZodType<ClaimPath>;
  /** Claim names and the paths of their values: `{ role: app_metadata.role }`. Names in `refused` are rejected. */
  claimMap(refused?: ReadonlySet<string>): z.ZodType<ClaimMap>;
  /** An object that has these keys and no others. */
  object<Shape extends z.core.$ZodLooseShape>(shape: Shape): ReturnType<typeof z.strictObject<Shape>>;
}

/** What an add-on may use of its client and of that client's tenant. */
export interface AddonContext {
  readonly tenant: {
    /** The `iss` of tokens that the tenant signs. */
    readonly issuer: string;
    /** The SAML issuer: `urn:` and the host of the tenant's issuer. */
    readonly entityId: string;
    /** The key that signs: the first of the tenant. */
    readonly signingKey: SigningKey | undefined;
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
 * @param path the place below the configuration of the add-on
 * @param expected continues the sentence "expected …"
 */
export type Report = (path: readonly (string | number)[], expected: string) => undefined;

/** An add-on as it is configured for one client. */
export interface Addon<Issued = Credential, Inputs extends InputDescriptors = InputDescriptors> {
  /** The URL that `issue` calls; absent where it calls none. `check --online` connects to it. */
  readonly endpoint?: string | undefined;
  /**
   * @throws DelegationError INVALID_REQUEST for claims or input that the service would not accept, INVALID_SCOPE,
   *   UPSTREAM_REFUSED or UPSTREAM_UNAVAILABLE
   */
  issue(request: IssueRequest<Inputs>): Promise<Issued> | Issued;
}

/** The add-on of a client, with its definition. */
export interface ConfiguredAddon extends Addon {
  readonly definition: AddonDefinition;
  /** Every path into the caller's claims that its configuration has. */
  readonly claimPaths: readonly ClaimPath[];
}

export interface IssueRequest<Inputs extends InputDescriptors = InputDescriptors> {
  readonly userId: string;
  /** The claims of the caller's verified token; `sub` and `user_id` are the user id of the tenant. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The same claims, for what names the user at the other service: refuses those that its issuer is not believed in. */
  readonly identity: IdentityClaims;
  /** The scope values of the request that mean something for an app token. */
  readonly scope: readonly string[];
  /** The claims that the scope adds to an app token, with their values from the caller's token. */
  readonly scopedClaims: Readonly<Record<string, unknown>>;
  /** The `client_id` of the calling application. */
  readonly callerClientId: string;
  /** The origin of the caller's token. */
  readonly chain: {
    /** The claims of an app token that say where it comes from. */
    readonly claims: Readonly<Record<string, unknown>>;
    /** Epoch seconds after which an app token must not be valid. */
    readonly expiresAt: number;
  };
  /** Whether a token of the tenant is renewed: mapped claims are then in it under their own names. */
  readonly isRenewal: boolean;
  readonly input: AddonInput<Inputs>;
  readonly nowSeconds: number;
  /** Randomness for identifiers. */
  readonly deps: Pick<Deps, 'randomUUID'>;
  /**
   * Posts a form to a configured URL, as a call of the target. It is aborted when the caller disconnects.
   *
   * @throws DelegationError UPSTREAM_UNAVAILABLE
   */
  readonly callUpstream: (call: Omit<UpstreamCall, 'signal'>) => Promise<UpstreamAnswer>;
}
