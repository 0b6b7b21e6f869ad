import { DelegationError } from '../../errors.js';
import { unavailable } from '../../lib/upstream.js';
import { type AddonContext, type AddonInput, defineAddon, type IssueRequest } from '../addon.js';
import { type IdentityClaims, invalidClaim } from '../shared/claim-checks.js';
import type { ClaimMap, ClaimPath } from '../shared/claim-path.js';
import { buildResponse, NAME_ID_PERSISTENT, readAuthenticationTime } from '../shared/saml/assertion.js';
import { readAttributes, readNameId } from '../shared/saml/claim-text.js';
import { createTenantSigner } from '../shared/saml/sign.js';
import { type AwsConfig, buildAwsConfigSchema, listRolePairs, type RolePair } from './config.js';
import { buildStsUrl, selectSignInUrl } from './regions.js';
import { toRoleSessionName } from './session-name.js';
import { type AssumedRole, readStsAnswer, STS } from './sts-response.js';

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes';
/** Characters of a persistent name identifier (SAML 2.0 Core §8.3.7). */
const MAX_NAME_ID = 256;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** Temporary credentials of an IAM role: AWS STS issues them for a signed SAML response (AssumeRoleWithSAML). */
export const aws = defineAddon({
  name: 'aws',
  apiType: 'AWS',
  description: 'Temporary AWS credentials of an IAM role, issued through SAML federation.',
  config: buildAwsConfigSchema,
  needsCertificate: true,
  registration:
    'add a SAML provider with /saml/metadata in AWS IAM, allow it to assume the role, and put its ARN in the place of the principal',
  credential: {
    name: 'AwsCredentials',
    description:
      'Temporary AWS credentials. They are three: pass `accessKeyId`, `secretAccessKey` and `sessionToken` to an AWS SDK.',
    token:
      'The session token, as `sessionToken`. It is one of three parts: an AWS SDK needs `accessKeyId` and `secretAccessKey` too, and signs every request with them.',
    fields: {
      accessKeyId: { type: 'String', description: 'The access key id.' },
      secretAccessKey: { type: 'String', description: 'The secret access key. Keep it as safe as a password.' },
      sessionToken: {
        type: 'String',
        description:
          'The session token, which every request carries beside its signature. Keep it as safe as a password.',
      },
      assumedRoleArn: { type: 'String', description: 'The identity of the caller at AWS: role and session name.' },
    },
  },
  input: {
    name: 'AwsDelegationInput',
    field: 'aws',
    description: 'Selects one of the configured roles. Default: the first.',
    fields: {
      role: { description: 'The ARN of the role.', legacyParameter: 'role' },
      principal: { description: 'The ARN of the IAM SAML provider.', legacyParameter: 'principal' },
    },
  },
  create(config, context) {
    const url = config.sts_endpoint ?? buildStsUrl(config.region);
    const pairs = listRolePairs(config);
    const createResponse = createResponseFactory(config, context);
    if (!createResponse) return undefined;
    return {
      endpoint: url,
      async issue(request) {
        const pair = selectPair(pairs, request.input);
        const form = new URLSearchParams({
          Action: 'AssumeRoleWithSAML',
          Version: '2011-06-15',
          RoleArn: pair.role,
          PrincipalArn: pair.principal,
          SAMLAssertion: createResponse(pair, request),
          DurationSeconds: `${config.lifetime_in_seconds}`,
        });
        const answer = await request.callUpstream({ service: STS, url, form });
        return toCredential(readStsAnswer(answer), pair, request.nowSeconds);
      },
    };
  },
  legacyBody: ({ assumedRole: { credentials, assumedRoleId, arn, subject } }) => ({
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiration,
    },
    AssumedRoleUser: { AssumedRoleId: assumedRoleId, Arn: arn },
    ...subject,
  }),
});

/** Selects the first configured pair that matches the request; a request cannot name any other role. */
function selectPair(pairs: readonly RolePair[], { role, principal }: AddonInput): RolePair {
  const pair = pairs.find(
    (each) => (role ?? each.role) === each.role && (principal ?? each.principal) === each.principal,
  );
  if (pair) return pair;
  throw new DelegationError(
    'INVALID_REQUEST',
    'aws.role and aws.principal must match a pair that the target is configured for',
  );
}

/** Returns a function that builds the signed SAML response for a user, in base64. */
function createResponseFactory(config: AwsConfig, { tenant, report }: AddonContext) {
  const sign = createTenantSigner(tenant, 'AWS', report);
  if (!sign) return undefined;
  return (pair: RolePair, { claims, identity, chain, nowSeconds, deps }: IssueRequest): string => {
    const signIn = selectSignInUrl(config.region, pair.role);
    const nameId = readPersistentName(identity, config.uid);
    const response = buildResponse(
      sign,
      {
        issuer: tenant.entityId,
        nameId,
        nameIdFormat: NAME_ID_PERSISTENT,
        audience: signIn,
        recipient: signIn,
        authenticatedAt: readAuthenticationTime(chain.claims, nowSeconds),
        attributes: [
          [`${ATTRIBUTES}/Role`, [`${pair.role},${pair.principal}`]],
          [`${ATTRIBUTES}/RoleSessionName`, [toRoleSessionName(nameId)]],
          ...readSessionTags(claims, config.claims),
        ],
      },
      { newId: () => `_${deps.randomUUID()}`, nowSeconds },
    );
    return Buffer.from(`${response}`).toString('base64');
  };
}

function readPersistentName(identity: IdentityClaims, path: ClaimPath): string {
  const name = readNameId(identity, path);
  if (name.length > MAX_NAME_ID) throw invalidClaim(path.text, `have at most ${MAX_NAME_ID} characters`);
  return name;
}

/** Reads session tags (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html), each with one value. */
function readSessionTags(claims: IssueRequest['claims'], map: ClaimMap) {
  return readAttributes(claims, map).map(({ name, path, values }) => {
    if (!values.every((value) => TAG_VALUE.test(value)) || values.length > 1) {
      throw invalidClaim(path, 'be one value of at most 256 letters, digits, spaces and _.:/=+-@, for a session tag');
    }
    return [`${ATTRIBUTES}/PrincipalTag:${name}`, values] as const;
  });
}

function toCredential(assumedRole: AssumedRole, { role }: RolePair, nowSeconds: number) {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = assumedRole.credentials;
  const expiresAt = Math.floor(Date.parse(expiration) / 1000);
  if (Number.isNaN(expiresAt)) throw unavailable(STS, 'gave an Expiration that is not a time');
  return {
    token: sessionToken,
    tokenType: 'AWS4-HMAC-SHA256',
    expiresAt,
    expiresIn: Math.max(0, expiresAt - nowSeconds),
    fields: { accessKeyId, secretAccessKey, sessionToken, assumedRoleArn: assumedRole.arn },
    issued: { role, assumedRoleArn: assumedRole.arn },
    /** For the legacy body. */
    assumedRole,
  };
}
