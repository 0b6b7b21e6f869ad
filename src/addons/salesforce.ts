import { SignJWT } from 'jose';
import { z } from 'zod';
import { DelegationError } from '../errors.js';
import { callUpstream, readTokenAnswer, unavailable } from '../lib/upstream.js';
import {
  type AddonContext,
  type AddonDefinition,
  type Credential,
  type CredentialType,
  defineAddon,
  type InputType,
  type IssueRequest,
} from './addon.js';
import { mayLeaveBlank } from './shared/blank-to-undefined.js';
import { type ClaimPath, readClaim } from './shared/claim-path.js';
import { unfitClaim } from './shared/invalid-claim.js';

const SERVICE = 'Salesforce';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_PATH = '/services/oauth2/token';
/** Seconds. Salesforce takes three minutes at most; one of them is left to clocks that differ. */
const ASSERTION_LIFETIME = 120;
/** Characters of a Salesforce username. */
const MAX_USERNAME = 80;
const HEADERS = { accept: 'application/json' };

interface Config {
  readonly clientid: string;
  readonly principal: ClaimPath;
  readonly communityName?: string | undefined;
  readonly community_url_section?: string | undefined;
  readonly token_endpoint?: string | undefined;
  readonly audience?: string | undefined;
}

const credential: CredentialType = {
  name: 'SalesforceAccessToken',
  description: 'An access token of a Salesforce org: a Bearer token for the REST API at `instanceUrl`.',
  fields: {
    instanceUrl: { type: 'String', description: 'Where the API of the org is.' },
    scope: { type: 'String', nullable: true, description: 'What the token may do, as the org says.' },
  },
};

const input: InputType = {
  name: 'SalesforceDelegationInput',
  field: 'salesforce',
  description: 'The community (Experience Cloud site) that the token is for. It must be the one that is configured.',
  fields: {
    communityName: { description: 'The name of the community.', legacyParameter: 'community_name' },
    communityUrlSection: { description: 'The path of the community.', legacyParameter: 'community_url_section' },
  },
};

/** An access token of a production org, or of a community of it. */
export const salesforce = defineSalesforce({
  name: 'salesforce_api',
  apiType: 'SALESFORCE_API',
  description: 'An access token of a Salesforce production org or community.',
  loginUrl: 'https://login.salesforce.com',
});

/** The same of a sandbox. */
export const salesforceSandbox = defineSalesforce({
  name: 'salesforce_sandbox_api',
  apiType: 'SALESFORCE_SANDBOX_API',
  description: 'An access token of a Salesforce sandbox.',
  loginUrl: 'https://test.salesforce.com',
});

/**
 * The OAuth 2.0 JWT bearer flow (RFC 7523 §2.1) as Salesforce documents it
 * (https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm): an assertion that names the
 * user, signed with the tenant's key, for the org's own access token.
 */
function defineSalesforce(org: Pick<AddonDefinition, 'name' | 'apiType' | 'description'> & { loginUrl: string }) {
  const { loginUrl, ...names } = org;
  return defineAddon<Config>({
    ...names,
    config: (kit) =>
      mayLeaveBlank(
        kit
          .object({
            clientid: z.string().min(1),
            principal: kit.claimPath(),
            communityName: z
              .string()
              .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i, {
                error: 'the first label of the host of the community',
              })
              .optional(),
            community_url_section: z
              .string()
              .regex(/^[\w-]+(?:\/[\w-]+)*$/, { error: 'the path of the community, without a slash before or after' })
              .optional(),
            token_endpoint: kit.url().optional(),
            audience: z.string().min(1).optional(),
          })
          .refine((config) => config.communityName !== undefined || config.community_url_section === undefined, {
            path: ['communityName'],
            error: 'the name of the community, because there is a community_url_section',
          }),
        'communityName',
        'community_url_section',
      ),
    credential,
    input,
    create(config, context) {
      const loginAt = communityUrl(config) ?? loginUrl;
      const url = config.token_endpoint ?? `${loginAt}${TOKEN_PATH}`;
      const assert = createAssertionFactory(config, context, config.audience ?? loginAt);
      if (!assert) return undefined;
      return {
        async issue(request): Promise<Credential> {
          checkCommunity(config, request.input);
          const form = new URLSearchParams({ grant_type: GRANT_TYPE, assertion: await assert(request) });
          const answer = await callUpstream(request.deps, {
            service: SERVICE,
            url,
            form,
            headers: HEADERS,
            signal: request.signal,
          });
          return readCredential(readTokenAnswer(SERVICE, answer));
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

function communityUrl({ communityName, community_url_section }: Config): string | undefined {
  if (communityName === undefined) return undefined;
  const path = community_url_section === undefined ? '' : `/${community_url_section}`;
  return `https://${communityName}.force.com${path}`;
}

/** What makes the assertion: who asks, for whom, of whom, until when. */
function createAssertionFactory(config: Config, { tenant: { signingKey }, report }: AddonContext, audience: string) {
  if (!signingKey) return report([], 'the tenant to have a signing_key, to sign what Salesforce verifies');
  const header = { alg: 'RS256', typ: 'JWT', kid: signingKey.kid };
  return ({ claims, nowSeconds }: IssueRequest): Promise<string> =>
    new SignJWT({
      iss: config.clientid,
      sub: usernameOf(claims, config.principal),
      aud: audience,
      iat: nowSeconds,
      exp: nowSeconds + ASSERTION_LIFETIME,
    })
      .setProtectedHeader(header)
      .sign(signingKey.privateKey);
}

function usernameOf(claims: IssueRequest['claims'], path: ClaimPath): string {
  const username = readClaim(claims, path);
  if (typeof username !== 'string' || username === '' || username.length > MAX_USERNAME || !username.isWellFormed()) {
    throw unfitClaim(path.text, `give a Salesforce username, a string of 1 to ${MAX_USERNAME} characters`);
  }
  return username;
}

/** A request may say which community it means; it never chooses another one. */
function checkCommunity(config: Config, { communityName, communityUrlSection }: IssueRequest['input']): void {
  const asked = { communityName, communityUrlSection };
  const configured = { communityName: config.communityName, communityUrlSection: config.community_url_section };
  for (const field of ['communityName', 'communityUrlSection'] as const) {
    if (asked[field] == null || asked[field] === configured[field]) continue;
    throw new DelegationError(
      'INVALID_REQUEST',
      `salesforce.${field} must be that of the community which the target is configured for`,
    );
  }
}

function readCredential(answer: Readonly<Record<string, unknown>>): Credential {
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
  };
}
