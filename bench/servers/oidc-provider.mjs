import { createPrivateKey } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { listen } from './listen.mjs';
import { settings } from './settings.mjs';

// A token exchange (RFC 8693) as a grant of oidc-provider: it has no such grant itself, and shows how to register one.

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const { issuer, audiences, jwksUri, tenantIssuer } = settings;
const keys = createRemoteJWKSet(new URL(jwksUri));

const provider = new Provider(tenantIssuer, {
  clients: [
    {
      client_id: audiences.RS256,
      token_endpoint_auth_method: 'none',
      grant_types: [TOKEN_EXCHANGE],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: {
    keys: [
      { ...createPrivateKey(settings.tenantKey).export({ format: 'jwk' }), kid: 'tenant-1', alg: 'RS256', use: 'sig' },
    ],
  },
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => describeResource(resource),
    },
  },
});
provider.registerGrantType(TOKEN_EXCHANGE, exchange, ['subject_token', 'subject_token_type', 'resource']);

function describeResource(audience) {
  return {
    audience,
    scope: '',
    accessTokenFormat: 'jwt',
    accessTokenTTL: 36_000,
    jwt: { sign: { alg: 'RS256' } },
  };
}

async function exchange(context) {
  const { client, params } = context.oidc;
  const { payload } = await jwtVerify(params.subject_token, keys, {
    issuer,
    audience: client.clientId,
    algorithms: ['RS256'],
  }).catch(() => {
    throw new errors.InvalidGrant('the subject token does not verify');
  });
  const token = new provider.AccessToken({ client, accountId: payload.sub, gty: 'token_exchange' });
  token.resourceServer = new provider.ResourceServer(params.resource, describeResource(params.resource));
  context.body = {
    access_token: await token.save(),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: token.tokenType,
    expires_in: token.expiration,
  };
}

listen(provider.callback());
