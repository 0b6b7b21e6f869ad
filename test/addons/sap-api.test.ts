import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddonGateway, diagnoseAddon } from '../support/addon.js';
import { readRefusal } from '../support/answers.js';
import { anyCodePoint } from '../support/any-text.js';
import { testClock } from '../support/clock.js';
import { type ConfigDocument, testGateway } from '../support/gateway.js';
import {
  ENTITY_ID,
  expectedXml,
  STRANGER,
  samlGateway,
  samlTenant,
  TENANT,
  type Verified,
  verifyAssertion,
  withoutKeyMaterial,
} from '../support/saml.js';
import { type Upstream, upstream } from '../support/upstream.js';

const CLIENT = 'OAUTH_USER';
const PASSWORD = 'a service password: with a colon, and ü';
const ACCESS_TOKEN = 'AFBWiNSxTEAwSBPmIPmvqGwN0aV1vBYe9QyPKz4yyvZ';
const SCOPE = 'ZLEAVE_0001 ZTIME_0002';
const FIELDS = '... on SapAccessToken { scope }';
const REPRESENTABLE = /^[\t\n\r\u0020-\u0084\u0086-\u2027\u2029-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

interface Sap {
  readonly audience?: string;
  readonly recipient?: string;
  readonly cert?: string;
  readonly answer?: Record<string, unknown>;
}

interface Setup {
  readonly gateway: AddonGateway;
  readonly endpoint: Upstream;
  /** The assertions that the endpoint accepted. */
  readonly accepted: Verified[];
}

/**
 * Creates a gateway and a token endpoint that verifies requests by RFC 7522 and by the rules that SAP adds: node-saml
 * verifies signature, audience and times; the endpoint itself checks issuer, recipient, one bearer confirmation and the
 * client_id of the assertion.
 */
async function setup(addon: Record<string, unknown> = {}, sap: Sap = {}, options = {}): Promise<Setup> {
  const accepted: Verified[] = [];
  const url = () => `${endpoint.url}/sap/bc/sec/oauth2/token`;
  const verify = async (authorization: string | undefined, form: URLSearchParams): Promise<string | undefined> => {
    const basic = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    if (basic !== `${CLIENT}:${PASSWORD}`) return 'invalid_client';
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:saml2-bearer') return 'unsupported_grant_type';
    const encoded = form.get('assertion') ?? '';
    const xml = Buffer.from(encoded, 'base64url').toString();
    if (Buffer.from(xml).toString('base64url') !== encoded) return 'encoding';
    if (!xml.startsWith('<saml:Assertion ')) return 'no_bare_assertion';
    try {
      const verified = await verifyAssertion(xml, { audience: sap.audience ?? url(), cert: sap.cert ?? TENANT.cert });
      if (verified.issuer !== ENTITY_ID) return 'issuer';
      const confirmations = verified.assertion.Subject[0].SubjectConfirmation;
      if (confirmations.length !== 1 || !confirmations[0].$.Method.endsWith(':cm:bearer')) return 'confirmation';
      const { Recipient, NotOnOrAfter } = confirmations[0].SubjectConfirmationData[0].$;
      if (Recipient !== (sap.recipient ?? url())) return 'recipient';
      if (!(Date.parse(NotOnOrAfter) > Date.now())) return 'expired';
      if (verified.attributes.client_id !== form.get('client_id') || form.get('client_id') !== CLIENT)
        return 'client_id';
      accepted.push(verified);
      return undefined;
    } catch (error) {
      return (error as Error).message.replaceAll(/\W+/g, '-').slice(0, 64);
    }
  };
  const answers: RequestListener = async (request, response) => {
    const form = new URLSearchParams(endpoint.bodies.at(-1));
    const refusal =
      request.url === '/sap/bc/sec/oauth2/token' ? await verify(request.headers.authorization, form) : 'path';
    const granted = { access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: '600', scope: form.get('scope') };
    response
      .writeHead(refusal === undefined ? 200 : 400, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          refusal === undefined ? (sap.answer ?? granted) : { error: refusal, error_description: 'canary' },
        ),
      );
  };
  const endpoint = await upstream(answers);
  const sap_api = {
    clientid: CLIENT,
    usernameAttribute: 'email',
    tokenEndpointUrl: url(),
    scope: SCOPE,
    servicePassword: PASSWORD,
    ...addon,
  };
  return { endpoint, accepted, gateway: await samlGateway({ sap_api }, options) };
}

const alice = { email: 'ALICE' };
const readParameter = ({ bodies }: Upstream, name: string) => new URLSearchParams(bodies[0]).get(name);
const refusedBySap = (code: string) => ({ status: 200, code: 'UPSTREAM_REFUSED', message: `SAP refused: ${code}` });

describe('an SAP access token', () => {
  it('is issued by an endpoint that verifies the assertion', async () => {
    const { gateway, accepted } = await setup();
    const { data } = await gateway.issue(FIELDS, { claims: alice });
    expect(data.delegate.credential).toEqual({
      __typename: 'SapAccessToken',
      token: ACCESS_TOKEN,
      tokenType: 'Bearer',
      apiType: 'SAP_API',
      expiresAt: new Date((gateway.clock.seconds() + 600) * 1000).toISOString(),
      expiresIn: 600,
      scope: SCOPE,
    });
    expect(gateway.log.audits().at(-1)?.issued).toMatchObject({ scope: SCOPE });
    expect(accepted).toHaveLength(1);
    expect(accepted[0]).toMatchObject({
      nameId: 'ALICE',
      nameIdFormat: UNSPECIFIED,
      attributes: { client_id: CLIENT },
    });
  });

  it('has the legacy body of Auth0, with expires_in as a string', async () => {
    const { gateway, endpoint } = await setup({ usernameAttribute: 'user_id' });
    const { status, body } = await gateway.issueLegacy({ api_type: 'sap_api', sap_scope: 'ZTIME_0002' });
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: '600', scope: 'ZTIME_0002' },
    });
    expect(readParameter(endpoint, 'scope')).toBe('ZTIME_0002');
  });

  it('is requested with exactly these bytes', async () => {
    const requests: { form: URLSearchParams; headers: Headers }[] = [];
    const deps = {
      randomUUID: () => '00000000-0000-4000-8000-000000000000' as const,
      fetch: (async (_url, init) => {
        requests.push({ form: new URLSearchParams(`${init?.body}`), headers: new Headers(init?.headers) });
        return new Response('', { status: 503 });
      }) as typeof fetch,
    };
    const sap_api = {
      clientid: CLIENT,
      usernameAttribute: 'email',
      tokenEndpointUrl: 'https://sap.example.com/token',
      servicePassword: 'pass',
      audience: 'E1R',
      recipient: 'https://sap.example.com/other',
      nameIdentifierFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      claims: { groups: 'groups', verified: 'email_verified' },
    };
    const gateway = await samlGateway({ sap_api }, { deps, clock: testClock() });
    const claims = { email: 'o\'brien+"é"&co@example.com', groups: ['a<b', 'c'], email_verified: true };
    await gateway.issue(FIELDS, { claims });
    const [{ form, headers } = { form: new URLSearchParams(), headers: new Headers() }] = requests;
    expect([...headers]).toEqual([
      ['accept', 'application/json'],
      ['authorization', `Basic ${Buffer.from('OAUTH_USER:pass').toString('base64')}`],
      ['content-type', 'application/x-www-form-urlencoded'],
    ]);
    const { assertion, ...rest } = Object.fromEntries(form);
    expect(rest).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer', client_id: CLIENT });
    const xml = Buffer.from(assertion ?? '', 'base64url').toString();
    expect(withoutKeyMaterial(xml)).toBe(expectedXml('sap-assertion.xml'));
  });
});

describe('the token endpoint of these tests', () => {
  it.each([
    ['another key', {}, {}, { keys: STRANGER }, 'Invalid-signature'],
    [
      'an assertion that has expired',
      {},
      {},
      { clock: testClock(Date.now() - 600_000) },
      'SAML-assertion-expired-clocks-skewed-too-much',
    ],
    [
      'an assertion from the future',
      {},
      {},
      { clock: testClock(Date.now() + 120_000) },
      'SAML-assertion-not-yet-valid',
    ],
    ['another recipient', { recipient: 'https://other.example.com/' }, {}, {}, 'recipient'],
    ['another client', { clientid: 'MALLORY' }, {}, {}, 'invalid_client'],
    ['another password', { servicePassword: 'guess' }, {}, {}, 'invalid_client'],
  ])('refuses %s, and the caller gets its code without its description', async (_what, addon, sap, options, code) => {
    const { gateway } = await setup(addon, sap, options);
    const answer = await gateway.issue(FIELDS, { claims: alice });
    expect(readRefusal(answer)).toEqual(refusedBySap(code));
    expect(answer.errors?.[0]?.extensions.upstreamCode).toBe(code);
    expect(answer.text).not.toContain('canary');
  });

  it('refuses another audience and accepts the configured one', async () => {
    const sap = { audience: 'https://sap.example.com/saml' };
    const wrong = await setup({}, sap);
    expect(readRefusal(await wrong.gateway.issue(FIELDS, { claims: alice }))).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      message: expect.stringMatching(/audience-mismatch/),
    });
    const right = await setup(
      { ...sap, recipient: 'https://sap.example.com/token' },
      { ...sap, recipient: 'https://sap.example.com/token' },
    );
    expect((await right.gateway.issue(FIELDS, { claims: alice })).errors).toBeUndefined();
  });
});

describe('the SAP user name', () => {
  const nasty = [
    ['markup', '</saml:NameID><saml:NameID>admin</saml:NameID><!--'],
    ['a comment, at which some parsers end the name', 'alice<!-- -->.mallory'],
    ['entities', '&amp;&#x41;&lt;'],
    ['the end of CDATA', 'a]]>b'],
    ['quotes', `"'`],
    ['a line feed', 'ali\nce'],
    ['a carriage return', 'ali\rce'],
    ['both', 'ali\r\nce'],
    ['a tab', 'ali\tce'],
    ['a paragraph separator', 'ali\u2029ce'],
    ['control characters that XML allows', 'ali\u007f\u009fce'],
    ['a no-break space, and two spaces', 'ali\u00a0c  e'],
    ['a zero-width joiner and a combining mark', 'ali\u200dce\u0301'],
    ['characters beyond the basic plane', 'ali\u{1f600}ce\u{10fffd}'],
    ['10 KiB of letters', 'x'.repeat(10_240)],
    ['10 KiB of characters that must be escaped', '<&é'.repeat(2_560)],
  ] as const;
  it('arrives exactly with markup, line ends, control characters and 10 KiB of text', async () => {
    const { gateway, accepted } = await setup({ claims: { 'a "name" <&>': 'email' } });
    for (const [what, email] of nasty) {
      const answer = await gateway.issue(FIELDS, { claims: { sub: what, email } });
      expect(answer.errors, what).toBeUndefined();
      expect(accepted.at(-1)?.nameId, what).toBe(email);
      expect(accepted.at(-1)?.attributes['a "name" <&>'], what).toBe(email);
    }
    expect(accepted).toHaveLength(nasty.length);
  });

  it('arrives exactly or is refused, for any string', async () => {
    const { gateway, accepted } = await setup();
    const names = fc.oneof(
      fc.string({ unit: anyCodePoint, minLength: 1, maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom(...'ab<>&"\'\n\r\t\u0085\u2028\u0000\u000b\ufffe\ud800\udc00'),
        minLength: 1,
        maxLength: 8,
      }),
    );
    let address = 0;
    const property = fc.asyncProperty(names, async (email) => {
      const before = accepted.length;
      const user = `auth0|${address++}`;
      const answer = await gateway.issue(FIELDS, { claims: { sub: user, email } });
      const exact = REPRESENTABLE.test(email) && email.trim() === email;
      if (exact) expect(accepted.at(-1)?.nameId).toBe(email);
      else expect(readRefusal(answer)).toMatchObject({ code: 'INVALID_REQUEST' });
      expect(accepted.length).toBe(before + (exact ? 1 : 0));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  const must = (rule: string) => `The claim "email" must ${rule}`;
  const noName = must('be a non-empty string without lone surrogates');
  const notXml = must('contain only characters that XML can represent exactly');
  const refused: readonly (readonly [what: string, email: unknown, message: string])[] = [
    ['U+0000', 'ali\u0000ce', notXml],
    ['U+0001', 'ali\u0001ce', notXml],
    ['a vertical tab', 'ali\u000bce', notXml],
    ['U+FFFE', 'ali\ufffece', notXml],
    ['U+FFFF', 'ali\uffffce', notXml],
    ['next line, which node-saml reads as a line feed', 'ali\u0085ce', notXml],
    ['a line separator, which node-saml reads as a line feed', 'ali\u2028ce', notXml],
    ['a lone surrogate', 'ali\ud800ce', noName],
    ['only white space', ' \t', must('contain more than white space')],
    ['a space at its end, which some systems trim', 'alice ', must('not begin or end with white space')],
    ['a line feed at its beginning', '\nalice', must('not begin or end with white space')],
    ['an empty string', '', noName],
    ['a list', ['alice'], noName],
    ['a missing claim', undefined, noName],
  ];
  it('is refused if it would not arrive exactly', async () => {
    const { gateway, endpoint } = await setup();
    for (const [what, email, message] of refused) {
      const answer = await gateway.issue(FIELDS, { claims: { sub: what, email } });
      expect(readRefusal(answer), what).toEqual({ status: 200, code: 'INVALID_REQUEST', message });
    }
    expect(endpoint.bodies).toEqual([]);
  });

  it('is the user id if no attribute is configured', async () => {
    const { gateway, accepted } = await setup({ usernameAttribute: undefined });
    await gateway.issue(FIELDS);
    expect(accepted[0]?.nameId).toBe('auth0|alice');
  });

  it.each([
    ['U+FFFE in an attribute', 'a\ufffe'],
    ['an object as an attribute', { a: 1 }],
    ['a list of objects as an attribute', [{ a: 1 }]],
  ])('is not sent with %s', async (_what, team) => {
    const { gateway, endpoint } = await setup({ claims: { team: 'team' } });
    expect(readRefusal(await gateway.issue(FIELDS, { claims: { ...alice, team } }))).toEqual({
      status: 200,
      code: 'INVALID_REQUEST',
      message:
        'The claim "team" must be a string, a number or a boolean that XML can represent exactly, or a list of these',
    });
    expect(endpoint.bodies).toEqual([]);
  });
});

describe('the SAP scope', () => {
  it.each([
    ['all that is configured by default', {}, undefined, SCOPE],
    ['all that is configured if the request has an empty scope', {}, ' ', SCOPE],
    ['the values of the request, each once', {}, 'ZTIME_0002  ZTIME_0002', 'ZTIME_0002'],
    ['empty if none is configured', { scope: undefined }, undefined, null],
    ['empty if an export has an empty scope', { scope: '', nameIdentifierFormat: '' }, undefined, null],
  ])('is %s', async (_what, addon, scope, expected) => {
    const { gateway, endpoint } = await setup(addon);
    await gateway.issue(FIELDS, { claims: alice, input: { sap: { scope } } });
    expect(readParameter(endpoint, 'scope')).toBe(expected);
  });

  it.each([
    ['with a value that is not configured', {}, 'ZLEAVE_0001 ZADMIN_0003'],
    ['with a value if none is configured', { scope: undefined }, 'ZLEAVE_0001'],
    ['with a value in another case', {}, 'zleave_0001'],
    ['with a value after a line feed', {}, 'ZLEAVE_0001\nZADMIN_0003'],
  ])('is refused %s', async (_what, addon, scope) => {
    const { gateway, endpoint } = await setup(addon);
    expect(readRefusal(await gateway.issue(FIELDS, { claims: alice, input: { sap: { scope } } }))).toEqual({
      status: 200,
      code: 'INVALID_SCOPE',
      message: 'sap.scope must contain only scope values that the target is configured for',
    });
    expect(endpoint.bodies).toEqual([]);
  });
});

describe('an answer of SAP', () => {
  const token = { access_token: ACCESS_TOKEN, token_type: 'bearer' };
  it.each([
    ['a number of seconds', { ...token, expires_in: 600 }, 600],
    ['a string of seconds', { ...token, expires_in: '600' }, 600],
    ['nothing', token, null],
    ['something else', { ...token, expires_in: 'soon' }, null],
    ['more seconds than an Int holds', { ...token, expires_in: 2 ** 31 }, null],
  ])('may have as expires_in %s', async (_what, answer, expiresIn) => {
    const { gateway } = await setup({}, { answer });
    const { data } = await gateway.issue(FIELDS, { claims: alice });
    const expiresAt = expiresIn === null ? null : new Date((gateway.clock.seconds() + expiresIn) * 1000).toISOString();
    // RFC 6749 §5.1: an answer without a scope grants the requested one.
    expect(data.delegate.credential).toMatchObject({ tokenType: 'Bearer', expiresIn, expiresAt, scope: SCOPE });
  });

  it('without expires_in and scope has a legacy body without them', async () => {
    const { gateway } = await setup({ usernameAttribute: 'user_id', scope: undefined }, { answer: token });
    expect((await gateway.issueLegacy({ api_type: 'sap_api' })).body).toEqual({
      access_token: ACCESS_TOKEN,
      token_type: 'Bearer',
    });
  });

  it.each([
    ['no token', { token_type: 'Bearer' }, 'SAP gave an answer without access_token'],
    ['an empty token', { access_token: '', token_type: 'Bearer' }, 'SAP gave an answer without access_token'],
    [
      'a token that is not a string',
      { access_token: 1, token_type: 'Bearer' },
      'SAP gave an answer without access_token',
    ],
    [
      'a token of another type',
      { access_token: ACCESS_TOKEN, token_type: 'mac' },
      'SAP gave a token that is not of type Bearer',
    ],
    ['a token without a type', { access_token: ACCESS_TOKEN }, 'SAP gave a token that is not of type Bearer'],
  ])('is refused with %s', async (_what, answer, message) => {
    const { gateway } = await setup({}, { answer });
    expect(readRefusal(await gateway.issue(FIELDS, { claims: alice }))).toEqual({
      status: 200,
      code: 'UPSTREAM_UNAVAILABLE',
      message,
    });
  });
});

describe('the configuration of sap_api', () => {
  const valid = { clientid: CLIENT, tokenEndpointUrl: 'https://sap.example.com/token', servicePassword: PASSWORD };

  it.each([
    ['the required fields', valid],
    ['an export of Auth0', { ...valid, usernameAttribute: 'email', scope: SCOPE, nameIdentifierFormat: UNSPECIFIED }],
    [
      'the fields that Auth0 does not have',
      { ...valid, audience: 'E1R', recipient: 'https://sap.example.com/', claims: { a: 'b' } },
    ],
  ])('is valid with %s', (_what, config) => {
    expect(diagnoseAddon('sap_api', config)).toEqual([]);
  });

  const notXmlText = 'a string; expected a text that XML can represent exactly';
  it.each([
    ['no fields', {}, ['clientid: missing; expected a string', 'tokenEndpointUrl: missing; expected a string']],
    [
      'a colon in its client',
      { ...valid, clientid: 'a:b' },
      ['clientid: a string; expected a client id without colons or control characters'],
    ],
    [
      'a line feed in its password',
      { ...valid, servicePassword: 'a\nb' },
      ['servicePassword: a string; expected a password without control characters'],
    ],
    [
      'http for a host other than loopback',
      { ...valid, tokenEndpointUrl: 'http://sap.example.com/' },
      [
        'tokenEndpointUrl: a string; expected an https URL without credentials or fragment (http for loopback hosts only)',
      ],
    ],
    [
      'an invalid scope',
      { ...valid, scope: 'a\tb' },
      ['scope: a string; expected OAuth scope values, separated by spaces'],
    ],
    ['an audience that XML cannot represent', { ...valid, audience: 'a\ufffe' }, [`audience: ${notXmlText}`]],
    ['a recipient that XML cannot represent', { ...valid, recipient: 'a\u0000' }, [`recipient: ${notXmlText}`]],
    [
      'a format that XML cannot represent',
      { ...valid, nameIdentifierFormat: '\uffff' },
      [`nameIdentifierFormat: ${notXmlText}`],
    ],
    [
      'the reserved attribute client_id',
      { ...valid, claims: { client_id: 'sub' } },
      ['claims.client_id: a string; expected a claim name that is not reserved'],
    ],
  ])('is refused with %s', (_what, config, faults) => {
    expect(diagnoseAddon('sap_api', config)).toEqual(expect.arrayContaining(faults));
  });

  it('requires the certificate of the tenant', async () => {
    const lacking = (document: ConfigDocument) => {
      samlTenant(document);
      delete (document.tenants[0] as Record<string, unknown>).certificate;
      document.tenants[0]?.clients.push({ client_id: 'target', addons: { sap_api: valid } } as never);
    };
    const fault =
      'tenants[0].clients[4].addons.sap_api: a mapping; expected the tenant to have a certificate, for SAP to verify its signatures';
    await expect(testGateway(lacking)).rejects.toMatchObject({ name: 'ConfigError', message: fault });
  });
});
