import * as z from 'zod';
import { refineWhen } from '../../lib/refine-when.js';
import type { ConfigFields } from '../addon.js';
import type { ClaimMap } from '../shared/claim-path.js';
import { isRegion, needsRegion } from './regions.js';

const ROLE_ARN = /^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[!-~]{1,576}$/;
const PROVIDER_ARN = /^arn:aws(-[a-z]+)*:iam::\d{12}:saml-provider\/[\w.-]{1,128}$/;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html; AWS reserves the prefix `aws:`. */
const MAX_TAGS = 50;
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;

/** A role, and the IAM SAML provider that its trust policy names. */
export interface RolePair {
  readonly role: string;
  readonly principal: string;
}

export type AwsConfig = z.output<ReturnType<typeof buildAwsConfigSchema>>;

/** Lists the pairs that a request may choose from, that of Auth0's fields first. */
export function listRolePairs({ role, principal, roles }: Pick<AwsConfig, 'role' | 'principal' | 'roles'>): RolePair[] {
  return role === undefined || principal === undefined ? roles : [{ role, principal }, ...roles];
}

export function buildAwsConfigSchema(fields: ConfigFields) {
  const role = z
    .string()
    .regex(ROLE_ARN, { error: 'the ARN of an IAM role' })
    .describe('The ARN of the IAM role that users assume.');
  const principal = z
    .string()
    .regex(PROVIDER_ARN, { error: 'the ARN of an IAM SAML provider' })
    .describe('The ARN of the IAM SAML provider that the trust policy of the role names.');
  return fields
    .object({
      role: role.optional(),
      principal: principal.optional(),
      roles: z
        .array(fields.object({ role, principal }))
        .default([])
        .describe('Further pairs of role and principal, of which a request can select one.'),
      lifetime_in_seconds: z
        .int()
        .min(900)
        .max(43_200)
        .default(3600)
        .describe('How long the credentials are valid: at most the maximum session duration of the role.'),
      region: z
        .string()
        .refine(isRegion, { error: 'an AWS region, such as eu-central-1' })
        .optional()
        .describe('The region whose STS is called. Default: the global STS; required in China and GovCloud.'),
      sts_endpoint: fields.url().optional().describe('The URL of STS, in place of the host of the region.'),
      uid: fields
        .claimPath()
        .prefault('user_id')
        .describe('The claim that the session is named for; user_id is the user id.'),
      claims: buildTagSchema(fields)
        .default([])
        .describe(
          'Session tags, { name: path into the claims of the caller }; policies read them as aws:PrincipalTag.',
        ),
    })
    .superRefine(
      ({ role, principal, roles }, { addIssue }) => {
        const missing = (name: string, message: string) => addIssue({ code: 'custom', path: [name], message });
        if (role === undefined && principal === undefined) {
          if (roles.length === 0) missing('role', 'the ARN of an IAM role, or pairs of role and principal in roles');
        } else if (role === undefined) missing('role', 'the ARN of an IAM role, to go with principal');
        else if (principal === undefined) missing('principal', 'the ARN of an IAM SAML provider, to go with role');
      },
      refineWhen('role', 'principal', 'roles'),
    )
    .superRefine(
      (config, { addIssue }) => {
        const needed = listRolePairs(config).some(({ role }) => needsRegion(role));
        if (!needed || config.region !== undefined || config.sts_endpoint !== undefined) return;
        const message = 'an AWS region, because the global STS does not serve roles of China or GovCloud';
        addIssue({ code: 'custom', path: ['region'], message });
      },
      refineWhen('role', 'principal', 'roles', 'region', 'sts_endpoint'),
    );
}

function buildTagSchema(fields: ConfigFields): z.ZodType<ClaimMap> {
  return fields.claimMap().superRefine((map, { addIssue }) => {
    if (map.length > MAX_TAGS) addIssue({ code: 'custom', message: `at most ${MAX_TAGS} session tags` });
    for (const [name] of map) {
      if (TAG_KEY.test(name)) continue;
      const message =
        'the name of a session tag: 1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with aws:';
      addIssue({ code: 'custom', path: [name], message });
    }
  });
}
