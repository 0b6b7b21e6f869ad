import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** The key with which a tenant signs app tokens and SAML assertions. Its public half is published. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** RFC 7638 thumbprint of the public key, base64url. */
  readonly kid: string;
  /** For `/.well-known/jwks.json`. Has no `alg`, because the key is used with RS256 and PS256. */
  readonly publicJwk: JsonWebKey & { readonly kid: string; readonly use: 'sig' };
}

/** Creates the signing key of a tenant from its RSA private key. */
export function createSigningKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const { e, kty, n } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  return { privateKey, publicKey, kid, publicJwk: { kty, kid, use: 'sig', n, e } as SigningKey['publicJwk'] };
}
