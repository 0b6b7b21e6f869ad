import * as z from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { MIN_HMAC_BYTES, SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { refineWhen } from '../lib/refine-when.js';
import { findSecretProblem } from './client-secret.js';
import type { GatewayFields } from './fields.js';
import { strictObject } from './strict-object.js';

/** Registered claims (RFC 7519 §4.1, OpenID Connect Core §2) that `claims` must not set in an app token. */
const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(
  splitWords(
    'iss sub aud exp nbf iat jti azp nonce auth_time at_hash c_hash acr amr sid events cnf act may_act client_id scope idp chain_iat chain_exp',
  ),
);

/**
 * Fields of an exported client that delegation does not use, accepted so that an export can be pasted in. From the
 * Management API's documentation (https://auth0.com/docs/api/management/v2/clients), its SDKs and old exports.
 */
const UNUSED_FIELDS = splitWords(`
  allowed_logout_urls allowed_origins api_type app_type async_approval_notification_channels callback_url_template callbacks
  client_aliases client_authentication_methods client_metadata compliance_level config_route created_at cross_origin_auth
  cross_origin_authentication cross_origin_loc custom_login_page custom_login_page_codeview custom_login_page_off
  custom_login_page_on custom_login_page_preview default_organization description encrypted encryption_key
  express_configuration external_client_id fedcm_login form_template global initiate_login_uri is_first_party
  is_token_endpoint_ip_header_trusted logo_uri mobile my_organization_configuration native_social_login
  oidc_backchannel_logout oidc_conformant oidc_logout organization_discovery_methods organization_require_behavior
  organization_usage owners par_request_expiry redirection_policy refresh_token require_proof_of_possession
  require_pushed_authorization_requests resource_server_identifier resource_servers session_transfer signed_request_object
  signing_keys skip_non_verifiable_callback_uri_confirmation_prompt sso sso_disabled tenant third_party_security_mode
  token_exchange token_quota updated_at web_origins`);

/** Add-ons of an exported client that log users in and issue no credential. */
const UNUSED_ADDONS = splitWords(`
  box cloudbees concur dropbox echosign egnyte mscrm newrelic oag office365 rms salesforce samlp sentry sharepoint slack
  springcm sso_integration wsfed zendesk zoom`);

/** How a client authenticates at a token endpoint (OpenID Connect Core §9). */
const TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_post', 'client_secret_basic', 'none'] as const;

/** A rotation needs one. Each costs a comparison, or a hash of the token, in every request of the client. */
const MAX_ACCEPTED_SECRETS = 3;

/** The longest lifetime of an app token: thirty days, as at Auth0. */
export const MAX_LIFETIME_SECONDS = 2_592_000;

/** Creates the schema of a client, in the form of Auth0's Management API, so that an export can be pasted in. */
export function clientSchema(fields: GatewayFields, addons: readonly AddonDefinition[]) {
  return strictObject(
    {
      ...unusedFields(UNUSED_FIELDS),
      client_id: z
        .string()
        .min(1)
        .max(255)
        .describe('Identifies the application in requests; must equal the aud of the tokens that it sends.'),
      name: z.string().optional().describe('A name for people. Default: the client_id.'),
      client_secret: fields
        .secret()
        .optional()
        .describe(
          `Signs with HS256 (${MIN_HMAC_BYTES} bytes at least), and authenticates it here and at the token endpoint.`,
        ),
      accepted_client_secrets: z
        .array(fields.secret({ pattern: /./s, expected: 'a secret that is not empty' }))
        .max(MAX_ACCEPTED_SECRETS)
        .prefault([])
        .describe(
          'Secrets that are accepted beside client_secret while it is rotated, in tokens and as authentication; they sign nothing.',
        ),
      jwks: fields.jwks().optional().describe('The public keys of the assertions that it authenticates with.'),
      jwks_uri: fields.url().optional().describe('Where those keys are, in place of jwks.'),
      require_authentication: z
        .boolean()
        .default(false)
        .describe('Whether a request that names it as the caller must be authenticated.'),
      allowed_clients: z
        .array(z.string().min(1))
        .default([])
        .describe('The client_ids that may delegate to this one, beside itself; "*" means all of the tenant.'),
      issuers: z
        .array(z.string().min(1))
        .optional()
        .describe(
          'The issuers whose tokens it may send; [] for none. Needed where the tenant has several. Default: its only issuer.',
        ),
      trusted_azp: z
        .array(z.string().min(1))
        .default([])
        .describe("The azp that its tokens may have beside its client_id, such as Google's client IDs of native apps."),
      grant_types: z
        .array(z.string().min(1))
        .optional()
        .describe("Where it is given, it must include Auth0's legacy delegation grant."),
      refresh_token_delegation: z.boolean().default(false).describe('Whether it may send refresh tokens.'),
      hs256_delegation: z
        .boolean()
        .default(false)
        .describe(
          'Whether its HS256 tokens, which anybody with its secret could have made, may do more than renew themselves.',
        ),
      unauthenticated_refresh: z
        .boolean()
        .default(false)
        .describe(
          'Whether refresh tokens of a client with a client_secret need no authentication; then whoever has one can use it.',
        ),
      refresh_token_issuer: z
        .string()
        .min(1)
        .optional()
        .describe('The issuer of its refresh tokens, needed where several issuers have a token_endpoint.'),
      token_endpoint_auth_method: z
        .enum(TOKEN_ENDPOINT_AUTH_METHODS)
        .optional()
        .describe('Default: client_secret_post with a client_secret, else none.'),
      jwt_configuration: jwtConfigurationSchema()
        .prefault({})
        .describe('How its app tokens are signed, and with HS256 also the tokens that it sends.'),
      claims: fields
        .claimMap(REGISTERED_CLAIMS)
        .default([])
        .describe('Extra claims of its app tokens, { name: path into the claims of the caller }.'),
      addons: addonsSchema(fields, addons)
        .prefault({})
        .describe('The services that users of its callers get credentials for.'),
    },
    UNUSED_FIELDS,
  )
    .superRefine(
      ({ client_secret, refresh_token_delegation, token_endpoint_auth_method = 'none' }, { addIssue }) => {
        if (!refresh_token_delegation || token_endpoint_auth_method === 'none' || client_secret !== undefined) return;
        const message = `a secret, because token_endpoint_auth_method is ${token_endpoint_auth_method}`;
        addIssue({ code: 'custom', path: ['client_secret'], message });
      },
      refineWhen('client_secret', 'refresh_token_delegation', 'token_endpoint_auth_method'),
    )
    .superRefine(
      ({ client_secret, jwt_configuration: { alg, secret_encoded } }, { addIssue }) => {
        const expected = alg === 'HS256' && findSecretProblem(client_secret, secret_encoded);
        if (expected) addIssue({ code: 'custom', path: ['client_secret'], message: expected });
      },
      refineWhen('client_secret', 'jwt_configuration'),
    )
    .superRefine(
      ({ accepted_client_secrets, jwt_configuration: { alg, secret_encoded } }, { addIssue }) => {
        for (const [index, secret] of accepted_client_secrets.entries()) {
          const expected = alg === 'HS256' && findSecretProblem(secret, secret_encoded);
          if (expected) addIssue({ code: 'custom', path: ['accepted_client_secrets', index], message: expected });
        }
      },
      refineWhen('accepted_client_secrets', 'jwt_configuration'),
    )
    .superRefine(
      ({ accepted_client_secrets, client_secret }, { addIssue }) => {
        if (accepted_client_secrets.length === 0 || client_secret) return;
        const message = 'the client to have a client_secret, beside which they are accepted';
        addIssue({ code: 'custom', path: ['accepted_client_secrets'], message });
      },
      refineWhen('accepted_client_secrets', 'client_secret'),
    )
    .superRefine(
      ({ client_secret, jwks, jwks_uri, require_authentication }, { addIssue }) => {
        const report = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
        if (jwks !== undefined && jwks_uri !== undefined) report('jwks', 'jwks_uri or jwks, not both');
        if (require_authentication && !client_secret && jwks === undefined && jwks_uri === undefined) {
          report('require_authentication', 'the client to have a client_secret, jwks or jwks_uri');
        }
      },
      refineWhen('client_secret', 'jwks', 'jwks_uri', 'require_authentication'),
    );
}

function jwtConfigurationSchema() {
  return strictObject(
    {
      alg: z
        .enum(SIGNING_ALGORITHMS)
        .optional()
        .describe('HS256 signs with the client_secret, the others with the signing_key of the tenant. Default: RS256.'),
      lifetime_in_seconds: z
        .int()
        .min(1)
        .max(MAX_LIFETIME_SECONDS)
        .default(36_000)
        .describe('How long its app tokens are valid.'),
      secret_encoded: z.boolean().default(false).describe('Whether the client_secret is base64 or base64url.'),
      scopes: z.unknown().optional().meta(NOT_USED),
    },
    ['scopes'],
  );
}

function addonsSchema(fields: GatewayFields, addons: readonly AddonDefinition[]) {
  const shape = Object.fromEntries(
    addons.flatMap(({ name, description, config }) =>
      config ? [[name, config(fields).optional().describe(description)] as const] : [],
    ),
  );
  return strictObject({ ...unusedFields(UNUSED_ADDONS), ...shape }, UNUSED_ADDONS);
}

const NOT_USED = { description: 'Part of an Auth0 export; not used.', deprecated: true };

function unusedFields(names: readonly string[]): Record<never, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(names.map((name) => [name, z.unknown().optional().meta(NOT_USED)]));
}

function splitWords(text: string): string[] {
  return text.trim().split(/\s+/);
}
