import { createJwsSigner, type JwsSigner } from '../keys/jws.js';
import { type AddonContext, defineAddon } from './addon.js';
import { idTokenBody } from './credential.js';
import { keepClaims, mapClaims } from './shared/claim-path.js';

/**
 * A JWT for another application of the tenant, signed with that application's secret (HS256) or with the tenant's key
 * (RS256, PS256). It names the user and the calling application. Claims and body are those of Auth0's delegation
 * endpoint.
 */
export const app = defineAddon({
  name: 'app',
  apiType: 'APP',
  description: 'A JWT for the target application itself, signed with its secret or with the key of the tenant.',
  credential: {
    name: 'AppToken',
    description: 'A JWT for the target application, signed as its `jwt_configuration` says.',
    token: 'The JWT. Send it to the API of the target as `Authorization: Bearer …`.',
    fields: { audience: { type: 'ID', description: 'The `aud` claim: the client_id of the target application.' } },
  },
  create(_config, context) {
    const { tenant, client } = context;
    const sign = createSigner(context);
    if (!sign) return undefined;
    return {
      async issue({ userId, claims, scope, scopedClaims, callerClientId, chain, isRenewal, nowSeconds, deps }) {
        const expiresAt = Math.floor(Math.min(nowSeconds + client.lifetimeInSeconds, chain.expiresAt));
        const jti = deps.randomUUID();
        const token = await sign({
          ...scopedClaims,
          ...(isRenewal ? keepClaims(claims, client.claims) : mapClaims(claims, client.claims)),
          iss: tenant.issuer,
          sub: userId,
          aud: client.clientId,
          azp: callerClientId,
          iat: nowSeconds,
          exp: expiresAt,
          jti,
          ...chain.claims,
        });
        return {
          token,
          tokenType: 'Bearer',
          expiresAt,
          expiresIn: expiresAt - nowSeconds,
          fields: { audience: client.clientId },
          issued: { jti, scope: scope.join(' ') },
        };
      },
    };
  },
  legacyBody: idTokenBody,
});

/** Creates the signer of a client's tokens. */
function createSigner({ tenant, client, report }: AddonContext): JwsSigner | undefined {
  const { alg } = client;
  if (alg === 'HS256') {
    if (!client.secret) return report(['client_secret'], 'a secret to sign HS256 with');
    return createJwsSigner(client.secret, { alg, typ: 'JWT' });
  }
  if (!tenant.signingKey) return report([], `the tenant to have a signing_key for ${alg}`);
  return createJwsSigner(tenant.signingKey.privateKey, { alg, typ: 'JWT', kid: tenant.signingKey.kid });
}
