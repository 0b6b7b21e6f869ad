import { describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { ERROR_CODES, type ErrorCode, MASKED_MESSAGE } from '../../src/errors.js';
import { BACKEND_SECRET } from '../support/client-authentication.js';
import { type ConfigDocument, type TestGateway, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';
import { type Upstream, upstream } from '../support/upstream.js';

const REFRESH_TOKEN = 'v1.a-refresh-token-that-the-provider-refuses';
const TARGETED = { client: 'web', user: 'auth0|alice' };
const EARLIER = { user: undefined };

/** A delegation, whichever endpoint it comes through. */
interface Asked {
  readonly claims?: Record<string, unknown>;
  /** In place of the ID token. */
  readonly token?: string;
  readonly refreshToken?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly target?: string;
  readonly apiType?: string;
  readonly scope?: string;
}

interface Cause extends Asked {
  readonly cause: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** What else the event says. */
  readonly event: Record<string, unknown>;
  /** How many delegations succeed before. */
  readonly after?: number;
  readonly config?: (config: ConfigDocument) => void;
}

const rule = (text: string) => `The subject token does not verify: ${text}`;

const CAUSES: readonly Cause[] = [
  {
    cause: 'a claim that a credential needs is missing',
    code: 'INVALID_REQUEST',
    message: 'The claim "email" must be a Salesforce username: a string of 1 to 80 characters',
    target: 'sales',
    event: { ...TARGETED, target: 'sales', apiType: 'SALESFORCE_API' },
  },
  {
    cause: 'the token is too long',
    code: 'INVALID_REQUEST',
    message: 'The subject token is longer than 16384 bytes',
    token: 'a'.repeat(16_385),
    event: EARLIER,
  },
  {
    cause: 'the token is no JWT',
    code: 'INVALID_TOKEN',
    message: rule('it is not a JWT in compact form'),
    token: 'no-jwt',
    event: { ...EARLIER, claimed: undefined },
  },
  {
    cause: 'the issuer is unknown',
    code: 'INVALID_TOKEN',
    message: rule('its issuer (iss) is not configured for this tenant'),
    claims: { iss: 'https://other.example.com/' },
    event: { ...EARLIER, claimed: { iss: 'https://other.example.com/', aud: 'web', kid: 'idp-1' } },
  },
  {
    cause: 'the token has expired',
    code: 'INVALID_TOKEN',
    message: rule('it has expired (exp)'),
    claims: { exp: 1 },
    event: EARLIER,
  },
  {
    cause: 'it is an access token',
    code: 'INVALID_TOKEN',
    message: rule('an access token (scp) is not an ID token'),
    claims: { scp: 'openid' },
    event: EARLIER,
  },
  {
    cause: 'its user is denied',
    code: 'INVALID_TOKEN',
    message: rule('its user is among the denied_subjects of the tenant'),
    claims: { sub: 'auth0|banned' },
    event: EARLIER,
  },
  {
    cause: 'the identity provider refuses the refresh token',
    code: 'INVALID_TOKEN',
    message: 'The identity provider refused the refresh token (invalid_grant)',
    clientId: 'refresher',
    refreshToken: REFRESH_TOKEN,
    event: { client: 'refresher' },
  },
  {
    cause: 'the client is unknown',
    code: 'UNAUTHORIZED_CLIENT',
    message: 'clientId names no application of this tenant',
    clientId: 'nobody',
    event: { client: undefined, claimed: undefined, tokenSha256: expect.any(String) },
  },
  {
    cause: 'the client does not authenticate',
    code: 'UNAUTHORIZED_CLIENT',
    message: 'The calling application must authenticate',
    claims: { aud: 'backend' },
    clientId: 'backend',
    event: { client: 'backend', authenticated: false },
  },
  {
    cause: 'the client has another secret',
    code: 'UNAUTHORIZED_CLIENT',
    message: 'The client secret is not one of the calling application',
    claims: { aud: 'backend' },
    clientId: 'backend',
    secret: 'another-secret-0123456789-abcdefghijklm',
    event: { client: 'backend', authenticated: false },
  },
  {
    cause: 'the target does not allow the client',
    code: 'UNAUTHORIZED_CLIENT',
    message: 'The calling application is not among the allowed_clients of the target',
    target: 'private',
    event: { ...TARGETED, target: 'private' },
  },
  {
    cause: 'the client may not use refresh tokens',
    code: 'UNAUTHORIZED_CLIENT',
    message: 'The calling application may not use refresh tokens',
    refreshToken: REFRESH_TOKEN,
    event: { client: 'web' },
  },
  {
    cause: 'the tenant has not enabled delegation',
    code: 'DELEGATION_DISABLED',
    message: 'This tenant has not enabled delegation',
    config: ({ tenants }) => Object.assign(tenants[0] as object, { delegation: { enabled: false } }),
    event: EARLIER,
  },
  {
    cause: 'the target is unknown',
    code: 'INVALID_TARGET',
    message: 'target names no application of this tenant',
    target: 'nowhere',
    event: { ...TARGETED, target: undefined },
  },
  {
    cause: 'the target has no such add-on',
    code: 'ADDON_NOT_CONFIGURED',
    message: 'The target is not configured for apiType FIREBASE',
    target: 'api',
    apiType: 'FIREBASE',
    event: { ...TARGETED, target: 'api', apiType: 'FIREBASE' },
  },
  {
    cause: 'the scope is none',
    code: 'INVALID_SCOPE',
    message: 'scope must consist of scope values as defined in RFC 6749 §3.3',
    scope: '"',
    event: TARGETED,
  },
  {
    cause: 'the bucket is empty',
    code: 'RATE_LIMITED',
    message: 'The user has no delegation left; the next one is possible in 60 s',
    after: 10,
    event: { ...TARGETED, audit: 'limit_delegation' },
  },
  {
    cause: 'a service refuses',
    code: 'UPSTREAM_REFUSED',
    message: 'Salesforce refused: inactive_user',
    target: 'sales',
    claims: { email: 'alice@example.com', email_verified: true },
    event: { ...TARGETED, target: 'sales', upstreamCode: 'inactive_user' },
  },
  {
    cause: 'a service fails',
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'Salesforce answered with status 500',
    target: 'failing-sales',
    claims: { email: 'alice@example.com', email_verified: true },
    event: { ...TARGETED, target: 'failing-sales', upstreamCode: undefined },
  },
  {
    cause: 'an add-on has a bug',
    code: 'INTERNAL',
    message: MASKED_MESSAGE,
    target: 'api',
    apiType: 'WAMS',
    event: { ...TARGETED, target: 'api', apiType: 'WAMS' },
  },
];

/** An add-on that fails with an error that nobody expects. */
const BUG: AddonDefinition = {
  ...(ADDONS.find(({ name }) => name === 'wams') as AddonDefinition),
  config: (fields) => fields.object({}),
  create: () => ({
    issue: () => {
      throw new Error('inner detail');
    },
  }),
};

describe.each(['graphql', 'delegation'] as const)('the audit event of a refusal at the endpoint %s', (endpoint) => {
  it.each(CAUSES)('has the code and the message that the caller got: $code, $cause', async (cause) => {
    const gateway = await refusingGateway(cause);
    for (let count = 0; count < (cause.after ?? 0); count++) await ask(gateway, endpoint, cause);
    const answered = await ask(gateway, endpoint, cause);
    expect(answered).toEqual({
      code: endpoint === 'graphql' ? cause.code : ERROR_CODES[cause.code].legacy,
      message: cause.message,
    });
    const event = gateway.log.audits().at(-1) ?? {};
    const expected = {
      audit: 'fd',
      endpoint,
      time: new Date(gateway.clock.now()).toISOString(),
      tenant: 'acme',
      ip: '192.0.2.1',
      requestId: expect.any(String),
      durationMs: 0,
      code: cause.code,
      message: cause.message,
      issued: undefined,
      ...cause.event,
    };
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, event[name]]))).toEqual(expected);
    expect(gateway.log.audits()).toHaveLength((cause.after ?? 0) + 1);
  });
});

describe('the causes of these tests', () => {
  it('have every code', () => {
    expect(new Set(CAUSES.map(({ code }) => code))).toEqual(new Set(Object.keys(ERROR_CODES)));
  });

  it('can be told apart by code and message', () => {
    expect(new Set(CAUSES.map(({ code, message }) => `${code} ${message}`)).size).toBe(CAUSES.length);
  });
});

async function refusingGateway({ config: change }: Cause): Promise<TestGateway> {
  const service: Upstream = await upstream(({ url }, response) => {
    const [status, error] = SERVICES[url as keyof typeof SERVICES];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  });
  const addons = [...ADDONS.filter(({ name }) => name !== BUG.name), BUG];
  return testGateway(
    (config) => {
      const [tenant] = config.tenants;
      Object.assign(tenant as object, { denied_subjects: ['auth0|banned'] });
      Object.assign(tenant?.issuers[0] as object, { token_endpoint: `${service.url}/refresh` });
      const api = tenant?.clients.find(({ client_id }) => client_id === 'api');
      Object.assign(api as object, { addons: { wams: {} } });
      const sales = (client_id: string, path: string) => ({
        client_id,
        allowed_clients: ['web'],
        addons: { salesforce_api: { clientid: 'app', principal: 'email', token_endpoint: service.url + path } },
      });
      const more: object[] = [
        { client_id: 'refresher', refresh_token_delegation: true, token_endpoint_auth_method: 'none' },
        { client_id: 'backend', client_secret: BACKEND_SECRET, require_authentication: true },
        sales('sales', '/refuses'),
        sales('failing-sales', '/fails'),
      ];
      tenant?.clients.push(...(more as never[]));
      change?.(config);
    },
    { addons },
  );
}

const SERVICES = {
  '/refresh': [400, 'invalid_grant'],
  '/refuses': [400, 'inactive_user'],
  '/fails': [500, 'broken'],
} as const;

/** Delegates, and returns the code and message of the refusal; undefined when there is none. */
async function ask(gateway: TestGateway, endpoint: 'graphql' | 'delegation', asked: Asked) {
  const { clientId = 'web', secret, target = 'api', apiType, scope, refreshToken, claims } = asked;
  const idToken = asked.token ?? (await gateway.idToken(claims));
  if (endpoint === 'graphql') {
    const { errors } = await gateway.delegate({
      clientId,
      target,
      ...(apiType !== undefined && { apiType }),
      ...(scope !== undefined && { scope: [scope] }),
      ...(secret !== undefined && { clientAuthentication: { secret } }),
      subjectToken: refreshToken === undefined ? { idToken } : { refreshToken },
    });
    return errors && { code: errors[0].extensions.code, message: errors[0].message };
  }
  const { status, body } = await postForm(gateway, {
    client_id: clientId,
    target,
    ...(apiType !== undefined && { api_type: apiType.toLowerCase() }),
    ...(scope !== undefined && { scope }),
    ...(secret !== undefined && { client_secret: secret }),
    ...(refreshToken === undefined ? { id_token: idToken } : { refresh_token: refreshToken }),
  });
  return status === 200 ? undefined : { code: body.error, message: body.error_description };
}
