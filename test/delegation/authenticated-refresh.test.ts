import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuthenticationGateway,
  authenticationGateway,
  BACKEND_SECRET,
  OTHER_SECRET,
  toParameters,
} from '../support/client-authentication.js';
import { postForm } from '../support/legacy.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../support/token-endpoint.js';

const REFRESH_TOKEN = 'v1.a-refresh-token-of-alice';
const ROTATED = 'v1.the-next-refresh-token-of-alice';
const MISSING =
  'UNAUTHORIZED_CLIENT: The calling application must authenticate when it sends a refresh token, because it has a secret';

let idp: TokenEndpoint;
beforeEach(async () => {
  idp = await tokenEndpoint((_request, response) => json(response, {}, 500));
});
afterEach(() => idp.close());

async function refreshGateway(fields: Record<string, unknown> = {}): Promise<AuthenticationGateway> {
  const gateway = await authenticationGateway((config, backend) => {
    Object.assign(config.tenants[0]?.issuers[0] ?? {}, { token_endpoint: idp.url });
    Object.assign(backend, { refresh_token_delegation: true, ...fields });
  });
  idp.answer = async (_request, response) =>
    json(response, { id_token: await gateway.idToken({ aud: 'backend' }), refresh_token: ROTATED });
  return gateway;
}

type Authenticate = (gateway: AuthenticationGateway) => { secret?: string; assertion?: string } | undefined;

async function outcomes(gateway: AuthenticationGateway, authenticate: Authenticate): Promise<[string, string]> {
  const authentication = authenticate(gateway);
  const { errors, data } = await gateway.delegate({
    clientId: 'backend',
    subjectToken: { refreshToken: REFRESH_TOKEN },
    ...(authentication && { clientAuthentication: authentication }),
  });
  const { body } = await postForm(gateway, {
    client_id: 'backend',
    refresh_token: REFRESH_TOKEN,
    ...toParameters(authenticate(gateway)),
  });
  return [
    errors ? `${errors[0].extensions.code}: ${errors[0].message}` : data.delegate.refreshToken,
    body.error ? `${body.error.toUpperCase()}: ${body.error_description}` : body.refresh_token,
  ];
}

const none: Authenticate = () => undefined;
const bySecret: Authenticate = () => ({ secret: BACKEND_SECRET });

describe('a refresh token of a client that has a secret', () => {
  it.each<[string, Record<string, unknown>, Authenticate]>([
    ['and authenticates by it', {}, bySecret],
    ['and authenticates by an assertion', {}, (gateway) => ({ assertion: gateway.assertion() })],
    ['and unauthenticated_refresh', { unauthenticated_refresh: true }, none],
    ['and the method none', { token_endpoint_auth_method: 'none' }, none],
  ])('%s is exchanged', async (_what, fields, authenticate) => {
    const gateway = await refreshGateway(fields);
    expect(await outcomes(gateway, authenticate)).toEqual([ROTATED, ROTATED]);
    expect(idp.requests).toHaveLength(2);
    expect(gateway.log.audits().map(({ authenticated }) => authenticated)).toEqual(
      Array(2).fill(authenticate !== none),
    );
  });

  it.each<[string, Record<string, unknown>, Authenticate, string]>([
    ['without authentication', {}, none, MISSING],
    [
      'without authentication, with client_secret_basic',
      { token_endpoint_auth_method: 'client_secret_basic' },
      none,
      MISSING,
    ],
    [
      'with a wrong secret',
      {},
      () => ({ secret: OTHER_SECRET }),
      'UNAUTHORIZED_CLIENT: The client secret is not one of the calling application',
    ],
    [
      'with a wrong secret, where none is needed',
      { unauthenticated_refresh: true },
      () => ({ secret: OTHER_SECRET }),
      'UNAUTHORIZED_CLIENT: The client secret is not one of the calling application',
    ],
    [
      'with a forged assertion',
      {},
      () => ({ assertion: 'a.b.c' }),
      'UNAUTHORIZED_CLIENT: The client assertion does not verify: a part of it is not canonical base64url',
    ],
    [
      'without authentication, with require_authentication',
      { require_authentication: true, unauthenticated_refresh: true },
      none,
      'UNAUTHORIZED_CLIENT: The calling application must authenticate',
    ],
  ])('%s is refused before the identity provider is called', async (_what, fields, authenticate, refusal) => {
    const gateway = await refreshGateway(fields);
    expect(await outcomes(gateway, authenticate)).toEqual([refusal, refusal]);
    expect(idp.requests).toHaveLength(0);
    expect(gateway.log.audits()).toMatchObject(Array(2).fill({ audit: 'fd', authenticated: false, client: 'backend' }));
  });

  it('leaves its ID tokens as they were: they need no authentication', async () => {
    expect(await (await refreshGateway()).ask('delegation')).toBe('issued');
  });
});

describe('a refresh token of a client without a secret', () => {
  it.each<[string, Record<string, unknown>]>([
    ['and without keys', { jwks: undefined }],
    ['and with keys for assertions', {}],
    ['and with an empty one', { client_secret: '' }],
  ])('%s needs no authentication', async (_what, fields) => {
    const gateway = await refreshGateway({ client_secret: undefined, ...fields });
    expect(await outcomes(gateway, none)).toEqual([ROTATED, ROTATED]);
  });
});
