import { APP_SECRET, baseConfig, type ConfigDocument, ISSUER, type TestGateway, testGateway } from './gateway.js';
import { compactToken, type Signer, signers } from './identity-provider.js';
import { ecPair, ed25519Pair, publicJwk, rsaPair } from './keys.js';

export const ENCODED_SECRET = Buffer.from(APP_SECRET).toString('base64');

/** The test identity provider's signers by algorithm. Its JWKS has the key of each. */
export const IDP = {
  RS256: { kid: 'rsa-1', signer: signers.RS256(rsaPair('idp').privateKey) },
  PS256: { kid: 'rsa-1', signer: signers.PS256(rsaPair('idp').privateKey) },
  ES256: { kid: 'ec-1', signer: signers.ES256(ecPair('idp').privateKey) },
  EdDSA: { kid: 'ed-1', signer: signers.EdDSA(ed25519Pair('idp').privateKey) },
} as const;

export const IDP_JWKS = {
  keys: [
    publicJwk(rsaPair('idp'), { kid: 'rsa-1' }),
    publicJwk(ecPair('idp'), { kid: 'ec-1', alg: 'ES256' }),
    publicJwk(ed25519Pair('idp'), { kid: 'ed-1', alg: 'EdDSA' }),
  ],
};

/**
 * The usual tenant, with an issuer that lists every algorithm and the clients `web` (RS256), `ps` (PS256), `api` (HS256)
 * and `encoded` (HS256 with a base64 secret).
 */
export function callerConfig(config: ConfigDocument = baseConfig() as ConfigDocument): ConfigDocument {
  const [tenant] = config.tenants;
  Object.assign(tenant?.issuers[0] as object, {
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'],
    jwks: IDP_JWKS,
  });
  tenant?.clients.push(
    { client_id: 'ps', name: 'PS', jwt_configuration: { alg: 'PS256' } } as never,
    {
      client_id: 'encoded',
      name: 'Encoded',
      client_secret: ENCODED_SECRET,
      jwt_configuration: { alg: 'HS256', secret_encoded: true },
    } as never,
  );
  return config;
}

export interface CallerGateway extends TestGateway {
  /** The claims of a valid ID token for `web`, with the given changes; `undefined` removes a claim. */
  claims(claims?: Record<string, unknown>): Record<string, unknown>;
  /** The claims by which a token of the tenant says where it comes from. */
  origin(): Record<string, unknown>;
  /** A token signed by the identity provider. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
  /** A token signed by any signer. */
  forge(header: object | string, payload: object | string | Uint8Array, signer: Signer | string): string;
  /**
   * Delegates with a token and returns `accepted as <user id>` or `<code>: <message>`, with the HTTP status after the
   * code when it is not 200.
   */
  ask(token: string, clientId?: string): Promise<string>;
}

/** A gateway for tests of tokens: each `ask` comes from another address, so that no limit is reached. */
export async function callerGateway(
  change: (config: ConfigDocument) => void = () => {},
  options: Parameters<typeof testGateway>[1] = {},
): Promise<CallerGateway> {
  const gateway = await testGateway((config) => {
    callerConfig(config);
    Object.assign(config, { rate_limit: { per_user: false } });
    change(config);
  }, options);
  let asked = 0;
  const claims: CallerGateway['claims'] = (changed) => {
    const now = gateway.clock.seconds();
    return { iss: ISSUER, sub: 'auth0|alice', aud: 'web', iat: now, exp: now + 3600, ...changed };
  };
  return {
    ...gateway,
    claims,
    origin() {
      const now = gateway.clock.seconds();
      return { idp: ISSUER, chain_iat: now, chain_exp: now + 86_400 };
    },
    token: (changed, header) =>
      compactToken({ alg: 'RS256', typ: 'JWT', kid: 'rsa-1', ...header }, claims(changed), IDP.RS256.signer),
    forge: compactToken,
    async ask(token, clientId) {
      asked += 1;
      const connection = { remoteAddress: `10.${asked >> 16}.${(asked >> 8) & 255}.${asked & 255}` };
      const { status, data, errors } = await gateway.delegate(
        { apiType: 'APP', subjectToken: { idToken: token }, ...(clientId !== undefined && { clientId }) },
        { connection },
      );
      if (!errors) return `accepted as ${readSubject(data.delegate.credential.token)}`;
      return `${errors[0].extensions.code}${status === 200 ? '' : ` ${status}`}: ${errors[0].message}`;
    },
  };
}

function readSubject(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).sub;
}

/** What `ask` returns for a token that breaks a rule. */
export function refusal(rule: string): string {
  return `INVALID_TOKEN: The subject token does not verify: ${rule}`;
}
