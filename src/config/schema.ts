import { type KeyObject, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { VERIFICATION_ALGORITHMS } from '../keys/algorithms.js';
import { refineWhen } from '../lib/refine-when.js';
import { clientSchema, MAX_LIFETIME_SECONDS } from './client-schema.js';
import type { GatewayFields } from './fields.js';
import { storeSchema } from './store-schema.js';

/** Creates the schema of gateway.yaml: its validation, its types and `gateway.schema.json` all come from it. */
export function gatewaySchema(fields: GatewayFields, addons: readonly AddonDefinition[]) {
  return fields.object({
    listen: fields
      .object({
        host: z.string().min(1).default('127.0.0.1').describe('The address to listen on; 0.0.0.0 for all.'),
        port: z.int().min(0).max(65_535).default(4000).describe('The port to listen on; 0 for any free one.'),
        drain_seconds: z
          .int()
          .min(0)
          .max(300)
          .default(0)
          .describe(
            'How long it goes on serving after SIGTERM, with /readyz at 503, so that a load balancer can take it out first.',
          ),
      })
      .prefault({})
      .describe('Read at the start only: a reload does not change it.'),
    metrics: z
      .union(
        [
          z.boolean(),
          fields.object({
            host: z.string().min(1).default('127.0.0.1').describe('The address to listen on; 0.0.0.0 for all.'),
            port: z.int().min(0).max(65_535).describe('The port to listen on; 0 for any free one.'),
          }),
        ],
        { error: 'true, false or { host, port }' },
      )
      .default(false)
      .describe(
        'Whether GET /metrics serves metrics for Prometheus; { host, port } serves them there, and not to the clients of the gateway. Read at the start only: a reload does not change it.',
      ),
    trust_proxy: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], { error: 'an IP address or a CIDR range' }))
      .default([])
      .describe('Proxies whose X-Forwarded-For is trusted to name the client, as addresses or CIDR ranges.'),
    graphiql: z.boolean().default(false).describe('Whether GET /graphql serves GraphiQL.'),
    cors: fields
      .object({
        origins: z.array(originSchema()).default(['*']).describe('"*" or origins such as https://app.example.com.'),
      })
      .prefault({})
      .describe(
        'The web pages that may call the gateway. Where "*" is not among them, a request of another page is refused. Cookies and other browser credentials are never allowed.',
      ),
    audit: z
      .union([z.literal('stderr'), fields.object({ file: fields.outputFile() })], {
        error: 'stderr, or { file: path }',
      })
      .prefault('stderr')
      .describe('Where audit events are written: stderr, or the end of a file. A reload opens the file again.'),
    rate_limit: rateLimitSchema(fields).prefault({}).describe('The limits of users and of addresses.'),
    graphql: graphqlSchema(fields).prefault({}).describe('Limits of a GraphQL document.'),
    tenants: z
      .array(tenantSchema(fields, addons))
      .min(1)
      .describe('Groups of applications that may delegate to each other.'),
  });
}

function positiveInt(max: number) {
  return z.int().min(1).max(max);
}

function originSchema() {
  return z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    error: '"*" or an origin such as https://app.example.com, without a path',
  });
}

function rateLimitSchema(fields: GatewayFields) {
  return fields.object({
    store: storeSchema(fields),
    on_store_failure: z
      .enum(['deny', 'allow_local'])
      .default('deny')
      .describe(
        'While the Redis does not answer: deny refuses every request that needs it; allow_local counts in the memory of each process.',
      ),
    burst: positiveInt(10_000)
      .default(10)
      .describe('The size of the bucket of a user at one IP address: requests that may be made at once.'),
    refill_per_minute: positiveInt(6_000).default(1).describe('Requests that this bucket regains in a minute.'),
    per_user: z
      .union(
        [
          z.literal(false),
          fields.object({
            burst: positiveInt(10_000).default(60).describe('The size of this bucket.'),
            refill_per_minute: positiveInt(6_000).default(6).describe('Requests that it regains in a minute.'),
          }),
        ],
        { error: 'false, or a mapping of burst (1 to 10000) and refill_per_minute (1 to 6000)' },
      )
      .prefault({})
      .describe('A second bucket of the user over all IP addresses, which every request needs too; false for none.'),
    attempts_per_minute: positiveInt(10_000)
      .default(600)
      .describe(
        'For each tenant and IP address: GraphQL operations (each of the delegate and viewer fields where there are several) and requests of /delegation, counted before any token is read.',
      ),
  });
}

function graphqlSchema(fields: GatewayFields) {
  return fields.object({
    introspection: z.boolean().default(true).describe('Whether clients may read the schema.'),
    federation: z
      .boolean()
      .default(false)
      .describe(
        'Whether the gateway is a subgraph of Apollo Federation 2: Query._service then returns the schema to everybody, also where introspection is off.',
      ),
    suggestions: z.boolean().default(false).describe('Whether errors suggest names: "Did you mean …?".'),
    max_depth: positiveInt(100).default(8).describe('How deep the selections of a document may be nested.'),
    max_aliases: z.int().min(0).max(1_000).default(15).describe('How many aliases a document may have.'),
    max_tokens: positiveInt(100_000)
      .default(1_000)
      .describe('How many tokens of the GraphQL language a document may have.'),
  });
}

/** One label or several, or an IPv6 address in brackets. */
const HOST = /^(?:\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*\.?|\[[\da-fA-F:.]+\])$/;

function tenantSchema(fields: GatewayFields, addons: readonly AddonDefinition[]) {
  return fields
    .object({
      name: z.string().min(1).max(255).describe('For logs and metrics.'),
      hosts: z
        .array(z.string().regex(HOST, { error: 'a host name without scheme, path or port' }))
        .default([])
        .describe('The Host headers of this tenant. Empty, in one tenant at most: every other host.'),
      issuer: fields.url().describe('The iss of the tokens that the gateway signs for the tenant.'),
      signing_key: fields
        .rsaPrivateKey()
        .optional()
        .describe('RSA private key in PEM form, 2048 bits at least: it signs app tokens and SAML assertions.'),
      certificate: fields
        .certificate()
        .optional()
        .describe('The X.509 certificate of the signing_key in PEM form, for SAML.'),
      signing_keys: z
        .array(signingKeySchema(fields))
        .min(1)
        .optional()
        .describe(
          'Several keys in place of signing_key and certificate, to rotate them: the first one signs, and all of them are published and verify.',
        ),
      delegation: fields
        .object({
          enabled: z.boolean().default(false).describe('Delegation is refused until this is true.'),
          max_chain_age_in_seconds: positiveInt(MAX_LIFETIME_SECONDS)
            .default(86_400)
            .describe('How long after a sign-in its app tokens may be renewed and delegated on.'),
          max_chain_depth: positiveInt(32)
            .default(3)
            .describe('How many applications may delegate one after the other, the target not counted.'),
        })
        .prefault({})
        .describe('Whether delegation is on, and how far its app tokens go.'),
      tokens_valid_after: fields
        .time()
        .optional()
        .describe('Refuses the tokens that the gateway signed for the tenant before this time: 2026-01-01T00:00:00Z.'),
      denied_subjects: z
        .array(z.string().min(1))
        .default([])
        .describe('User ids whose tokens are refused: sub, after the subject_prefix of the issuer.'),
      require_verified_email: z
        .boolean()
        .default(true)
        .describe('Whether email counts as a user name only in tokens that have email_verified: true.'),
      legacy: fields
        .object({
          jsonp: z.boolean().default(false).describe('Whether GET /delegation answers old browsers.'),
          shadow: fields
            .object({
              url: fields.url().describe('The old endpoint: https://acme.eu.auth0.com/delegation.'),
              answer: z.enum(['old', 'new']).default('new').describe('Whose answer the caller gets.'),
            })
            .optional()
            .describe('Sends each POST /delegation to an old endpoint as well, and audits how the answers differ.'),
        })
        .prefault({})
        .describe('POST /delegation.'),
      issuers: z.array(issuerSchema(fields)).min(1).describe('The identity providers whose tokens callers have.'),
      clients: z.array(clientSchema(fields, addons)).min(1).describe("Applications, in the Management API's own form."),
    })
    .superRefine(
      ({ certificate, signing_key, signing_keys }, { addIssue }) => {
        if (certificate === undefined) return;
        const report = (message: string) => addIssue({ code: 'custom', path: ['certificate'], message });
        if (signing_key) {
          if (!isCertificateOf(signing_key, certificate)) report('the certificate of signing_key');
        } else if (!signing_keys) report('the tenant to have the signing_key that it belongs to');
      },
      refineWhen('certificate', 'signing_key'),
    )
    .superRefine(({ certificate, signing_key, signing_keys }, { addIssue }) => {
      if (signing_keys === undefined || (signing_key === undefined && certificate === undefined)) return;
      const message = 'signing_keys, or signing_key and certificate, not both';
      addIssue({ code: 'custom', path: ['signing_keys'], message });
    }, refineWhen())
    .superRefine(({ signing_keys: [first, ...others] = [] }, { addIssue }) => {
      if (first?.certificate !== undefined || others.every(({ certificate }) => certificate === undefined)) return;
      const message = 'a certificate, because another key has one and the first key signs';
      addIssue({ code: 'custom', path: ['signing_keys', 0, 'certificate'], message });
    }, refineWhen('signing_keys'));
}

function signingKeySchema(fields: GatewayFields) {
  return fields
    .object({
      key: fields.rsaPrivateKey().describe('RSA private key in PEM form, 2048 bits at least.'),
      certificate: fields.certificate().optional().describe('Its X.509 certificate in PEM form, for SAML.'),
    })
    .superRefine(
      ({ key, certificate }, { addIssue }) => {
        if (certificate === undefined || isCertificateOf(key, certificate)) return;
        addIssue({ code: 'custom', path: ['certificate'], message: 'the certificate of key' });
      },
      refineWhen('key', 'certificate'),
    );
}

function isCertificateOf(key: KeyObject, certificate: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(key);
}

function issuerSchema(fields: GatewayFields) {
  return fields
    .object({
      issuer: z.string().min(1).max(2048).describe('The iss of its tokens, compared exactly.'),
      subject_prefix: z
        .string()
        .max(64)
        .regex(/^\P{Cc}*$/u, { error: 'a prefix without control characters' })
        .refine((prefix) => prefix.isWellFormed(), { error: 'a prefix without lone surrogates' })
        .optional()
        .describe('Comes before sub in user ids. With several issuers each needs its own; one may be empty.'),
      algorithms: z
        .array(z.enum(VERIFICATION_ALGORITHMS))
        .min(1)
        .default(['RS256'])
        .describe('What its tokens may be signed with. HS256 too, for clients with jwt_configuration.alg HS256.'),
      jwks_uri: fields.url().optional().describe('Where its public keys are.'),
      token_endpoint: fields.url().optional().describe('Where refresh tokens are exchanged.'),
      identity_claims: z
        .array(z.string().min(1))
        .optional()
        .describe(
          'The top-level claims that may name a user at another service: email, app_metadata. Default: all for the only issuer of a tenant, none where it has several.',
        ),
      tokens_valid_after: fields
        .time()
        .optional()
        .describe('Refuses its tokens that were issued before this time: 2026-01-01T00:00:00Z.'),
      jwks: fields.jwks().optional().describe('Its public keys, in place of jwks_uri.'),
    })
    .superRefine(
      ({ algorithms, jwks_uri, jwks }, { addIssue }) => {
        const report = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
        if (jwks_uri !== undefined && jwks !== undefined) report('jwks', 'jwks_uri or jwks, not both');
        const asymmetric = algorithms.filter((algorithm) => algorithm !== 'HS256');
        if (asymmetric.length > 0 && jwks_uri === undefined && jwks === undefined) {
          report('jwks_uri', `jwks_uri or jwks, to verify ${asymmetric.join(', ')} with`);
        }
      },
      refineWhen('algorithms', 'jwks_uri', 'jwks'),
    );
}

/** gateway.yaml after validation: defaults filled in, secrets read, keys imported. */
export type GatewaySettings = z.output<ReturnType<typeof gatewaySchema>>;
export type TenantConfig = GatewaySettings['tenants'][number];
export type IssuerConfig = TenantConfig['issuers'][number];
export type ClientConfig = TenantConfig['clients'][number];

/** Creates the JSON Schema for editors. */
export function gatewayJsonSchema(fields: GatewayFields, addons: readonly AddonDefinition[]): Record<string, unknown> {
  const schema = z.toJSONSchema(gatewaySchema(fields, addons), {
    io: 'input',
    unrepresentable: 'any',
    reused: 'ref',
    override({ jsonSchema }) {
      // No format of JSON Schema, so strict validators refuse it; the pattern beside it says the same.
      if (jsonSchema.format?.startsWith('cidr')) delete jsonSchema.format;
    },
  });
  return { ...schema, title: 'gateway.yaml' };
}
