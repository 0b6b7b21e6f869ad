import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type AssertionClaims, buildResponse } from '../../../src/addons/shared/saml/assertion.js';
import { createXmlSigner, type SignXml } from '../../../src/addons/shared/saml/sign.js';
import { Xml } from '../../../src/addons/shared/saml/xml.js';
import { importRsaPrivateKey } from '../../../src/keys/private-key.js';
import { createSigningKey } from '../../../src/keys/signing-key.js';
import { type AddonGateway, diagnoseAddon } from '../../support/addon.js';
import { readRefusal } from '../../support/answers.js';
import { testClock } from '../../support/clock.js';
import { type ConfigDocument, testGateway } from '../../support/gateway.js';
import {
  ENTITY_ID,
  expectedXml,
  STRANGER,
  samlGateway,
  samlTenant,
  TENANT,
  withoutKeyMaterial,
} from '../../support/saml.js';
import { SESSION_TOKEN, SIGN_IN, type StrictSts, type StsRules, strictSts } from '../../support/sts.js';
import { upstream } from '../../support/upstream.js';

const READER = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};
const WRITER = { role: 'arn:aws:iam::123456789012:role/team/Writer', principal: READER.principal };
const OTHER = {
  role: 'arn:aws:iam::210987654321:role/Reader',
  principal: 'arn:aws:iam::210987654321:saml-provider/acme',
};
const FIELDS = '... on AwsCredentials { accessKeyId secretAccessKey sessionToken assumedRoleArn }';
const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes';

interface Setup {
  readonly gateway: AddonGateway;
  readonly sts: StrictSts;
}

/** Creates a gateway, and a strict STS that trusts the tenant. */
async function setup(addon: Record<string, unknown> = {}, rules: Partial<StsRules> = {}, options = {}): Promise<Setup> {
  const sts = await strictSts({ trusts: [READER, WRITER, OTHER], ...rules });
  const aws = { ...READER, sts_endpoint: `${sts.url}/`, ...addon };
  return { sts, gateway: await samlGateway({ aws }, options) };
}

describe('AWS credentials', () => {
  it('are issued by an STS that verifies the SAML response', async () => {
    const { gateway, sts } = await setup();
    const before = Date.now();
    const { data } = await gateway.issue(FIELDS);
    const after = Date.now();
    const { expiresAt, expiresIn, ...credential } = data.delegate.credential;
    expect(credential).toEqual({
      __typename: 'AwsCredentials',
      token: SESSION_TOKEN,
      tokenType: 'AWS4-HMAC-SHA256',
      apiType: 'AWS',
      accessKeyId: 'ASIAV3ZUEFP6EXAMPLE',
      secretAccessKey: '8P+SQvWIuLnKhh8d++jpw0nNmQRBZvNEXAMPLEKEY',
      sessionToken: SESSION_TOKEN,
      assumedRoleArn: 'arn:aws:sts::123456789012:assumed-role/Reader/auth0-alice=v0yqnBx90uXYhLtTMn9h32gxQMjcckqT',
    });
    const issuedAt = Date.parse(expiresAt) - 3_600_000;
    expect(issuedAt).toBeGreaterThan(before - 1_000);
    expect(issuedAt).toBeLessThanOrEqual(after);
    expect(expiresIn).toBe(Date.parse(expiresAt) / 1000 - gateway.clock.seconds());
    expect(sts.accepted.map(({ nameId }) => nameId)).toEqual(['auth0|alice']);
    const { assumedRoleArn } = credential;
    expect(gateway.log.audits().at(-1)?.issued).toEqual({ role: READER.role, assumedRoleArn, expiresAt });
  });

  it('have the legacy body of Auth0, with the elements of the STS answer', async () => {
    const { gateway } = await setup();
    const { status, body } = await gateway.issueLegacy({ api_type: 'aws' });
    expect(status).toBe(200);
    expect(body).toEqual({
      Credentials: {
        AccessKeyId: 'ASIAV3ZUEFP6EXAMPLE',
        SecretAccessKey: '8P+SQvWIuLnKhh8d++jpw0nNmQRBZvNEXAMPLEKEY',
        SessionToken: SESSION_TOKEN,
        Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      AssumedRoleUser: {
        AssumedRoleId: 'AROADBQP57FF2AEXAMPLE:auth0-alice=v0yqnBx90uXYhLtTMn9h32gxQMjcckqT',
        Arn: 'arn:aws:sts::123456789012:assumed-role/Reader/auth0-alice=v0yqnBx90uXYhLtTMn9h32gxQMjcckqT',
      },
      Subject: 'auth0|alice',
      SubjectType: 'persistent',
      Issuer: ENTITY_ID,
      Audience: SIGN_IN,
      NameQualifier: expect.stringMatching(/^[\w+/]{27}=$/),
    });
  });

  it('are requested with exactly these bytes', async () => {
    const sent: URLSearchParams[] = [];
    let calls = 0;
    const deps = {
      randomUUID: () => `00000000-0000-4000-8000-${`${calls++}`.padStart(12, '0')}` as const,
      fetch: (async (_url, init) => {
        sent.push(new URLSearchParams(`${init?.body}`));
        return new Response('', { status: 503 });
      }) as typeof fetch,
    };
    const gateway = await samlGateway(
      { aws: { ...READER, lifetime_in_seconds: 900, claims: { team: 'team' } } },
      { deps, clock: testClock() },
    );
    calls = 0;
    await gateway.issue(FIELDS, { claims: { sub: "auth0|o'héa <b>", team: 'R&D'.replace('&', ' ') } });
    const { SAMLAssertion, ...rest } = Object.fromEntries(sent[0] ?? []);
    expect(rest).toEqual({
      Action: 'AssumeRoleWithSAML',
      Version: '2011-06-15',
      RoleArn: READER.role,
      PrincipalArn: READER.principal,
      DurationSeconds: '900',
    });
    expect(withoutKeyMaterial(Buffer.from(SAMLAssertion ?? '', 'base64').toString())).toBe(
      expectedXml('aws-response.xml'),
    );
  });
});

describe('the strict STS of these tests', () => {
  const sign = createXmlSigner(createSigningKey(importRsaPrivateKey(TENANT.key)), TENANT.cert);
  const unknown = createXmlSigner(createSigningKey(importRsaPrivateKey(STRANGER.key)), STRANGER.cert);
  const unsigned: SignXml = (_id, build) => build(new Xml(''));
  /** Signs only the assertion, which is signed first, or only the response. */
  const only = (which: 'assertion' | 'response'): SignXml => {
    let count = 0;
    return (id, build) => ((count++ === 0) === (which === 'assertion') ? sign : unsigned)(id, build);
  };
  const role = (pair: typeof READER) => [`${ATTRIBUTES}/Role`, [`${pair.role},${pair.principal}`]] as const;
  const session = (name: string) => [`${ATTRIBUTES}/RoleSessionName`, [name]] as const;

  interface Change {
    readonly claims?: Partial<AssertionClaims>;
    readonly sign?: SignXml;
    /** Seconds from now. */
    readonly issued?: number;
    readonly form?: Record<string, string>;
    readonly tamper?: (response: string) => string;
    readonly rules?: Partial<StsRules>;
  }

  async function ask(change: Change) {
    const sts = await strictSts({ trusts: [READER, WRITER], ...change.rules });
    let id = 0;
    const response = buildResponse(
      change.sign ?? sign,
      {
        issuer: ENTITY_ID,
        nameId: 'auth0|alice',
        nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        audience: SIGN_IN,
        recipient: SIGN_IN,
        authenticatedAt: Math.floor(Date.now() / 1000),
        attributes: [role(READER), session('alice')],
        ...change.claims,
      },
      { newId: () => `_${id++}`, nowSeconds: Math.floor(Date.now() / 1000) + (change.issued ?? 0) },
    );
    const tamper = change.tamper ?? ((text) => text);
    const form = {
      Action: 'AssumeRoleWithSAML',
      Version: '2011-06-15',
      RoleArn: READER.role,
      PrincipalArn: READER.principal,
      SAMLAssertion: Buffer.from(tamper(`${response}`)).toString('base64'),
      DurationSeconds: '3600',
      ...change.form,
    };
    const answer = await fetch(`${sts.url}/`, { method: 'POST', body: new URLSearchParams(form) });
    const body = await answer.text();
    const element = (name: string) => new RegExp(`<${name}>([^<]*)`).exec(body)?.[1];
    return { status: answer.status, code: element('Code'), message: element('Message') };
  }

  it('accepts a valid request', async () => {
    expect(await ask({})).toEqual({ status: 200, code: undefined, message: undefined });
  });

  const TOKEN = 'InvalidIdentityToken';
  const refusals: readonly (readonly [what: string, change: Change, code: string, message: string | RegExp])[] = [
    ['an unknown key', { sign: unknown }, TOKEN, 'Invalid document signature'],
    [
      'a name that was changed after signing',
      { tamper: (xml) => xml.replace('auth0|alice', 'auth0|malice') },
      TOKEN,
      'Invalid document signature',
    ],
    ['an assertion without a signature', { sign: only('response') }, TOKEN, 'Invalid signature'],
    ['a response without a signature', { sign: only('assertion') }, TOKEN, 'Invalid document signature'],
    [
      'another issuer',
      { claims: { issuer: 'urn:mallory.example.com' } },
      TOKEN,
      'the issuer is not the registered one',
    ],
    ['another audience', { claims: { audience: 'https://signin.amazonaws.cn/saml' } }, TOKEN, /audience mismatch/i],
    [
      'another recipient',
      { claims: { recipient: 'https://signin.amazonaws.cn/saml' } },
      TOKEN,
      'the destination is another',
    ],
    [
      'a name that is not persistent',
      { claims: { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' } },
      TOKEN,
      'the name is not persistent',
    ],
    ['an assertion that has expired', { issued: -301 }, 'ExpiredTokenException', /expired/],
    ['an assertion from the future', { issued: 120 }, TOKEN, /not yet valid/],
    [
      'another role in the attribute',
      { claims: { attributes: [role(WRITER), session('alice')] } },
      TOKEN,
      'the role attribute is not the pair that is asked for',
    ],
    [
      'another role in the form',
      { form: { RoleArn: WRITER.role } },
      TOKEN,
      'the role attribute is not the pair that is asked for',
    ],
    [
      'a role that does not trust the provider',
      { rules: { trusts: [WRITER] } },
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithSAML',
    ],
    [
      'a user id as session name',
      { claims: { attributes: [role(READER), session('auth0|alice')] } },
      TOKEN,
      'RoleSessionName is missing or not legal',
    ],
    ['no session name', { claims: { attributes: [role(READER)] } }, TOKEN, 'RoleSessionName is missing or not legal'],
    [
      'a session that is too short',
      { form: { DurationSeconds: '899' } },
      'ValidationError',
      'DurationSeconds is not within the limits',
    ],
    [
      'a session that is too long',
      { form: { DurationSeconds: '43201' } },
      'ValidationError',
      'DurationSeconds is not within the limits',
    ],
    [
      'a session that the role does not allow',
      { rules: { maxSession: 1800 } },
      'ValidationError',
      'DurationSeconds is not within the limits',
    ],
    [
      'another encoding of the response',
      { form: { SAMLAssertion: 'PHNhbWxwOlJlc3BvbnNl_w' } },
      TOKEN,
      'SAMLAssertion is not base64',
    ],
    ['another version', { form: { Version: '2011-06-16' } }, 'InvalidAction', 'the version is unknown'],
    ['another action', { form: { Action: 'AssumeRole' } }, 'InvalidAction', 'the action is unknown'],
    ['an unknown parameter', { form: { Policy: '{}' } }, 'ValidationError', 'parameters are missing, or too many'],
  ];
  it.each(refusals)('refuses %s', async (_what, change, code, message) => {
    const answer = await ask(change);
    expect({ code: answer.code, message: answer.message }).toEqual({
      code,
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    });
  });
});

describe('the role', () => {
  const config = { roles: [WRITER, OTHER] };
  const mismatch = 'aws.role and aws.principal must match a pair that the target is configured for';

  it.each([
    ['the configured role and principal by default', undefined, READER],
    ['the one that the request names', { role: WRITER.role }, WRITER],
    ['that of the provider that the request names', { principal: OTHER.principal }, OTHER],
    ['the pair that the request names', { role: OTHER.role, principal: OTHER.principal }, OTHER],
  ])('is %s', async (_what, aws, pair) => {
    const { gateway, sts } = await setup(config);
    const { data } = await gateway.issue(FIELDS, { input: { aws } });
    expect(data.delegate.credential.assumedRoleArn).toContain(`assumed-${pair.role.split(':').at(-1)}/`);
    expect(sts.accepted[0]?.attributes[`${ATTRIBUTES}/Role`]).toBe(`${pair.role},${pair.principal}`);
  });

  it.each([
    ['a role that is not configured', { role: 'arn:aws:iam::123456789012:role/Admin' }],
    ['a provider that is not configured', { principal: 'arn:aws:iam::123456789012:saml-provider/mallory' }],
    ['the role of one pair with the provider of another', { role: READER.role, principal: OTHER.principal }],
    ['an empty role', { role: '' }],
  ])('is refused: %s', async (_what, aws) => {
    const { gateway, sts } = await setup(config);
    expect(readRefusal(await gateway.issue(FIELDS, { input: { aws } }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message: mismatch,
    });
    expect(sts.bodies).toEqual([]);
  });

  it('is the first of `roles` if there is no other, and can be selected by legacy parameters', async () => {
    const { gateway } = await setup({ role: undefined, principal: undefined, roles: [OTHER, WRITER] });
    const arn = async (parameters: Record<string, string>) => {
      const { body } = await gateway.issueLegacy({ api_type: 'aws', ...parameters });
      return (body.AssumedRoleUser as { Arn: string } | undefined)?.Arn ?? body.error;
    };
    expect(await arn({})).toMatch(/^arn:aws:sts::210987654321:assumed-role\/Reader\//);
    expect(await arn({ role: WRITER.role, principal: WRITER.principal })).toMatch(
      /^arn:aws:sts::123456789012:assumed-role\/team\/Writer\//,
    );
    expect(await arn({ role: 'arn:aws:iam::123456789012:role/Admin' })).toBe('invalid_request');
  });
});

describe('the user of the session', () => {
  it('has the name at the path `uid`, and session tags from the configured claims', async () => {
    const { gateway, sts } = await setup({
      uid: 'email',
      claims: { department: 'app_metadata.department', level: 'level', gone: 'nothing' },
    });
    const claims = { email: 'alice@example.com', app_metadata: { department: 'R+D Zürich' }, level: 7 };
    expect((await gateway.issue(FIELDS, { claims })).errors).toBeUndefined();
    expect(sts.accepted[0]?.nameId).toBe('alice@example.com');
    expect(sts.accepted[0]?.attributes).toEqual({
      [`${ATTRIBUTES}/Role`]: `${READER.role},${READER.principal}`,
      [`${ATTRIBUTES}/RoleSessionName`]: 'alice@example.com',
      [`${ATTRIBUTES}/PrincipalTag:department`]: 'R+D Zürich',
      [`${ATTRIBUTES}/PrincipalTag:level`]: '7',
    });
  });

  const must = (rule: string) => `The claim "email" must ${rule}`;
  it.each([
    ['missing', undefined, must('be a non-empty string without lone surrogates')],
    ['not a string', 17, must('be a non-empty string without lone surrogates')],
    ['not representable in XML', 'ali\ufffece', must('contain only characters that XML can represent exactly')],
    ['only white space', ' \u2029', must('contain more than white space')],
    ['too long', 'a'.repeat(257), must('have at most 256 characters')],
  ])('is refused if its name is %s', async (_what, email, message) => {
    const { gateway, sts } = await setup({ uid: 'email' });
    expect(readRefusal(await gateway.issue(FIELDS, { claims: { email } }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message,
    });
    expect(sts.bodies).toEqual([]);
  });

  const notATag =
    'The claim "tag" must be one value of at most 256 letters, digits, spaces and _.:/=+-@, for a session tag';
  it.each([
    ['with a character that AWS does not allow', 'R&D', notATag],
    ['that is too long', 'x'.repeat(257), notATag],
    ['of several values', ['a', 'b'], notATag],
    [
      'that is an object',
      { a: 1 },
      'The claim "tag" must be a string, a number or a boolean that XML can represent exactly, or a list of these',
    ],
    [
      'that is a whole number beyond 2^53',
      2 ** 53,
      'The claim "tag" must be a string, a number or a boolean that XML can represent exactly, or a list of these',
    ],
  ])('is refused for a session tag %s', async (_what, tag, message) => {
    const { gateway, sts } = await setup({ claims: { tag: 'tag' } });
    expect(readRefusal(await gateway.issue(FIELDS, { claims: { tag } }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message,
    });
    expect(sts.bodies).toEqual([]);
  });
});

describe('an answer of STS', () => {
  it('that refuses the request is reported by its code, without its message', async () => {
    const { gateway } = await setup({}, { trusts: [] });
    const answer = await gateway.issue(FIELDS);
    expect(readRefusal(answer)).toEqual({
      status: 200,
      code: 'UPSTREAM_REFUSED',
      message: 'AWS STS refused: AccessDenied',
    });
    expect(answer.errors?.[0]?.extensions.upstreamCode).toBe('AccessDenied');
    expect(answer.text).not.toContain('Not authorized');
  });

  it('is a refusal if the certificate of the tenant is not the registered one', async () => {
    const { gateway } = await setup({}, {}, { keys: STRANGER });
    expect(readRefusal(await gateway.issue(FIELDS))).toEqual({
      status: 200,
      code: 'UPSTREAM_REFUSED',
      message: 'AWS STS refused: InvalidIdentityToken',
    });
  });

  it('is a refusal if the clock of the gateway is ten minutes behind', async () => {
    const { gateway } = await setup({}, {}, { clock: testClock(Date.now() - 600_000) });
    expect(readRefusal(await gateway.issue(FIELDS))).toEqual({
      status: 200,
      code: 'UPSTREAM_REFUSED',
      message: 'AWS STS refused: ExpiredTokenException',
    });
  });

  const result = (inner: string) =>
    `<AssumeRoleWithSAMLResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithSAMLResult>${inner}</AssumeRoleWithSAMLResult></AssumeRoleWithSAMLResponse>`;
  const credentials = (expiration: string) =>
    `<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
  const user = '<AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser>';
  it.each([
    ['is not XML', 200, 'canary', 'AWS STS gave an answer that is not XML'],
    ['is empty', 200, '', 'AWS STS gave an answer that is not XML'],
    ['is truncated', 200, result(user).slice(0, -30), 'AWS STS gave an answer that is not XML'],
    ['is HTML', 200, '<html><body><p>canary<br></body></html>', 'AWS STS gave an answer that is not XML'],
    [
      'declares a document type',
      200,
      `<!DOCTYPE x [<!ENTITY e "canary">]>${result(user)}`,
      'AWS STS gave an answer that is not XML',
    ],
    ['has no credentials', 200, result(user), 'AWS STS gave an answer without AccessKeyId'],
    [
      'has an empty key',
      200,
      result(credentials('2026-01-01T00:00:00Z').replace('>S<', '><') + user),
      'AWS STS gave an answer without SecretAccessKey',
    ],
    [
      'has no assumed role user',
      200,
      result(credentials('2026-01-01T00:00:00Z')),
      'AWS STS gave an answer without Arn',
    ],
    [
      'has an Expiration that is not a time',
      200,
      result(credentials('soon') + user),
      'AWS STS gave an Expiration that is not a time',
    ],
    ['is that of another action', 200, '<GetCallerIdentityResponse/>', 'AWS STS gave an answer without AccessKeyId'],
    ['refuses in HTML', 403, '<html><p>canary</p></html>', 'AWS STS gave an answer that is not of its protocol'],
    [
      'refuses without a code',
      400,
      '<ErrorResponse><Error/></ErrorResponse>',
      'AWS STS gave an answer that is not of its protocol',
    ],
    [
      'has status 500',
      500,
      '<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>',
      'AWS STS answered with status 500',
    ],
  ])('is refused if it %s', async (_what, status, body, message) => {
    const answers: RequestListener = (_request, response) =>
      void response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    const { url } = await upstream(answers);
    const gateway = await samlGateway({ aws: { ...READER, sts_endpoint: url } });
    const answer = await gateway.issue(FIELDS);
    expect(readRefusal(answer)).toEqual({ status: 200, code: 'UPSTREAM_UNAVAILABLE', message });
    expect(answer.text).not.toContain('canary');
  });
});

describe('the region', () => {
  /** Reads the URL of the request to STS, and the addresses in its SAML response. */
  async function readTarget(addon: Record<string, unknown>) {
    const calls: { url: string; response: string }[] = [];
    const record = (async (url, init) => {
      const form = new URLSearchParams(`${init?.body}`);
      calls.push({ url: `${url}`, response: Buffer.from(form.get('SAMLAssertion') ?? '', 'base64').toString() });
      return new Response('', { status: 503 });
    }) as typeof fetch;
    const gateway = await samlGateway({ aws: { ...READER, ...addon } }, { deps: { fetch: record } });
    await gateway.issue(FIELDS);
    const [{ url, response } = { url: '', response: '' }] = calls;
    const found = (pattern: RegExp) => pattern.exec(response)?.[1];
    return {
      url,
      recipient: found(/Recipient="([^"]*)"/),
      audience: found(/<saml:Audience>([^<]*)/),
      destination: found(/Destination="([^"]*)"/),
    };
  }
  const china = {
    role: 'arn:aws-cn:iam::123456789012:role/Reader',
    principal: 'arn:aws-cn:iam::123456789012:saml-provider/acme',
  };
  const govCloud = {
    role: 'arn:aws-us-gov:iam::123456789012:role/Reader',
    principal: 'arn:aws-us-gov:iam::123456789012:saml-provider/acme',
  };

  it.each([
    ['absent', {}, 'https://sts.amazonaws.com/', SIGN_IN],
    ['in AWS', { region: 'eu-central-1' }, 'https://sts.eu-central-1.amazonaws.com/', SIGN_IN],
    [
      'in China',
      { region: 'cn-northwest-1', ...china },
      'https://sts.cn-northwest-1.amazonaws.com.cn/',
      'https://signin.amazonaws.cn/saml',
    ],
    [
      'in GovCloud',
      { region: 'us-gov-east-1', ...govCloud },
      'https://sts.us-gov-east-1.amazonaws.com/',
      'https://signin.amazonaws-us-gov.com/saml',
    ],
    [
      'replaced by an sts_endpoint',
      { sts_endpoint: 'https://vpce-1.sts.us-east-1.vpce.amazonaws.com/', ...govCloud },
      'https://vpce-1.sts.us-east-1.vpce.amazonaws.com/',
      'https://signin.amazonaws-us-gov.com/saml',
    ],
  ])('determines the STS and the sign-in address: %s', async (_what, addon, url, signIn) => {
    expect(await readTarget(addon)).toEqual({ url, recipient: signIn, audience: signIn, destination: signIn });
  });
});

describe('the configuration of aws', () => {
  it.each([
    ['a pair', READER],
    ['pairs', { roles: [READER, WRITER] }],
    [
      'all fields',
      {
        ...READER,
        roles: [WRITER],
        region: 'eu-central-1',
        uid: 'email',
        claims: { 'a b': 'c' },
        lifetime_in_seconds: 43_200,
      },
    ],
  ])('is valid with %s', (_what, config) => {
    expect(diagnoseAddon('aws', config)).toEqual([]);
  });

  it.each([
    [
      'signing_key',
      'tenants[0].clients[4].addons.aws: a mapping; expected the tenant to have a signing_key, to sign what AWS verifies',
    ],
    [
      'certificate',
      'tenants[0].clients[4].addons.aws: a mapping; expected the tenant to have a certificate, for AWS to verify its signatures',
    ],
  ])('requires the %s of the tenant', async (field, fault) => {
    const lacking = (document: ConfigDocument) => {
      samlTenant(document);
      delete (document.tenants[0] as Record<string, unknown>)[field];
      if (field === 'signing_key') delete (document.tenants[0] as Record<string, unknown>).certificate;
      document.tenants[0]?.clients.push({ client_id: 'target', addons: { aws: READER } } as never);
    };
    await expect(testGateway(lacking)).rejects.toMatchObject({ name: 'ConfigError', message: fault });
  });

  it.each([
    ['no fields', {}, ['role: missing; expected the ARN of an IAM role, or pairs of role and principal in roles']],
    [
      'a role alone',
      { role: READER.role },
      ['principal: missing; expected the ARN of an IAM SAML provider, to go with role'],
    ],
    [
      'a provider alone',
      { principal: READER.principal },
      ['role: missing; expected the ARN of an IAM role, to go with principal'],
    ],
    [
      'the ARN of a user',
      { ...READER, role: 'arn:aws:iam::123456789012:user/alice' },
      ['role: a string; expected the ARN of an IAM role'],
    ],
    [
      'the ARN of another provider',
      { ...READER, principal: 'arn:aws:iam::123456789012:oidc-provider/x' },
      ['principal: a string; expected the ARN of an IAM SAML provider'],
    ],
    ['an incomplete pair', { roles: [{ role: READER.role }] }, ['roles[0].principal: missing; expected a string']],
    [
      '899 seconds',
      { ...READER, lifetime_in_seconds: 899 },
      ['lifetime_in_seconds: a number; expected a number of at least 900'],
    ],
    [
      '43201 seconds',
      { ...READER, lifetime_in_seconds: 43_201 },
      ['lifetime_in_seconds: a number; expected a number of at most 43200'],
    ],
    [
      'an invalid region',
      { ...READER, region: 'europe' },
      ['region: a string; expected an AWS region, such as eu-central-1'],
    ],
    [
      'a role of China without a region',
      { role: 'arn:aws-cn:iam::123456789012:role/R', principal: 'arn:aws-cn:iam::123456789012:saml-provider/p' },
      ['region: missing; expected an AWS region, because the global STS does not serve roles of China or GovCloud'],
    ],
    [
      'http for a host other than loopback',
      { ...READER, sts_endpoint: 'http://sts.example.com/' },
      ['sts_endpoint: a string; expected an https URL without credentials or fragment (http for loopback hosts only)'],
    ],
    [
      'a reserved tag',
      { ...READER, claims: { 'aws:x': 'sub' } },
      [
        'claims[a key of 5 characters]: a string; expected the name of a session tag: 1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with aws:',
      ],
    ],
    [
      'too many tags',
      { ...READER, claims: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, 'sub'])) },
      ['claims: a mapping; expected at most 50 session tags'],
    ],
    ['a misspelled key', { ...READER, rolle: 'x' }, ['rolle: unknown key; did you mean "role"?']],
  ])('is refused with %s', (_what, config, faults) => {
    expect(diagnoseAddon('aws', config)).toEqual(expect.arrayContaining(faults));
  });
});
