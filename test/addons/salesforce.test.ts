import { createPublicKey, createSign } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { salesforce } from '../../src/addons/salesforce.js';
import { testClock } from '../support/clock.js';
import { baseConfig, type ConfigDocument, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { type Upstream, upstream } from '../support/upstream.js';

const PRODUCTION = 'https://login.salesforce.com';
const SANDBOX = 'https://test.salesforce.com';
const COMMUNITY = { communityName: 'acme', community_url_section: 'members' };
const COMMUNITY_URL = 'https://acme.force.com/members';
const CONSUMER_KEY = '3MVG9-consumer-key';
const ACCESS_TOKEN =
  '00D50000000IZ3Z!AQ0AQDpEDKYsn7ioKug2aSmgCjgrPjG9eRLza8jXWoW7uA90V39rvQaIy1FGxjFHN1ZtusBGljncdEi8eRiuit1QdQ1Z2KSV';
const INSTANCE = 'https://acme.my.salesforce.com';

/** The settings of an org and of its Connected App. */
interface Org {
  readonly consumerKey?: string;
  readonly audience?: string;
  readonly users?: readonly string[];
  /** Seconds that the clock of the org is ahead. */
  readonly ahead?: number;
  /** Whether the org has the certificate of the tenant. Default: true. */
  readonly knowsKey?: boolean;
  readonly answer?: Record<string, unknown>;
}

interface Setup {
  readonly gateway: TestGateway;
  readonly endpoint: Upstream;
}

/**
 * Creates a gateway whose client `crm` gets its tokens from an org on a real socket. The org verifies an assertion with
 * jsonwebtoken and the published key of the gateway, by the rules that Salesforce documents.
 */
async function setup(org: Org = {}, addon: Record<string, unknown> = {}, name = 'salesforce_api'): Promise<Setup> {
  const clock = testClock();
  const verify = async (form: URLSearchParams) => {
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'unsupported_grant_type';
    const assertion = form.get('assertion') ?? '';
    const { kid } = jwt.decode(assertion, { complete: true })?.header ?? {};
    const { keys } = await (
      await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), { remoteAddress: '192.0.2.1' })
    ).json();
    const published = keys.find((key: { kid: string }) => key.kid === kid);
    const key =
      org.knowsKey === false ? rsaPair('another').publicKey : createPublicKey({ key: published, format: 'jwk' });
    const now = clock.seconds() + (org.ahead ?? 0);
    try {
      const claims = jwt.verify(assertion, key, {
        algorithms: ['RS256'],
        clockTimestamp: now,
        audience: org.audience ?? PRODUCTION,
      });
      if (typeof claims === 'string' || typeof claims.exp !== 'number') return 'invalid_grant';
      if (claims.exp - now > 180) return 'expires-too-late';
      if (claims.iss !== (org.consumerKey ?? CONSUMER_KEY)) return 'invalid_client_id';
      return (org.users ?? ['alice@example.com']).includes(claims.sub ?? '') ? undefined : 'user-not-approved';
    } catch (error) {
      return (error as Error).message.replaceAll(/[^\w]+/g, '-').slice(0, 64);
    }
  };
  const endpoint = await upstream(async (request, response) => {
    const refusal = await verify(new URLSearchParams(endpoint.bodies.at(-1)));
    const answer = org.answer ?? {
      access_token: ACCESS_TOKEN,
      instance_url: INSTANCE,
      scope: 'api id',
      token_type: 'Bearer',
    };
    response
      .writeHead(refusal === undefined ? 200 : 400, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          refusal === undefined ? { ...answer, asked: request.url } : { error: refusal, error_description: 'canary' },
        ),
      );
  });
  const gateway = await testGateway(
    withAddon(name, { token_endpoint: `${endpoint.url}/services/oauth2/token`, ...addon }),
    { clock },
  );
  return { gateway, endpoint };
}

function withAddon(name: string, addon: Record<string, unknown>) {
  return (config: ConfigDocument) => {
    config.tenants[0]?.clients.push({
      client_id: 'crm',
      name: 'CRM',
      allowed_clients: ['web'],
      addons: { [name]: { clientid: CONSUMER_KEY, principal: 'email', ...addon } },
    } as never);
  };
}

const QUERY = /* GraphQL */ `
  mutation ($input: DelegateInput!) {
    delegate(input: $input) {
      credential { __typename token tokenType apiType expiresAt expiresIn ... on SalesforceAccessToken { instanceUrl scope } }
      rateLimit { remaining }
    }
  }
`;

async function delegate(
  { gateway }: Pick<Setup, 'gateway'>,
  input: Record<string, unknown> = {},
  claims: Record<string, unknown> = {},
) {
  const token = await gateway.idToken({ email: 'alice@example.com', email_verified: true, ...claims });
  return gateway.graphql(QUERY, { token, variables: { input: { target: 'crm', ...input } } });
}

/** Decodes the last assertion that the endpoint received. */
function readAssertion({ endpoint }: Setup) {
  return jwt.decode(new URLSearchParams(endpoint.bodies.at(-1)).get('assertion') ?? '', { complete: true });
}

describe('a Salesforce access token', () => {
  it('is issued by an org that verifies the assertion with jsonwebtoken and the published key', async () => {
    const parts = await setup();
    const { status, data } = await delegate(parts);
    expect(status).toBe(200);
    expect(data.delegate).toEqual({
      credential: {
        __typename: 'SalesforceAccessToken',
        token: ACCESS_TOKEN,
        tokenType: 'Bearer',
        apiType: 'SALESFORCE_API',
        expiresAt: null,
        expiresIn: null,
        instanceUrl: INSTANCE,
        scope: 'api id',
      },
      rateLimit: { remaining: 9 },
    });
  });

  it.each<[string, string, Record<string, unknown>, string, string]>([
    ['production', 'salesforce_api', {}, PRODUCTION, 'SALESFORCE_API'],
    ['a sandbox', 'salesforce_sandbox_api', {}, SANDBOX, 'SALESFORCE_SANDBOX_API'],
    ['a community', 'salesforce_api', COMMUNITY, COMMUNITY_URL, 'SALESFORCE_API'],
    ['a community of a sandbox', 'salesforce_sandbox_api', COMMUNITY, COMMUNITY_URL, 'SALESFORCE_SANDBOX_API'],
    [
      'a community without a path',
      'salesforce_api',
      { communityName: 'acme' },
      'https://acme.force.com',
      'SALESFORCE_API',
    ],
    [
      'production, if an export has an empty community',
      'salesforce_api',
      { communityName: '', community_url_section: '' },
      PRODUCTION,
      'SALESFORCE_API',
    ],
    [
      'a configured audience',
      'salesforce_api',
      { ...COMMUNITY, audience: 'https://acme.my.site.com' },
      'https://acme.my.site.com',
      'SALESFORCE_API',
    ],
  ])('is requested with the audience of %s', async (_what, name, addon, audience, apiType) => {
    const parts = await setup({ audience }, addon, name);
    const { data } = await delegate(parts, { apiType });
    expect(data.delegate.credential).toMatchObject({ token: ACCESS_TOKEN, apiType });
    expect(parts.gateway.log.audits().at(-1)?.issued).toEqual({
      instanceUrl: INSTANCE,
      scope: 'api id',
      expiresAt: null,
    });
    expect(readAssertion(parts)?.payload).toMatchObject({ aud: audience });
  });

  it.each([
    [PRODUCTION, 'salesforce_api', {}],
    [SANDBOX, 'salesforce_sandbox_api', {}],
    [COMMUNITY_URL, 'salesforce_api', COMMUNITY],
  ])('is requested from %s/services/oauth2/token', async (origin, name, addon) => {
    const asked: string[] = [];
    const gateway = await testGateway(withAddon(name, addon), {
      deps: {
        fetch: async (url) => {
          asked.push(String(url));
          return Response.json({ access_token: ACCESS_TOKEN, instance_url: INSTANCE });
        },
      },
    });
    expect((await delegate({ gateway })).data.delegate.credential).toMatchObject({ token: ACCESS_TOKEN, scope: null });
    expect(asked).toEqual([`${origin}/services/oauth2/token`]);
  });

  it('has the legacy body of Auth0', () => {
    const fields = { instanceUrl: INSTANCE, scope: 'api id' };
    const credential = {
      token: ACCESS_TOKEN,
      tokenType: 'Bearer',
      expiresAt: null,
      expiresIn: null,
      fields,
      issued: { instanceUrl: INSTANCE },
    };
    expect(JSON.stringify(salesforce.legacyBody(credential))).toBe(
      `{"scope":"api id","instance_url":"${INSTANCE}","token_type":"Bearer","access_token":"${ACCESS_TOKEN}"}`,
    );
    expect(salesforce.legacyBody({ ...credential, fields: { ...fields, scope: null } })).not.toHaveProperty('scope');
  });
});

describe('the assertion', () => {
  it('has exactly these bytes', async () => {
    const parts = await setup();
    await delegate(parts);
    const tenantKey = rsaPair('tenant').privateKey;
    const { kid } = readAssertion(parts)?.header ?? {};
    const encode = (text: string) => Buffer.from(text).toString('base64url');
    const signed = `${encode(`{"alg":"RS256","typ":"JWT","kid":"${kid}"}`)}.${encode(
      `{"iss":"${CONSUMER_KEY}","sub":"alice@example.com","aud":"${PRODUCTION}","iat":1767225600,"exp":1767225720}`,
    )}`;
    const signature = createSign('sha256').update(signed).sign(tenantKey, 'base64url');
    expect(parts.endpoint.bodies).toEqual([
      `grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=${signed}.${signature}`,
    ]);
  });

  it.each<[string, Org, string]>([
    ['signed with a key unknown to the org', { knowsKey: false }, 'invalid-signature'],
    ['from an unknown consumer key', { consumerKey: 'another' }, 'invalid_client_id'],
    ['for another audience', { audience: SANDBOX }, 'jwt-audience-invalid-expected-https-test-salesforce-com'],
    ['for a user who is not approved', { users: ['bob@example.com'] }, 'user-not-approved'],
    ['that has expired', { ahead: 120 }, 'jwt-expired'],
    ['that expires in more than three minutes', { ahead: -61 }, 'expires-too-late'],
  ])('is refused with the code of the org: %s', async (_what, org, code) => {
    const parts = await setup(org);
    const { status, errors, text } = await delegate(parts);
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: `Salesforce refused: ${code}`,
      extensions: { code: 'UPSTREAM_REFUSED', upstreamCode: code },
    });
    expect(text).not.toContain('canary');
    expect(parts.gateway.log.lines.join('')).not.toContain('canary');
  });

  it('is accepted for two minutes, and by a clock that is one minute behind', async () => {
    for (const ahead of [119, -60]) {
      const { errors } = await delegate(await setup({ ahead }));
      expect(errors).toBeUndefined();
    }
  });
});

describe('the user name', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['the claim of principal', { principal: 'salesforce.username' }, { salesforce: { username: 'a@crm' } }, 'a@crm'],
    ['the user id, for user_id', { principal: 'user_id' }, {}, 'auth0|alice'],
    ['exactly 80 characters', {}, { email: 'a'.repeat(80) }, 'a'.repeat(80)],
    ['sent unchanged with any characters', {}, { email: 'al "ice\\\n\u2028é😀' }, 'al "ice\\\n\u2028é😀'],
  ])('is %s', async (_what, addon, claims, username) => {
    const parts = await setup({ users: [username] }, addon);
    expect((await delegate(parts, {}, claims)).errors).toBeUndefined();
    expect(readAssertion(parts)?.payload).toMatchObject({ sub: username });
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', ['alice@example.com']],
    ['empty', ''],
    ['longer than 80 characters', 'a'.repeat(81)],
    ['not well-formed: a lone surrogate', 'alice\ud800'],
  ])('is refused before the org is called: %s', async (_what, email) => {
    const parts = await setup();
    const { status, errors } = await delegate(parts, {}, { email });
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: 'The claim "email" must be a Salesforce username: a string of 1 to 80 characters',
      extensions: { code: 'INVALID_REQUEST' },
    });
    expect(parts.endpoint.bodies).toEqual([]);
  });
});

describe('a community in the request', () => {
  it('may be the configured one', async () => {
    const parts = await setup({ audience: COMMUNITY_URL }, COMMUNITY);
    for (const asked of [
      { communityName: 'acme', communityUrlSection: 'members' },
      { communityName: 'acme' },
      { communityUrlSection: 'members' },
      { communityName: null },
      {},
    ]) {
      expect((await delegate(parts, { salesforce: asked })).errors).toBeUndefined();
      expect(readAssertion(parts)?.payload).toMatchObject({ aud: COMMUNITY_URL });
    }
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['another name', COMMUNITY, { communityName: 'evil', communityUrlSection: 'members' }, 'communityName'],
    ['another path', COMMUNITY, { communityName: 'acme', communityUrlSection: 'admins' }, 'communityUrlSection'],
    ['the name in another case', COMMUNITY, { communityName: 'ACME' }, 'communityName'],
    ['an empty name', COMMUNITY, { communityName: '' }, 'communityName'],
    ['a name if none is configured', {}, { communityName: 'acme' }, 'communityName'],
    [
      'a path if none is configured',
      { communityName: 'acme' },
      { communityUrlSection: 'members' },
      'communityUrlSection',
    ],
  ])('is refused: %s', async (_what, addon, asked, field) => {
    const parts = await setup({}, addon);
    const { status, errors } = await delegate(parts, { salesforce: asked });
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: `salesforce.${field} must match the community that the target is configured for`,
      extensions: { code: 'INVALID_REQUEST' },
    });
    expect(parts.endpoint.bodies).toEqual([]);
  });
});

describe('an answer of the org', () => {
  it.each<[string, Record<string, unknown>]>([
    ['access_token', { instance_url: INSTANCE }],
    ['instance_url', { access_token: ACCESS_TOKEN }],
    ['an access_token that is a string', { access_token: 7, instance_url: INSTANCE }],
    ['an access_token that is not empty', { access_token: '', instance_url: INSTANCE }],
  ])('is refused without %s', async (_what, answer) => {
    const { status, errors } = await delegate(await setup({ answer }));
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: 'Salesforce gave an answer without access_token or instance_url',
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    });
  });
});

describe('the configuration of salesforce_api', () => {
  const diagnose = (addon: Record<string, unknown>, change: (config: ConfigDocument) => void = () => {}) =>
    testGateway((config) => {
      withAddon('salesforce_api', addon)(config);
      change(config);
    }).then(
      () => [],
      (error: Error) => error.message.split('\n'),
    );
  const at = `tenants[0].clients[${baseConfig().tenants[0]?.clients.length}].addons.salesforce_api`;

  it.each<[Record<string, unknown>, string]>([
    [{ clientid: undefined }, `${at}.clientid: missing; expected a string`],
    [{ principal: undefined }, `${at}.principal: missing; expected a string`],
    [
      { communityName: 'acme.evil' },
      `${at}.communityName: a string; expected the first label of the host of the community`,
    ],
    [
      { communityName: 'acme', community_url_section: '../x' },
      `${at}.community_url_section: a string; expected the path of the community, without a leading or trailing slash`,
    ],
    [
      { community_url_section: 'members' },
      `${at}.communityName: missing; expected the name of the community that community_url_section belongs to`,
    ],
    [
      { token_endpoint: 'http://login.example.com/token' },
      `${at}.token_endpoint: a string; expected an https URL without credentials or fragment (http for loopback hosts only)`,
    ],
  ])('refuses %j', async (addon, fault) => {
    expect(await diagnose(addon)).toEqual([fault]);
  });

  it('requires the signing_key of the tenant', async () => {
    expect(
      await diagnose({}, (config) => {
        Object.assign(config.tenants[0] as object, { signing_key: undefined });
      }),
    ).toEqual([`${at}: a mapping; expected the tenant to have a signing_key, to sign what Salesforce verifies`]);
  });
});
