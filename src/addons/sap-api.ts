import * as z from 'zod';
import { DelegationError } from '../errors.js';
import { SCOPE, splitScope } from '../lib/scope.js';
import { readTokenAnswer, unavailable } from '../lib/upstream.js';
import { type AddonContext, type ConfigFields, defineAddon, type IssueRequest } from './addon.js';
import { type IdentityClaims, invalidClaim } from './shared/claim-checks.js';
import type { ClaimMap, ClaimPath } from './shared/claim-path.js';
import { blankToUndefined } from './shared/config-fields.js';
import { buildAssertion, NAME_ID_UNSPECIFIED, readAuthenticationTime } from './shared/saml/assertion.js';
import { readAttributes, readNameId } from './shared/saml/claim-text.js';
import { createTenantSigner } from './shared/saml/sign.js';
import { isXmlText } from './shared/saml/xml.js';

const SERVICE = 'SAP';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:saml2-bearer';
/** The attribute that names the OAuth client which may present the assertion. */
const CLIENT_ID = 'client_id';
/** `expiresIn` is a 32-bit Int of seconds. */
const MAX_SECONDS = 2 ** 31 - 1;

function buildConfigSchema(fields: ConfigFields) {
  const text = z.string().min(1).refine(isXmlText, { error: 'a text that XML can represent exactly' });
  const schema = fields.object({
    // RFC 7617 §2: the user-id ends at the first colon, and neither part may contain control characters.
    clientid: z
      .string()
      .regex(/^[^:\p{C}]+$/u, { error: 'a client id without colons or control characters' })
      .describe('The OAuth client in SAP, which is a service user.'),
    servicePassword: fields
      .secret({ pattern: /^[^\p{C}]+$/u, expected: 'a password without control characters' })
      .describe('The password of that service user.'),
    tokenEndpointUrl: fields.url().describe('The OAuth token endpoint of the SAP system.'),
    usernameAttribute: fields
      .claimPath()
      .prefault('user_id')
      .describe('The claim that holds the user name of SAP; user_id is the user id.'),
    nameIdentifierFormat: text
      .default(NAME_ID_UNSPECIFIED)
      .describe('The format of the name identifier in the assertion.'),
    scope: z
      .string()
      .regex(SCOPE, { error: 'OAuth scope values, separated by spaces' })
      .optional()
      .describe('The scopes that a token may have, separated by spaces; a request can ask for fewer.'),
    audience: text
      .optional()
      .describe('The audience of the assertion: the name of the local provider of SAP. Default: the token endpoint.'),
    recipient: text.optional().describe('The recipient of the assertion. Default: the token endpoint.'),
    claims: buildAttributeSchema(fields)
      .default([])
      .describe('Further attributes of the assertion, { name: path into the claims of the caller }.'),
  });
  return blankToUndefined(schema, 'nameIdentifierFormat', 'scope');
}

/** The schema of the assertion's attributes, which checks their names. */
function buildAttributeSchema(fields: ConfigFields): z.ZodType<ClaimMap> {
  return fields.claimMap(new Set([CLIENT_ID])).superRefine((map, { addIssue }) => {
    for (const [name] of map) {
      if (!isXmlText(name))
        addIssue({ code: 'custom', path: [name], message: 'a name that XML can represent exactly' });
    }
  });
}

type Config = z.output<ReturnType<typeof buildConfigSchema>>;

/** An access token of an SAP system, issued for a SAML 2.0 bearer assertion (RFC 7522) as SAP Gateway requires it. */
export const sapApi = defineAddon({
  name: 'sap_api',
  apiType: 'SAP_API',
  description: 'An access token of an SAP system, for its OData services.',
  config: buildConfigSchema,
  needsCertificate: true,
  registration: 'trust /saml/metadata as an OAuth 2.0 identity provider in SAP (SAML2)',
  credential: {
    name: 'SapAccessToken',
    description: 'An access token of an SAP system.',
    token: 'The access token. Send it to the OData services as `Authorization: Bearer …`.',
    fields: { scope: { type: 'String', nullable: true, description: 'The scope of the token.' } },
  },
  input: {
    name: 'SapDelegationInput',
    field: 'sap',
    description: 'Restricts the scope that the target is configured for. Default: all of it.',
    fields: { scope: { description: 'OAuth scope values, separated by spaces.', legacyParameter: 'sap_scope' } },
  },
  create(config, context) {
    const createAssertion = createAssertionFactory(config, context);
    if (!createAssertion) return undefined;
    const configured = readScope(config.scope);
    const headers = {
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`${config.clientid}:${config.servicePassword}`).toString('base64')}`,
    };
    const { tokenEndpointUrl: url } = config;
    return {
      endpoint: url,
      async issue(request) {
        const scope = selectScope(request.input.scope, configured);
        const form = new URLSearchParams({
          grant_type: GRANT_TYPE,
          client_id: config.clientid,
          ...(scope !== undefined && { scope }),
          assertion: createAssertion(request),
        });
        const answer = await request.callUpstream({ service: SERVICE, url, form, headers });
        return parseCredential(readTokenAnswer(SERVICE, answer), scope, request.nowSeconds);
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

/** Returns a function that builds the signed assertion for a user, in base64url (RFC 7522 §2.1). */
function createAssertionFactory(config: Config, { tenant, report }: AddonContext) {
  const sign = createTenantSigner(tenant, SERVICE, report);
  if (!sign) return undefined;
  return ({ claims, identity, chain, nowSeconds, deps }: IssueRequest): string => {
    const assertion = buildAssertion(
      sign,
      {
        issuer: tenant.entityId,
        nameId: readSapName(identity, config.usernameAttribute),
        nameIdFormat: config.nameIdentifierFormat,
        // RFC 7522 §3 allows the URL of the token endpoint as audience.
        audience: config.audience ?? config.tokenEndpointUrl,
        recipient: config.recipient ?? config.tokenEndpointUrl,
        authenticatedAt: readAuthenticationTime(chain.claims, nowSeconds),
        attributes: [
          [CLIENT_ID, [config.clientid]],
          ...readAttributes(claims, config.claims).map(({ name, values }) => [name, values] as const),
        ],
      },
      { newId: () => `_${deps.randomUUID()}`, nowSeconds },
    );
    return Buffer.from(`${assertion}`).toString('base64url');
  };
}

function readSapName(identity: IdentityClaims, path: ClaimPath): string {
  const name = readNameId(identity, path);
  // A system that trims names would read " ALICE" as ALICE.
  if (name.trim() !== name) throw invalidClaim(path.text, 'not begin or end with white space');
  return name;
}

function readScope(scope = ''): readonly string[] {
  return [...new Set(splitScope(scope))];
}

/** Selects the scope values to ask for: those of the request, which must be configured, or else all configured ones. */
function selectScope(requested: string | undefined, configured: readonly string[]): string | undefined {
  const values = readScope(requested);
  if (!values.every((value) => configured.includes(value))) {
    throw new DelegationError(
      'INVALID_SCOPE',
      'sap.scope must contain only scope values that the target is configured for',
    );
  }
  return (values.length > 0 ? values : configured).join(' ') || undefined;
}

function parseCredential(
  answer: Readonly<Record<string, unknown>>,
  requestedScope: string | undefined,
  nowSeconds: number,
) {
  const { access_token, token_type, expires_in, scope } = answer;
  if (typeof access_token !== 'string' || access_token === '') {
    throw unavailable(SERVICE, 'gave an answer without access_token');
  }
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer') {
    throw unavailable(SERVICE, 'gave a token that is not of type Bearer');
  }
  const expiresIn = parseSeconds(expires_in);
  // RFC 6749 §5.1: an answer without a scope grants the requested one.
  const granted = typeof scope === 'string' ? scope : (requestedScope ?? null);
  return {
    token: access_token,
    tokenType: 'Bearer',
    expiresAt: expiresIn === null ? null : nowSeconds + expiresIn,
    expiresIn,
    fields: { scope: granted },
    issued: { ...(granted !== null && { scope: granted }) },
  };
}

/** Parses `expires_in`: a number in RFC 6749 §5.1, a string at SAP. Anything else counts as absent. */
function parseSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_SECONDS
    ? seconds
    : null;
}
