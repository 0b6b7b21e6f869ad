import * as z from 'zod';
import { DelegationError } from '../errors.js';
import { createJwsSigner } from '../keys/jws.js';
import { readTokenAnswer, unavailable } from '../lib/upstream.js';
import {
  type AddonContext,
  type AddonDefinition,
  type AddonInput,
  type ConfigFields,
  defineAddon,
  type IssueRequest,
} from './addon.js';
import type { CredentialType } from './credential.js';
import type { InputType } from './input.js';
import { type IdentityClaims, invalidClaim } from './shared/claim-checks.js';
import type { ClaimPath } from './shared/claim-path.js';
import { blankToUndefined } from './shared/config-fields.js';

const SERVICE = 'Salesforce';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_PATH = '/services/oauth2/token';
/** Salesforce accepts at most three minutes; one of them allows for clock skew. */
const ASSERTION_LIFETIME_SECONDS = 120;
/** Characters of a Salesforce username. */
const MAX_USERNAME = 80;
const HEADERS = { accept: 'application/json' };

function buildConfigSchema(fields: ConfigFields) {
  const schema = fields
    .object({
      clientid: z.string().min(1).describe('The consumer key of the Connected App: iss of the assertion.'),
      principal: fields.claimPath().describe('The claim that holds the Salesforce username: sub of the assertion.'),
      communityName: z
        .string()
        .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/, {
          error: 'the first label of the host of the community',
        })
        .optional()
        .describe(
          'The community (Experience Cloud site) that tokens are for: the first label of its host. Default: none.',
        ),
      community_url_section: z
        .string()
        .regex(/^[\w-]+(?:\/[\w-]+)*$/, { error: 'the path of the community, without a leading or trailing slash' })
        .optional()
        .describe('The path of the community. Default: none.'),
      token_endpoint: fields
        .url()
        .optional()
        .describe('Where the assertion is sent. Default: /services/oauth2/token of the org or the community.'),
      audience: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The aud of the assertion. Default: https://login.salesforce.com, https://test.salesforce.com for a sandbox, or the URL of the community.',
        ),
    })
    .refine((config) => config.communityName !== undefined || config.community_url_section === undefined, {
      path: ['communityName'],
      error: 'the name of the community that community_url_section belongs to',
    });
  return blankToUndefined(schema, 'communityName', 'community_url_section');
}

type Config = z.output<ReturnType<typeof buildConfigSchema>>;

const credential = {
  name: 'SalesforceAccessToken',
  description: 'An access token of a Salesforce org or community.',
  token: 'The access token. Send it to the API at `instanceUrl` as `Authorization: Bearer …`.',
  fields: {
    instanceUrl: { type: 'String', description: 'The base URL of the API of the org.' },
    scope: { type: 'String', nullable: true, description: 'The scope of the token, as the org reports it.' },
  },
} as const satisfies CredentialType;

const input = {
  name: 'SalesforceDelegationInput',
  field: 'salesforce',
  description: 'The community (Experience Cloud site) of the token. It must be the configured one.',
  fields: {
    communityName: { description: 'The name of the community.', legacyParameter: 'community_name' },
    communityUrlSection: { description: 'The path of the community.', legacyParameter: 'community_url_section' },
  },
} as const satisfies InputType;

/** An access token of a production org or one of its communities. */
export const salesforce = defineSalesforce({
  name: 'salesforce_api',
  apiType: 'SALESFORCE_API',
  description: 'An access token of a Salesforce production org or community.',
  loginUrl: 'https://login.salesforce.com',
});

/** An access token of a sandbox. */
export const salesforceSandbox = defineSalesforce({
  name: 'salesforce_sandbox_api',
  apiType: 'SALESFORCE_SANDBOX_API',
  description: 'An access token of a Salesforce sandbox.',
  loginUrl: 'https://test.salesforce.com',
});

/**
 * Defines an add-on that uses the OAuth 2.0 JWT bearer flow (RFC 7523 §2.1) as Salesforce documents it
 * (https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm): the org issues an access token
 * for an assertion that names the user and is signed with the tenant's key.
 */
function defineSalesforce(org: Pick<AddonDefinition, 'name' | 'apiType' | 'description'> & { loginUrl: string }) {
  const { loginUrl, ...names } = org;
  return defineAddon({
    ...names,
    registration: 'put the certificate of the key of the tenant in the Connected App in Salesforce',
    config: buildConfigSchema,
    credential,
    input,
    create(config, context) {
      const loginAt = buildCommunityUrl(config) ?? loginUrl;
      const url = config.token_endpoint ?? `${loginAt}${TOKEN_PATH}`;
      const createAssertion = createAssertionFactory(config, context, config.audience ?? loginAt);
      if (!createAssertion) return undefined;
      return {
        endpoint: url,
        async issue(request) {
          checkCommunity(config, request.input);
          const form = new URLSearchParams({ grant_type: GRANT_TYPE, assertion: await createAssertion(request) });
          const answer = await request.callUpstream({ service: SERVICE, url, form, headers: HEADERS });
          return parseCredential(readTokenAnswer(SERVICE, answer));
        },
      };
    },
    legacyBody: ({ token, tokenType, fields: { scope, instanceUrl } }) => ({
      ...(scope !== null && { scope }),
      instance_url: instanceUrl,
      token_type: tokenType,
      access_token: token,
    }),
  });
}

function buildCommunityUrl({ communityName, community_url_section }: Config): string | undefined {
  if (communityName === undefined) return undefined;
  const path = community_url_section === undefined ? '' : `/${community_url_section}`;
  return `https://${communityName}.force.com${path}`;
}

/** Returns a function that builds the signed assertion for a user. */
function createAssertionFactory(config: Config, { tenant: { signingKey }, report }: AddonContext, audience: string) {
  if (!signingKey) return report([], 'the tenant to have a signing_key, to sign what Salesforce verifies');
  const sign = createJwsSigner(signingKey.privateKey, { alg: 'RS256', typ: 'JWT', kid: signingKey.kid });
  return ({ identity, nowSeconds }: IssueRequest) =>
    sign({
      iss: config.clientid,
      sub: readUsername(identity, config.principal),
      aud: audience,
      iat: nowSeconds,
      exp: nowSeconds + ASSERTION_LIFETIME_SECONDS,
    });
}

function readUsername(identity: IdentityClaims, path: ClaimPath): string {
  const username = identity.read(path);
  if (typeof username !== 'string' || username === '' || username.length > MAX_USERNAME || !username.isWellFormed()) {
    throw invalidClaim(path.text, `be a Salesforce username: a string of 1 to ${MAX_USERNAME} characters`);
  }
  return username;
}

/** @throws DelegationError INVALID_REQUEST if a request names another community than the configured one */
function checkCommunity(config: Config, { communityName, communityUrlSection }: AddonInput): void {
  const requested = { communityName, communityUrlSection };
  const configured = { communityName: config.communityName, communityUrlSection: config.community_url_section };
  for (const field of ['communityName', 'communityUrlSection'] as const) {
    if (requested[field] === undefined || requested[field] === configured[field]) continue;
    throw new DelegationError(
      'INVALID_REQUEST',
      `salesforce.${field} must match the community that the target is configured for`,
    );
  }
}

function parseCredential(answer: Readonly<Record<string, unknown>>) {
  const { access_token, instance_url, scope } = answer;
  if (typeof access_token !== 'string' || access_token === '' || typeof instance_url !== 'string') {
    throw unavailable(SERVICE, 'gave an answer without access_token or instance_url');
  }
  return {
    token: access_token,
    tokenType: 'Bearer',
    expiresAt: null,
    expiresIn: null,
    fields: { instanceUrl: instance_url, scope: typeof scope === 'string' ? scope : null },
    issued: { instanceUrl: instance_url, ...(typeof scope === 'string' && { scope }) },
  };
}
