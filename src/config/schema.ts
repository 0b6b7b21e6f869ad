import { z } from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import {
  ASYMMETRIC_ALGORITHMS,
  type AsymmetricAlgorithm,
  MIN_HMAC_BYTES,
  SIGNING_ALGORITHMS,
} from '../keys/algorithms.js';
import type { FullKit } from './kit.js';

/** Registered claims (RFC 7519 §4.1, OpenID Connect Core §2) that an operator's map must not set in an app token. */
const REGISTERED_CLAIMS: ReadonlySet<string> = new Set(
  'iss sub aud exp nbf iat jti azp nonce auth_time at_hash c_hash acr amr sid events cnf act may_act client_id scope'.split(
    ' ',
  ),
);

/** Fields of an exported Auth0 client that mean nothing to delegation: taken so that an export pastes in, and not used. */
const UNUSED_AUTH0_FIELDS = `
  allowed_logout_urls allowed_origins app_type async_approval_notification_channels callbacks client_aliases
  client_authentication_methods client_metadata compliance_level cross_origin_auth cross_origin_authentication cross_origin_loc
  custom_login_page custom_login_page_on custom_login_page_preview default_organization description encryption_key
  express_configuration external_client_id form_template global initiate_login_uri is_first_party is_token_endpoint_ip_header_trusted
  jwt_configuration_scopes logo_uri mobile native_social_login oidc_backchannel_logout oidc_conformant oidc_logout
  organization_discovery_methods organization_require_behavior organization_usage par_request_expiry refresh_token
  require_proof_of_possession require_pushed_authorization_requests resource_server_identifier session_transfer signed_request_object
  signing_keys skip_non_verifiable_callback_uri_confirmation_prompt sso sso_disabled tenant third_party_security_mode
  token_exchange token_quota web_origins owners config_route callback_url_template`
  .trim()
  .split(/\s+/);

/** How a client authenticates at a token endpoint (OpenID Connect Core §9). */
const TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_post', 'client_secret_basic', 'none'] as const;

const name = z.string().min(1).max(255);
const count = (max: number) => z.int().min(1).max(max);

/** The schema of gateway.yaml, the one source of its validation, its types and `gateway.schema.json`. */
export function gatewaySchema(kit: FullKit, addons: readonly AddonDefinition[]) {
  return kit.object({
    listen: kit
      .object({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535).default(4000) })
      .prefault({}),
    trust_proxy: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], { error: 'an IP address or a CIDR range' }))
      .default([]),
    graphiql: z.boolean().default(false),
    cors: kit.object({ origins: z.array(origin()).default(['*']) }).prefault({}),
    rate_limit: kit
      .object({
        store: z.literal('memory').default('memory'),
        burst: count(10_000).default(10),
        refill_per_minute: count(6_000).default(1),
        attempts_per_minute: count(10_000).default(120),
      })
      .prefault({}),
    graphql: kit
      .object({
        introspection: z.boolean().default(true),
        suggestions: z.boolean().default(false),
        max_depth: count(100).default(8),
        max_aliases: z.int().min(0).max(1_000).default(15),
        max_tokens: count(100_000).default(1_000),
      })
      .prefault({}),
    tenants: z.array(tenant(kit, addons)).min(1),
  });
}

function origin() {
  return z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    error: '"*" or an origin such as https://app.example.com, without a path',
  });
}

function tenant(kit: FullKit, addons: readonly AddonDefinition[]) {
  return kit.object({
    name,
    hosts: z
      .array(z.string().regex(/^[a-z0-9.:[\]-]+$/i, { error: 'a host name without scheme, path or port' }))
      .default([]),
    issuer: kit.url(),
    signing_key: kit.rsaPrivateKey().optional(),
    certificate: kit.text().optional(),
    delegation: kit.object({ enabled: z.boolean().default(false) }).prefault({}),
    legacy: kit.object({ jsonp: z.boolean().default(false) }).prefault({}),
    issuers: z.array(issuer(kit)).min(1),
    clients: z.array(client(kit, addons)).min(1),
  });
}

function issuer(kit: FullKit) {
  const algorithms = ['HS256', ...Object.keys(ASYMMETRIC_ALGORITHMS)] as ['HS256', ...AsymmetricAlgorithm[]];
  return kit
    .object({
      issuer: z.string().min(1).max(2048),
      subject_prefix: z
        .string()
        .max(64)
        .regex(/^\P{Cc}*$/u, { error: 'a prefix without control characters' })
        .optional(),
      algorithms: z.array(z.enum(algorithms)).min(1).default(['RS256']),
      jwks_uri: kit.url().optional(),
      token_endpoint: kit.url().optional(),
      jwks: kit.jwks().optional(),
    })
    .superRefine(({ algorithms, jwks_uri, jwks }, { addIssue }) => {
      if (jwks_uri !== undefined && jwks !== undefined) {
        addIssue({ code: 'custom', path: ['jwks'], message: 'jwks_uri or jwks, not both' });
      }
      const asymmetric = algorithms.filter((algorithm) => algorithm !== 'HS256');
      if (asymmetric.length > 0 && jwks_uri === undefined && jwks === undefined) {
        addIssue({
          code: 'custom',
          path: ['jwks_uri'],
          message: `jwks_uri or jwks, to verify ${asymmetric.join(', ')} with`,
        });
      }
    });
}

function client(kit: FullKit, addons: readonly AddonDefinition[]) {
  const unused = Object.fromEntries(UNUSED_AUTH0_FIELDS.map((field) => [field, z.unknown().optional()]));
  const addonShape = Object.fromEntries(
    addons.flatMap(({ name, config }) => (config ? [[name, config(kit).optional()]] : [])),
  ) as Record<string, z.ZodOptional<z.ZodType<unknown>>>;
  return kit
    .object({
      ...(unused as Record<never, z.ZodOptional<z.ZodUnknown>>),
      client_id: name,
      name: z.string().optional(),
      client_secret: kit.text().optional(),
      allowed_clients: z.array(z.string().min(1)).default([]),
      grant_types: z.array(z.string().min(1)).optional(),
      refresh_token_delegation: z.boolean().default(false),
      refresh_token_issuer: z.string().min(1).optional(),
      token_endpoint_auth_method: z.enum(TOKEN_ENDPOINT_AUTH_METHODS).optional(),
      jwt_configuration: kit
        .object({
          alg: z.enum(SIGNING_ALGORITHMS).optional(),
          lifetime_in_seconds: count(2_592_000).default(36_000),
          secret_encoded: z.boolean().default(false),
          scopes: z.unknown().optional(),
        })
        .prefault({}),
      claims: kit.claimMap(REGISTERED_CLAIMS).default([]),
      addons: kit.object(addonShape).prefault({}),
    })
    .superRefine(({ client_secret, refresh_token_delegation, token_endpoint_auth_method = 'none' }, { addIssue }) => {
      if (!refresh_token_delegation || token_endpoint_auth_method === 'none' || client_secret !== undefined) return;
      const message = `a secret, because token_endpoint_auth_method is ${token_endpoint_auth_method}`;
      addIssue({ code: 'custom', path: ['client_secret'], message });
    })
    .superRefine(({ client_secret, jwt_configuration: { alg, secret_encoded } }, { addIssue }) => {
      if (alg !== 'HS256') return;
      const expected = secretFault(client_secret, secret_encoded);
      if (expected) addIssue({ code: 'custom', path: ['client_secret'], message: expected });
    });
}

function secretFault(secret: string | undefined, encoded: boolean): string | undefined {
  if (secret === undefined) return 'a secret, because jwt_configuration.alg is HS256';
  const bytes = decodeSecret(secret, encoded);
  if (!bytes) return 'base64 or base64url, because jwt_configuration.secret_encoded is true';
  return bytes.length < MIN_HMAC_BYTES ? `a secret of at least ${MIN_HMAC_BYTES} bytes, as HS256 demands` : undefined;
}

/** The bytes of a client's secret: its UTF-8, or what its base64 or base64url stands for; undefined if it is neither. */
export function decodeSecret(secret: string, encoded: boolean): Buffer | undefined {
  if (!encoded) return Buffer.from(secret, 'utf8');
  return /^[\w+/-]+={0,2}$/.test(secret) ? Buffer.from(secret, 'base64') : undefined;
}

/** A whole configuration after validation: defaults filled in, secrets read, keys imported. */
export type GatewayConfig = z.output<ReturnType<typeof gatewaySchema>>;
export type TenantConfig = GatewayConfig['tenants'][number];
export type IssuerConfig = TenantConfig['issuers'][number];
export type ClientConfig = TenantConfig['clients'][number];

/** The JSON Schema that editors use, from the same source. */
export function gatewayJsonSchema(kit: FullKit, addons: readonly AddonDefinition[]): Record<string, unknown> {
  const schema = z.toJSONSchema(gatewaySchema(kit, addons), { io: 'input', unrepresentable: 'any', reused: 'ref' });
  return { ...schema, title: 'gateway.yaml' };
}
