import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { weaknessOf } from './weak-key.js';

/**
 * Imports an RSA private key from PEM (PKCS #1 or PKCS #8, unencrypted). Line ends may be LF, CRLF or the two
 * characters `\n` that environment variables and JSON exports tend to hold.
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
  const weakness = weaknessOf(createPublicKey(key));
  if (weakness) throw new TypeError(`an RSA private key of at least 2048 bits with exponent 65537; this ${weakness}`);
  return key;
}

/** PEM with plain line feeds, whatever it was pasted from. */
export function normalizePem(pem: string): string {
  return `${pem.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r\n', '\n').replaceAll('\r', '\n').trim()}\n`;
}
