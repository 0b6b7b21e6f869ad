import { describe, expect, it } from 'vitest';
import { importRsaPrivateKey } from '../../src/keys/private-key.js';
import { ecPair, rsaPair } from '../support/keys.js';

const { privateKey, publicKey, pem } = rsaPair('private');

describe('an RSA private key in PEM form', () => {
  const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  it.each([
    ['PKCS #8', pem],
    ['PKCS #1', pkcs1],
    ['without a final line break', pem.trimEnd()],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with CR', pem.replaceAll('\n', '\r')],
    ['with \\n as two characters', pem.replaceAll('\n', '\\n')],
    ['with \\r\\n as four characters', pem.replaceAll('\n', '\\r\\n')],
    ['with white space around', `\n  ${pem}\n`],
  ])('is imported as %s', (_what, text) => {
    expect(importRsaPrivateKey(text).equals(privateKey)).toBe(true);
  });

  const unencrypted = 'an unencrypted RSA private key in PEM form';
  it.each([
    ['nothing', '', unencrypted],
    ['text', 'a key', unencrypted],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString(), unencrypted],
    ['a damaged key', pem.replace(/A/g, 'B'), unencrypted],
    [
      'an encrypted key',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'pass' }).toString(),
      unencrypted,
    ],
    ['an EC key', ecPair('a').pem, 'an RSA private key, not one of type ec'],
    [
      'a key of 1024 bits',
      rsaPair('1024', { bits: 1024 }).pem,
      'an RSA private key of at least 2048 bits with exponent 65537; this is an RSA key of fewer than 2048 bits',
    ],
    [
      'a key with exponent 3',
      rsaPair('e3', { exponent: 3 }).pem,
      'an RSA private key of at least 2048 bits with exponent 65537; this is an RSA key with an exponent below 65537',
    ],
  ])('is refused as %s, with a message that holds nothing of it', (_what, text, message) => {
    expect(() => importRsaPrivateKey(text)).toThrow(new TypeError(message));
  });
});
