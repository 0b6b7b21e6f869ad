import { z } from 'zod';
import { DelegationError } from '../errors.js';
import { callUpstream, readTokenAnswer, unavailable } from '../lib/upstream.js';
import { type AddonContext, type ConfigFields, type Credential, defineAddon, type IssueRequest } from './addon.js';
import { mayLeaveBlank } from './shared/blank-to-undefined.js';
import type { ClaimMap, ClaimPath } from './shared/claim-path.js';
import { unfitClaim } from './shared/invalid-claim.js';
import { signedAssertion } from './shared/saml/assertion.js';
import { fitName, mappedAttributes } from './shared/saml/claim-text.js';
import { NAME_ID_UNSPECIFIED } from './shared/saml/name-id.js';
import { tenantSigner } from './shared/saml/sign.js';
import { isXmlText } from './shared/saml/xml.js';
import { readUserName } from './shared/user-name.js';

const SERVICE = 'SAP';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:saml2-bearer';
/** The attribute by which SAP ties an assertion to the OAuth client that presents it. */
const CLIENT_ID = 'client_id';
/** scope-token of RFC 6749 §3.3, one or several. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( +[\x21\x23-\x5b\x5d-\x7e]+)*$/;
/** Seconds that GraphQL's Int can tell. */
const MAX_SECONDS = 2 ** 31 - 1;

function configSchema(kit: ConfigFields) {
  const text = z.string().min(1).refine(isXmlText, { error: 'a text that XML carries unchanged' });
  const schema = kit.object({
    // RFC 7617 §2: a colon would end the user-id, and controls have no place in either.
    clientid: z.string().regex(/^[^:\p{C}]+$/u, { error: 'a client id without colon or control characters' }),
    servicePassword: kit.secret({ pattern: /^[^\p{C}]+$/u, expected: 'a password without control characters' }),
    tokenEndpointUrl: kit.url(),
    usernameAttribute: kit.claimPath().prefault('user_id'),
    nameIdentifierFormat: text.default(NAME_ID_UNSPECIFIED),
    scope: z.string().regex(SCOPE, { error: 'OAuth scope values, with spaces between them' }).optional(),
    audience: text.optional(),
    recipient: text.optional(),
    claims: attributes(kit).default([]),
  });
  return mayLeaveBlank(schema, 'nameIdentifierFormat', 'scope');
}

/** Attributes of the assertion, by names that XML carries unchanged. */
function attributes(kit: ConfigFields): z.ZodType<ClaimMap> {
  return kit.claimMap(new Set([CLIENT_ID])).superRefine((map, { addIssue }) => {
    for (const [name] of map) {
      if (!isXmlText(name)) addIssue({ code: 'custom', path: [name], message: 'a name that XML carries unchanged' });
    }
  });
}

type Config = z.output<ReturnType<typeof configSchema>>;

/** An access token of an SAP system, by the SAML 2.0 bearer grant (RFC 7522) as SAP Gateway has it. */
export const sapApi = defineAddon<Config>({
  name: 'sap_api',
  apiType: 'SAP_API',
  description: 'An access token of an SAP system, for its OData services.',
  config: configSchema,
  credential: {
    name: 'SapAccessToken',
    description: 'An access token of an SAP system: a Bearer token for its OData services.',
    fields: { scope: { type: 'String', nullable: true, description: 'What the token may do.' } },
  },
  input: {
    name: 'SapDelegationInput',
    field: 'sap',
    description: 'What the token may do, within what the target is configured for. Default: all of that.',
    fields: { scope: { description: 'OAuth scope values, with spaces between them.', legacyParameter: 'sap_scope' } },
  },
  create(config, context) {
    const assert = createAssertionFactory(config, context);
    if (!assert) return undefined;
    const configured = scopeValues(config.scope);
    const headers = {
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`${config.clientid}:${config.servicePassword}`).toString('base64')}`,
    };
    return {
      async issue(request): Promise<Credential> {
        const scope = scopeOf(request.input.scope, configured);
        const form = new URLSearchParams({
          grant_type: GRANT_TYPE,
          client_id: config.clientid,
          ...(scope !== undefined && { scope }),
          assertion: assert(request),
        });
        const { tokenEndpointUrl: url } = config;
        const answer = await callUpstream(request.deps, {
          service: SERVICE,
          url,
          form,
          headers,
          signal: request.signal,
        });
        return credentialOf(readTokenAnswer(SERVICE, answer), scope, request.nowSeconds);
      },
    };
  },
  legacyBody: ({ token, tokenType, expiresIn, fields: { scope } }) => ({
    access_token: token,
    token_type: tokenType,
    ...(expiresIn !== null && { expires_in: `${expiresIn}` }),
    ...(scope !== null && { scope }),
  }),
});

/** What makes the assertion of a user, in base64url as RFC 7522 §2.1 wants it. */
function createAssertionFactory(config: Config, { tenant, report }: AddonContext) {
  const sign = tenantSigner(tenant, SERVICE, report);
  if (!sign) return undefined;
  return ({ claims, nowSeconds, deps }: IssueRequest): string => {
    const assertion = signedAssertion(
      sign,
      {
        issuer: tenant.entityId,
        nameId: nameOf(claims, config.usernameAttribute),
        nameIdFormat: config.nameIdentifierFormat,
        // RFC 7522 §3 lets the token endpoint stand for its authorization server.
        audience: config.audience ?? config.tokenEndpointUrl,
        recipient: config.recipient ?? config.tokenEndpointUrl,
        attributes: [
          [CLIENT_ID, [config.clientid]],
          ...mappedAttributes(claims, config.claims).map(({ name, values }) => [name, values] as const),
        ],
      },
      { newId: () => `_${deps.randomUUID()}`, nowSeconds },
    );
    return Buffer.from(`${assertion}`).toString('base64url');
  };
}

function nameOf(claims: IssueRequest['claims'], path: ClaimPath): string {
  const name = fitName(readUserName(claims, path), path.text);
  // A system that trims names would take " ALICE" for ALICE.
  if (name.trim() !== name) throw unfitClaim(path.text, 'have no white space before or after the user name');
  return name;
}

function scopeValues(scope: string | undefined | null): readonly string[] {
  return [...new Set((scope ?? '').split(' ').filter((value) => value !== ''))];
}

/** The scope to ask for: what the request wants of the configured values, by default all of them. */
function scopeOf(wanted: string | undefined | null, configured: readonly string[]): string | undefined {
  const values = scopeValues(wanted);
  if (!values.every((value) => configured.includes(value))) {
    throw new DelegationError(
      'INVALID_SCOPE',
      'sap.scope must stay within the scope that the target is configured for',
    );
  }
  return (values.length > 0 ? values : configured).join(' ') || undefined;
}

function credentialOf(
  answer: Readonly<Record<string, unknown>>,
  asked: string | undefined,
  nowSeconds: number,
): Credential {
  const { access_token, token_type, expires_in, scope } = answer;
  if (typeof access_token !== 'string' || access_token === '') {
    throw unavailable(SERVICE, 'gave an answer without access_token');
  }
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer') {
    throw unavailable(SERVICE, 'gave a token that is not of type Bearer');
  }
  const expiresIn = seconds(expires_in);
  return {
    token: access_token,
    tokenType: 'Bearer',
    expiresAt: expiresIn === null ? null : nowSeconds + expiresIn,
    expiresIn,
    // RFC 6749 §5.1: without a scope in the answer it is the one that was asked for.
    fields: { scope: typeof scope === 'string' ? scope : (asked ?? null) },
  };
}

/** SAP writes `expires_in` as a string, RFC 6749 §5.1 as a number; anything else says nothing. */
function seconds(value: unknown): number | null {
  const given = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return Number.isInteger(given) && (given as number) >= 0 && (given as number) <= MAX_SECONDS
    ? (given as number)
    : null;
}
