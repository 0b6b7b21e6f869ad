import { AssumeRoleWithSAMLCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildStsUrl, isRegion } from '../../src/addons/aws/regions.js';
import { samlGateway } from '../support/saml.js';
import { type StsRules, strictSts } from '../support/sts.js';

const PAIR = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};
const FIELDS = '... on AwsCredentials { accessKeyId secretAccessKey sessionToken assumedRoleArn }';

/** The gateway, AWS's own client, and the strict STS that both of them ask. */
async function setup(rules: Partial<StsRules> = {}) {
  const sts = await strictSts({ trusts: [PAIR], ...rules });
  const gateway = await samlGateway({ aws: { ...PAIR, sts_endpoint: `${sts.url}/`, lifetime_in_seconds: 1800 } });
  const client = new STSClient({ region: 'us-east-1', endpoint: sts.url, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  /** What AWS's client makes of the SAML response that the gateway sent last. */
  const sendAgain = () => {
    const sent = new URLSearchParams(sts.bodies.at(-1));
    return client.send(
      new AssumeRoleWithSAMLCommand({
        RoleArn: PAIR.role,
        PrincipalArn: PAIR.principal,
        SAMLAssertion: sent.get('SAMLAssertion') ?? '',
        DurationSeconds: 1800,
      }),
    );
  };
  return { gateway, sts, sendAgain };
}

describe('@aws-sdk/client-sts', () => {
  it('sends the same form as the gateway, and reads the same credentials from the answer', async () => {
    const { gateway, sts, sendAgain } = await setup();
    const { data } = await gateway.issue(FIELDS);
    const theirs = await sendAgain();
    const [ours, clients] = sts.bodies.map((body) => Object.fromEntries(new URLSearchParams(body)));
    expect(ours).toEqual(clients);
    expect(sts.accepted).toHaveLength(2);
    const { accessKeyId, secretAccessKey, sessionToken, assumedRoleArn, expiresAt } = data.delegate.credential;
    expect({ accessKeyId, secretAccessKey, sessionToken, assumedRoleArn }).toEqual({
      accessKeyId: theirs.Credentials?.AccessKeyId,
      secretAccessKey: theirs.Credentials?.SecretAccessKey,
      sessionToken: theirs.Credentials?.SessionToken,
      assumedRoleArn: theirs.AssumedRoleUser?.Arn,
    });
    expect(Math.abs(Date.parse(expiresAt) - Number(theirs.Credentials?.Expiration))).toBeLessThan(10_000);
  });

  it('reads from the answer what the body at POST /delegation says', async () => {
    const { gateway, sendAgain } = await setup();
    const { body } = await gateway.issueLegacy({ api_type: 'aws' });
    const { $metadata, Credentials, ...theirs } = await sendAgain();
    const { Credentials: _ours, ...ours } = body;
    expect(ours).toEqual(theirs);
  });

  it.each([
    ['a role that does not trust the provider', { trusts: [] }, 'AccessDenied'],
    [
      'a response that is for another partition',
      { recipient: 'https://signin.amazonaws.cn/saml' },
      'InvalidIdentityToken',
    ],
    ['a session that is too long', { maxSession: 900 }, 'ValidationError'],
  ])('reads the same code from a refusal of %s', async (_what, rules: Partial<StsRules>, code) => {
    const { gateway, sendAgain } = await setup(rules);
    const { errors } = await gateway.issue(FIELDS);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_REFUSED', upstreamCode: code });
    await expect(sendAgain()).rejects.toMatchObject({ Code: code });
  });

  it('finds the STS of a region at the same address', () => {
    const regions =
      'us-east-1 us-west-2 eu-central-1 eu-south-2 ap-southeast-7 ap-northeast-3 af-south-1 il-central-1 me-central-1 mx-central-1 ca-west-1 sa-east-1 cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1'.split(
        ' ',
      );
    const client = new STSClient({ region: 'us-east-1' });
    const theirs = regions.map((Region) => `${client.config.endpointProvider({ Region }).url}`);
    expect(regions.map((region) => buildStsUrl(region))).toEqual(theirs);
    expect(regions.every(isRegion)).toBe(true);
    expect(`${client.config.endpointProvider({ Region: 'aws-global', UseGlobalEndpoint: true }).url}`).toBe(
      buildStsUrl(undefined),
    );
    client.destroy();
  });

  it('names regions of other partitions too, which are none to the gateway', () => {
    expect(['us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'eusc-de-east-1', 'europe'].filter(isRegion)).toEqual(
      [],
    );
  });
});
