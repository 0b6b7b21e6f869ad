import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIREBASE_EMAIL, type TestGateway, testGateway } from '../../support/gateway.js';
import { rsaPair } from '../../support/keys.js';
import { GRANT_TYPE, postLegacy } from '../../support/legacy.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../../support/token-endpoint.js';

/** What the SDKs say of themselves: base64 of a name and a version. */
const TELEMETRY = { 'auth0-client': Buffer.from('{"name":"SDK","version":"1.0.0"}').toString('base64url') };

interface Shape {
  readonly call: string;
  readonly contentType: string;
  /** The body as the SDK builds it, with the tokens of that user. */
  body(tokens: { readonly idToken: string; readonly refreshToken: string }): Record<string, unknown>;
  /** The claims of the credential that tell an app token from one for Firebase. */
  readonly issued: Record<string, unknown>;
}

const JSON_TYPE = 'application/json';
const OKHTTP_JSON = 'application/json; charset=utf-8';

/** `mobile` has an add-on for Firebase, which it asks for without a target; `web` has none. */
const client = (client_id: string) => ({ client_id, grant_type: GRANT_TYPE });
const RENEWED = { aud: 'web', azp: 'web', sub: 'auth0|alice' };
const FIREBASE = { iss: FIREBASE_EMAIL, uid: 'auth0|alice' };

/**
 * The bodies that these sources build; all of them send JSON.
 *
 * - Auth0.swift 1: Auth0Authentication.swift, `delegation`, and the calls in Auth0's documentation
 * - Auth0.Android 1: AuthenticationAPIClient.java, `delegation…` and `renewAuth` of a client that is not OIDC conformant
 * - Lock for iOS 1: A0APIClient.m and A0AuthParameters.m, whose scope may bring the name of the device
 */
const SHAPES: readonly Shape[] = [
  {
    call: 'Auth0.swift 1: delegation(withParameters: ["id_token": …, "api_type": "firebase"])',
    contentType: JSON_TYPE,
    body: ({ idToken }) => ({ ...client('mobile'), id_token: idToken, api_type: 'firebase' }),
    issued: FIREBASE,
  },
  {
    call: 'Auth0.swift 1: delegation(withParameters: ["refresh_token": …])',
    contentType: JSON_TYPE,
    body: ({ refreshToken }) => ({ ...client('web'), refresh_token: refreshToken }),
    issued: RENEWED,
  },
  {
    call: 'Auth0.swift 1: delegation(withParameters: ["refresh_token": …, "scope": "openid email", "api_type": "app"])',
    contentType: JSON_TYPE,
    body: ({ refreshToken }) => ({
      ...client('web'),
      refresh_token: refreshToken,
      scope: 'openid email',
      api_type: 'app',
    }),
    issued: { ...RENEWED, email: 'alice@example.com' },
  },
  {
    call: 'Auth0.Android 1: delegationWithIdToken(idToken)',
    contentType: OKHTTP_JSON,
    body: ({ idToken }) => ({ ...client('web'), id_token: idToken, api_type: 'app' }),
    issued: RENEWED,
  },
  {
    call: 'Auth0.Android 1: delegationWithIdToken(idToken).setTarget("api").setScope("openid email")',
    contentType: OKHTTP_JSON,
    body: ({ idToken }) => ({
      ...client('web'),
      id_token: idToken,
      api_type: 'app',
      target: 'api',
      scope: 'openid email',
    }),
    issued: { aud: 'api', azp: 'web', email: 'alice@example.com' },
  },
  {
    call: 'Auth0.Android 1: delegationWithIdToken(idToken, "firebase")',
    contentType: OKHTTP_JSON,
    body: ({ idToken }) => ({ ...client('mobile'), id_token: idToken, api_type: 'firebase' }),
    issued: FIREBASE,
  },
  {
    call: 'Auth0.Android 1: delegationWithRefreshToken(refreshToken)',
    contentType: OKHTTP_JSON,
    body: ({ refreshToken }) => ({ ...client('web'), refresh_token: refreshToken, api_type: 'app' }),
    issued: RENEWED,
  },
  {
    call: 'Auth0.Android 1: renewAuth(refreshToken)',
    contentType: OKHTTP_JSON,
    body: ({ refreshToken }) => ({ refresh_token: refreshToken, ...client('web') }),
    issued: RENEWED,
  },
  {
    call: 'Lock for iOS 1: fetchNewIdTokenWithIdToken, default parameters',
    contentType: JSON_TYPE,
    body: ({ idToken }) => ({
      ...client('web'),
      id_token: idToken,
      api_type: 'app',
      scope: 'openid offline_access',
      device: 'Alice’s iPhone',
    }),
    issued: RENEWED,
  },
  {
    call: 'Lock for iOS 1: fetchDelegationTokenWithParameters, api_type firebase',
    contentType: JSON_TYPE,
    body: ({ idToken }) => ({ ...client('mobile'), id_token: idToken, api_type: 'firebase' }),
    issued: FIREBASE,
  },
];

describe('requests of the mobile SDKs of Auth0', () => {
  let gateway: TestGateway;
  let idp: TokenEndpoint;
  const claims = { email: 'alice@example.com' };

  beforeAll(async () => {
    idp = await tokenEndpoint(async (_request, response) =>
      json(response, { id_token: await gateway.idToken(claims) }),
    );
    gateway = await testGateway((config) => {
      const tenant = config.tenants[0]!;
      Object.assign(tenant.issuers[0]!, { token_endpoint: idp.url });
      Object.assign(tenant.clients[0]!, { refresh_token_delegation: true });
      const firebase = { client_email: FIREBASE_EMAIL, private_key: rsaPair('firebase').pem };
      tenant.clients.push({ client_id: 'mobile', name: 'Mobile app', addons: { firebase } } as never);
      config.rate_limit = { burst: 100, per_user: false };
    });
  });
  afterAll(() => idp?.close());

  it.each(SHAPES.map((shape) => [shape.call, shape] as const))('%s', async (_call, { contentType, body, issued }) => {
    const aud = body({ idToken: '', refreshToken: '' }).client_id;
    const tokens = { idToken: await gateway.idToken({ ...claims, aud }), refreshToken: 'v1.refresh-token' };
    const answer = await postLegacy(gateway, JSON.stringify(body(tokens)), contentType, { headers: TELEMETRY });
    expect(answer.status).toBe(200);
    // Lock for Android fails unless all three are there.
    expect(answer.body).toEqual({
      id_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    });
    const [, payload] = answer.body.id_token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject(issued);
  });

  it('a refusal is JSON with error and error_description, which all of them read', async () => {
    const body = JSON.stringify({ ...client('web'), id_token: 'not.a.token', api_type: 'app' });
    const answer = await postLegacy(gateway, body, OKHTTP_JSON, { headers: TELEMETRY });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body).toEqual({ error: 'invalid_token', error_description: expect.any(String) });
  });
});
