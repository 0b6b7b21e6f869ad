import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { findWeakness } from './weak-key.js';

/**
 * Imports an unencrypted RSA private key from PEM (PKCS #1 or PKCS #8). Line breaks may be LF, CRLF or the two
 * characters `\n`, which environment variables and JSON exports often hold.
 *
 * @throws TypeError whose message continues "expected …" and holds nothing of the key
 */
export function importRsaPrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(normalizePem(pem));
  } catch {
    throw new TypeError('an unencrypted RSA private key in PEM form');
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw new TypeError(`an RSA private key, not one of type ${key.asymmetricKeyType}`);
  const weakness = findWeakness(createPublicKey(key));
  if (weakness) throw new TypeError(`an RSA private key of at least 2048 bits with exponent 65537; this ${weakness}`);
  return key;
}

/** Replaces every form of line break in a PEM text by a line feed. */
export function normalizePem(pem: string): string {
  return `${pem.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r\n', '\n').replaceAll('\r', '\n').trim()}\n`;
}
