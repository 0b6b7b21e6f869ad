import { DelegationError } from '../../errors.js';
import { callUpstream, unavailable } from '../../lib/upstream.js';
import { type AddonContext, type Credential, defineAddon, type IssueRequest } from '../addon.js';
import type { ClaimMap, ClaimPath } from '../shared/claim-path.js';
import { unfitClaim } from '../shared/invalid-claim.js';
import { signedResponse } from '../shared/saml/assertion.js';
import { fitName, mappedAttributes } from '../shared/saml/claim-text.js';
import { NAME_ID_PERSISTENT } from '../shared/saml/name-id.js';
import { tenantSigner } from '../shared/saml/sign.js';
import { readUserName } from '../shared/user-name.js';
import { type AwsConfig, awsConfigSchema, type RolePair, rolePairs } from './config.js';
import { signInOf, stsOf } from './regions.js';
import { roleSessionName } from './session-name.js';
import { type AssumedRole, readStsAnswer, STS } from './sts-response.js';

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes';
/** Characters of a persistent name identifier (SAML 2.0 Core §8.3.7). */
const MAX_NAME_ID = 256;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** Temporary credentials of an IAM role: a signed SAML response, traded at STS by AssumeRoleWithSAML. */
export const aws = defineAddon<AwsConfig>({
  name: 'aws',
  apiType: 'AWS',
  description: 'Temporary AWS credentials of an IAM role, by SAML federation.',
  config: awsConfigSchema,
  credential: {
    name: 'AwsCredentials',
    description: 'Temporary credentials, to sign AWS requests with. `token` is the session token.',
    fields: {
      accessKeyId: { type: 'String', description: 'The access key id.' },
      secretAccessKey: { type: 'String', description: 'The secret access key. Keep it as safe as a password.' },
      sessionToken: { type: 'String', description: 'The session token, which goes with every request.' },
      assumedRoleArn: { type: 'String', description: 'Who AWS says the caller is: role and session name.' },
    },
  },
  input: {
    name: 'AwsDelegationInput',
    field: 'aws',
    description: 'Which of the configured roles to assume. Default: the first.',
    fields: {
      role: { description: 'The ARN of the role.', legacyParameter: 'role' },
      principal: { description: 'The ARN of the IAM SAML provider.', legacyParameter: 'principal' },
    },
  },
  create(config, context) {
    const url = config.sts_endpoint ?? stsOf(config.region);
    const pairs = rolePairs(config);
    const assert = createAssertionFactory(config, context);
    if (!assert) return undefined;
    return {
      async issue(request): Promise<Credential> {
        const pair = pick(pairs, request.input);
        const form = new URLSearchParams({
          Action: 'AssumeRoleWithSAML',
          Version: '2011-06-15',
          RoleArn: pair.role,
          PrincipalArn: pair.principal,
          SAMLAssertion: assert(pair, request),
          DurationSeconds: `${config.lifetime_in_seconds}`,
        });
        const answer = await callUpstream(request.deps, { service: STS, url, form, signal: request.signal });
        return credentialOf(readStsAnswer(answer), request.nowSeconds);
      },
    };
  },
  legacyBody: ({ fields }) => fields.legacy as Record<string, unknown>,
});

/** The first pair that is what the request says: it picks among what is configured, and brings nothing of its own. */
function pick(pairs: readonly RolePair[], { role, principal }: IssueRequest['input']): RolePair {
  const pair = pairs.find(
    (each) => (role ?? each.role) === each.role && (principal ?? each.principal) === each.principal,
  );
  if (pair) return pair;
  throw new DelegationError(
    'INVALID_REQUEST',
    'aws.role and aws.principal must be of a pair that the target is configured for',
  );
}

/** What makes the SAML response of a user, in base64. */
function createAssertionFactory(config: AwsConfig, { tenant, report }: AddonContext) {
  const sign = tenantSigner(tenant, 'AWS', report);
  if (!sign) return undefined;
  return (pair: RolePair, { claims, nowSeconds, deps }: IssueRequest): string => {
    const signIn = signInOf(config.region, pair.role);
    const nameId = nameOf(claims, config.uid);
    const response = signedResponse(
      sign,
      {
        issuer: tenant.entityId,
        nameId,
        nameIdFormat: NAME_ID_PERSISTENT,
        audience: signIn,
        recipient: signIn,
        attributes: [
          [`${ATTRIBUTES}/Role`, [`${pair.role},${pair.principal}`]],
          [`${ATTRIBUTES}/RoleSessionName`, [roleSessionName(nameId)]],
          ...sessionTags(claims, config.claims),
        ],
      },
      { newId: () => `_${deps.randomUUID()}`, nowSeconds },
    );
    return Buffer.from(`${response}`).toString('base64');
  };
}

function nameOf(claims: IssueRequest['claims'], path: ClaimPath): string {
  const name = fitName(readUserName(claims, path), path.text);
  if (name.length > MAX_NAME_ID) throw unfitClaim(path.text, `have at most ${MAX_NAME_ID} characters`);
  return name;
}

/** Session tags (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html), each with one value. */
function sessionTags(claims: IssueRequest['claims'], map: ClaimMap) {
  return mappedAttributes(claims, map).map(({ name, path, values }) => {
    if (values.length > 1 || !TAG_VALUE.test(values[0] as string)) {
      throw unfitClaim(path, 'be one value that a session tag may have: 256 letters, digits, spaces and _.:/=+-@');
    }
    return [`${ATTRIBUTES}/PrincipalTag:${name}`, values] as const;
  });
}

function credentialOf({ credentials, assumedRoleId, arn, subject }: AssumedRole, nowSeconds: number): Credential {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  const expiresAt = Math.floor(Date.parse(expiration) / 1000);
  if (Number.isNaN(expiresAt)) throw unavailable(STS, 'gave an Expiration that is not a time');
  return {
    token: sessionToken,
    tokenType: 'AWS4-HMAC-SHA256',
    expiresAt,
    expiresIn: Math.max(0, expiresAt - nowSeconds),
    fields: {
      accessKeyId,
      secretAccessKey,
      sessionToken,
      assumedRoleArn: arn,
      legacy: {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: secretAccessKey,
          SessionToken: sessionToken,
          Expiration: expiration,
        },
        AssumedRoleUser: { AssumedRoleId: assumedRoleId, Arn: arn },
        ...subject,
      },
    },
  };
}
