import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { secrets } from './secrets.js';

export interface TestKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** PKCS #8. */
  readonly pem: string;
}

function rsa(bits = 2048): TestKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  keepPrivateKey(privateKey, pem);
  return { privateKey, publicKey, pem };
}

function keepPrivateKey(privateKey: KeyObject, pem: string): void {
  secrets.keep('a private key as PEM', pem);
  const { d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  for (const part of [d, p, q, dp, dq, qi]) secrets.keep('a part of a private key', part as string);
}

/** RSA pairs by name, made once for a test file. */
const pairs = new Map<string, TestKeyPair>();

export function rsaPair(name: string): TestKeyPair {
  const pair = pairs.get(name) ?? rsa();
  pairs.set(name, pair);
  return pair;
}

/** A public JWK with `kid` and `use`. */
export function publicJwk({ publicKey }: TestKeyPair, extra: Record<string, unknown> = {}) {
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', ...extra };
}
