import { randomUUID } from 'node:crypto';
import { ERROR_CODES } from '../../src/errors.js';
import { type ConfigDocument, TENANT_ISSUER, type TestGateway, testGateway } from './gateway.js';
import { compactToken, type Signer, signers } from './identity-provider.js';
import { ecPair, ed25519Pair, publicJwk, rsaPair } from './keys.js';
import { postForm } from './legacy.js';

/** Has characters that Basic credentials encode (RFC 6749 §2.3.1). */
export const BACKEND_SECRET = 'the secret of backend, with + & % : and ä, 0123456789';
export const OTHER_SECRET = 'the-secret-of-another-client-0123456789-abcdef';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The signers of `backend` by algorithm. Its JWKS has the key of each; RS256 and PS256 share one. */
export const BACKEND = {
  RS256: { kid: 'rsa', signer: signers.RS256(rsaPair('backend').privateKey) },
  PS256: { kid: 'rsa', signer: signers.PS256(rsaPair('backend').privateKey) },
  ES256: { kid: 'ec', signer: signers.ES256(ecPair('backend').privateKey) },
  EdDSA: { kid: 'ed', signer: signers.EdDSA(ed25519Pair('backend').privateKey) },
} as const;

export const BACKEND_JWKS = {
  keys: [
    publicJwk(rsaPair('backend'), { kid: 'rsa' }),
    publicJwk(rsaPair('backend-pinned'), { kid: 'pinned', alg: 'RS256' }),
    publicJwk(ecPair('backend'), { kid: 'ec' }),
    publicJwk(ed25519Pair('backend'), { kid: 'ed' }),
  ],
};

export interface Authentication {
  readonly secret?: string;
  readonly assertion?: string;
}

export interface AuthenticationGateway extends TestGateway {
  /** An assertion of `backend`, with other claims, header and signer where given; `undefined` removes a claim. */
  assertion(claims?: Record<string, unknown>, header?: Record<string, unknown>, signer?: Signer | string): string;
  /** Renews an ID token of a client at an endpoint. Returns `issued`, or `<code>: <message>`. Each time from another address. */
  ask(endpoint: EndpointName, authentication?: Authentication, clientId?: string): Promise<string>;
}

export type EndpointName = 'graphql' | 'delegation';
export const ENDPOINTS: readonly EndpointName[] = ['graphql', 'delegation'];

/**
 * A gateway with two clients more: `backend` has a secret and a JWKS, and `other` has another secret and a key with the
 * same `kid`.
 */
export async function authenticationGateway(
  change: (config: ConfigDocument, backend: Record<string, unknown>) => void = () => {},
  options: Parameters<typeof testGateway>[1] = {},
): Promise<AuthenticationGateway> {
  const gateway = await testGateway((config) => {
    const usual = { allowed_clients: [], jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 3600 } };
    const otherJwks = { keys: [publicJwk(rsaPair('other'), { kid: 'rsa' })] };
    const backend = {
      ...usual,
      client_id: 'backend',
      name: 'Backend',
      client_secret: BACKEND_SECRET,
      jwks: BACKEND_JWKS,
    };
    const other = { ...usual, client_id: 'other', name: 'Other', client_secret: OTHER_SECRET, jwks: otherJwks };
    config.tenants[0]?.clients.push(backend, other);
    change(config, backend);
  }, options);
  let asked = 0;
  return {
    ...gateway,
    assertion(claims, header, signer = BACKEND.RS256.signer) {
      const exp = gateway.clock.seconds() + 60;
      const all = { iss: 'backend', sub: 'backend', aud: TENANT_ISSUER, exp, jti: randomUUID(), ...claims };
      return compactToken({ alg: 'RS256', kid: 'rsa', ...header }, all, signer);
    },
    async ask(endpoint, authentication, clientId = 'backend') {
      asked += 1;
      const connection = { remoteAddress: `10.0.${asked >> 8}.${asked & 255}` };
      const idToken = await gateway.idToken({ aud: clientId });
      if (endpoint === 'graphql') {
        const input = { clientId, ...(authentication && { clientAuthentication: authentication }) };
        const { errors } = await gateway.delegate(input, { token: idToken, connection });
        return errors ? `${errors[0].extensions.code}: ${errors[0].message}` : 'issued';
      }
      const parameters = { client_id: clientId, id_token: idToken, ...toParameters(authentication) };
      const { body } = await postForm(gateway, parameters, { connection });
      if (body.error === undefined) return 'issued';
      const [code] = Object.entries(ERROR_CODES).find(([, { legacy }]) => legacy === body.error) ?? [];
      return `${code}: ${body.error_description}`;
    },
  };
}

/** The parameters of /delegation for an authentication. */
export function toParameters({ secret, assertion }: Authentication = {}): Record<string, string> {
  return {
    ...(secret !== undefined && { client_secret: secret }),
    ...(assertion !== undefined && { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }),
  };
}
