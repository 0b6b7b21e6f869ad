import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A key of a tenant for app tokens and SAML assertions. Its public half is published. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** RFC 7638 thumbprint of the public key, base64url. */
  readonly kid: string;
  /** For `/.well-known/jwks.json`. Has no `alg`, because the key is used with RS256 and PS256. */
  readonly publicJwk: JsonWebKey & { readonly kid: string; readonly use: 'sig' };
  /** The X.509 certificate of the key, PEM. */
  readonly certificate: string | undefined;
}

/** Creates a signing key of a tenant from its RSA private key and the certificate of that key, in PEM form. */
export function createSigningKey(privateKey: KeyObject, certificate?: string): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const { e, kty, n } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  const publicJwk = { kty, kid, use: 'sig', n, e } as SigningKey['publicJwk'];
  return { privateKey, publicKey, kid, publicJwk, certificate };
}
