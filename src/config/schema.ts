import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../keys/algorithms.js';
import { refineWhen } from '../lib/refine-when.js';
import { clientSchema } from './client-schema.js';
import type { FullKit } from './kit.js';

const count = (max: number) => z.int().min(1).max(max);

/** The schema of gateway.yaml, the one source of its validation, its types and `gateway.schema.json`. */
export function gatewaySchema(kit: FullKit, addons: readonly AddonDefinition[]) {
  return kit.object({
    listen: kit
      .object({
        host: z.string().min(1).default('127.0.0.1').describe('The address to listen on; 0.0.0.0 for every one.'),
        port: z.int().min(0).max(65_535).default(4000).describe('0 takes any free port.'),
      })
      .prefault({})
      .describe('Read at the start only.'),
    trust_proxy: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], { error: 'an IP address or a CIDR range' }))
      .default([])
      .describe('The proxies in front, as addresses or CIDR ranges: their X-Forwarded-For says who the client is.'),
    graphiql: z.boolean().default(false).describe('Whether GET /graphql serves GraphiQL.'),
    cors: kit
      .object({
        origins: z.array(origin()).default(['*']).describe('"*" or origins such as https://app.example.com.'),
      })
      .prefault({})
      .describe('The web pages that may call the gateway; never with credentials of the browser.'),
    rate_limit: rateLimit(kit).prefault({}).describe('A token bucket for each user and IP.'),
    graphql: graphql(kit).prefault({}).describe('Limits of a GraphQL document.'),
    tenants: z.array(tenant(kit, addons)).min(1).describe('Groups of applications that may delegate to each other.'),
  });
}

function origin() {
  return z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    error: '"*" or an origin such as https://app.example.com, without a path',
  });
}

function rateLimit(kit: FullKit) {
  return kit.object({
    store: z.literal('memory').default('memory').describe('Where the buckets are.'),
    burst: count(10_000).default(10).describe('Requests that a full bucket holds.'),
    refill_per_minute: count(6_000).default(1).describe('Requests that drip in, a minute.'),
    attempts_per_minute: count(10_000)
      .default(120)
      .describe('For each IP: delegate and viewer fields, counted before any token is looked at.'),
  });
}

function graphql(kit: FullKit) {
  return kit.object({
    introspection: z.boolean().default(true).describe('Whether clients may read the schema.'),
    suggestions: z.boolean().default(false).describe('Whether errors suggest names: "Did you mean …?".'),
    max_depth: count(100).default(8),
    max_aliases: z.int().min(0).max(1_000).default(15),
    max_tokens: count(100_000).default(1_000),
  });
}

/** A label or more, or an IPv6 address in brackets. */
const HOST = /^(?:\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*\.?|\[[\da-f:.]+\])$/i;

function tenant(kit: FullKit, addons: readonly AddonDefinition[]) {
  return kit
    .object({
      name: z.string().min(1).max(255).describe('For logs and metrics.'),
      hosts: z
        .array(z.string().regex(HOST, { error: 'a host name without scheme, path or port' }))
        .default([])
        .describe('The Host headers of this tenant. Empty, in one tenant at most: every other host.'),
      issuer: kit.url().describe('The iss of the tokens that the gateway signs for the tenant.'),
      signing_key: kit
        .rsaPrivateKey()
        .optional()
        .describe('RSA private key in PEM form, 2048 bits at least: it signs app tokens and SAML assertions.'),
      certificate: kit
        .certificate()
        .optional()
        .describe('The X.509 certificate of the signing_key in PEM form, for SAML.'),
      delegation: kit
        .object({ enabled: z.boolean().default(false).describe('Delegation is refused until this is true.') })
        .prefault({}),
      legacy: kit
        .object({ jsonp: z.boolean().default(false).describe('Whether GET /delegation answers old browsers.') })
        .prefault({})
        .describe('POST /delegation.'),
      issuers: z.array(issuer(kit)).min(1).describe('The identity providers whose tokens callers have.'),
      clients: z.array(clientSchema(kit, addons)).min(1).describe("Applications, in the Management API's own form."),
    })
    .superRefine(
      ({ certificate, signing_key }, { addIssue }) => {
        if (certificate === undefined) return;
        const fault = (message: string) => addIssue({ code: 'custom', path: ['certificate'], message });
        if (!signing_key) fault('the tenant to have the signing_key that it belongs to');
        else if (!new X509Certificate(certificate).checkPrivateKey(signing_key))
          fault('the certificate of signing_key');
      },
      refineWhen('certificate', 'signing_key'),
    );
}

function issuer(kit: FullKit) {
  const algorithms = ['HS256', ...Object.keys(ASYMMETRIC_ALGORITHMS)] as ['HS256', ...AsymmetricAlgorithm[]];
  return kit
    .object({
      issuer: z.string().min(1).max(2048).describe('The iss of its tokens, letter for letter.'),
      subject_prefix: z
        .string()
        .max(64)
        .regex(/^\P{Cc}*$/u, { error: 'a prefix without control characters' })
        .refine((prefix) => prefix.isWellFormed(), { error: 'a prefix without lone surrogates' })
        .optional()
        .describe('Comes before sub in user ids. With several issuers each needs its own, one may be empty.'),
      algorithms: z
        .array(z.enum(algorithms))
        .min(1)
        .default(['RS256'])
        .describe('How it signs. HS256 too, for clients with jwt_configuration.alg HS256.'),
      jwks_uri: kit.url().optional().describe('Where its public keys are.'),
      token_endpoint: kit.url().optional().describe('Where refresh tokens are exchanged.'),
      jwks: kit.jwks().optional().describe('Its public keys, in place of jwks_uri.'),
    })
    .superRefine(
      ({ algorithms, jwks_uri, jwks }, { addIssue }) => {
        const fault = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
        if (jwks_uri !== undefined && jwks !== undefined) fault('jwks', 'jwks_uri or jwks, not both');
        const asymmetric = algorithms.filter((algorithm) => algorithm !== 'HS256');
        if (asymmetric.length > 0 && jwks_uri === undefined && jwks === undefined) {
          fault('jwks_uri', `jwks_uri or jwks, to verify ${asymmetric.join(', ')} with`);
        }
      },
      refineWhen('algorithms', 'jwks_uri', 'jwks'),
    );
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
