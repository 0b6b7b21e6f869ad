import {
  constants,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  type JsonWebKey,
  privateDecrypt,
} from 'node:crypto';
import { compactDecrypt, flattenedDecrypt, generalDecrypt, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/keys/algorithms.js';
import {
  flipBit,
  type JwsVector,
  listSignatures,
  readVectors,
  refuseKey,
  refuseToken,
  verifyByGateway,
  verifyByNode,
} from './vector.js';

interface JweVector {
  readonly section: string;
  readonly key: JsonWebKey;
  readonly plaintext: string;
  readonly serialized: string;
}

/** The examples of RFC 7520, §4 and §5. The payload of all of them is prose, so none is a claims set. */
const { jws: JWS, jwe: JWE } = readVectors<{ jws: JwsVector[]; jwe: JweVector[] }>('rfc7520.json');
const find = (section: string) => JWS.find((each) => each.section === section) as JwsVector;

const refusal = (rule: string) => `INVALID_TOKEN: The subject token does not verify: ${rule}`;
const NOT_JSON = refusal('its payload is not JSON');
const NOT_COMPACT = refusal('it is not a JWT in compact form');
const ENCRYPTED = refusal('it is encrypted (JWE); expected a signed ID token');

describe('a signature of §4', () => {
  it.each(JWS)('$section is copied without a mistake: node:crypto verifies it', (vector) => {
    const { alg, key, section } = vector;
    const verified = listSignatures(vector).map(({ input, signature }) => verifyByNode(alg, key, input, signature));
    // §4.8 has three signatures, of which the first is of that key.
    expect(verified).toEqual(section === '4.8' ? [true, false, false] : [true]);
  });

  it.each(['4.1', '4.4'])('%s verifies, and does not with one bit changed', async (section) => {
    const { alg, key, serialized } = find(section);
    expect(verifyByGateway(alg as Algorithm, key, serialized)).toBe(true);
    for (const part of [0, 1, 2]) {
      expect(verifyByGateway(alg as Algorithm, key, flipBit(serialized, part))).toBe(false);
    }
    expect(verifyByGateway(alg as Algorithm, key, serialized)).toBe(true);
  });

  it('4.2, PS384, does not verify as PS256 or RS256 with the same key', async () => {
    const { key, serialized } = find('4.2');
    for (const alg of ['PS256', 'RS256'] as const) expect(verifyByGateway(alg, key, serialized)).toBe(false);
  });

  it('4.3, ES512, has a key that fits no algorithm of the gateway', () => {
    expect(refuseKey(find('4.3').key)).toBe(
      'a JWKS with at least one usable key (keys[0] fits no supported algorithm)',
    );
  });

  it('4.4, HS256, has a key that the gateway takes from no JWKS', () => {
    expect(refuseKey(find('4.4').key)).toBe(
      'a JWKS with at least one usable key (keys[0] is a shared secret, which has no place in a JWKS)',
    );
  });

  it.each([
    ['4.1', 'RS256', NOT_JSON],
    ['4.2', 'PS384', NOT_JSON],
    ['4.3', 'ES512', NOT_JSON],
    ['4.4', 'HS256', NOT_JSON],
    ['4.5', 'HS256 with detached content', NOT_JSON],
    ['4.6', 'a header that is partly unprotected', NOT_COMPACT],
    ['4.7', 'a header that is not protected', NOT_COMPACT],
    // The four dots in its key ids make five parts of it, as a JWE has.
    ['4.8', 'several signatures', ENCRYPTED],
  ])('%s, %s, is refused as a subject token', (section, _what, rule) => {
    expect(refuseToken(find(section).serialized)).toBe(rule);
  });
});

describe('an encrypted message of §5', () => {
  it.each(JWE)('$section is copied without a mistake: it decrypts', async (vector) => {
    expect(await decrypt(vector)).toBe(vector.plaintext);
  });

  it.each(JWE)('$section is refused as a subject token', ({ serialized }) => {
    const dots = serialized.split('.').length - 1;
    expect(refuseToken(serialized)).toBe(dots === 4 ? ENCRYPTED : NOT_COMPACT);
  });

  it.each(JWE)('the key of $section is not one that signatures are verified with', ({ key }) => {
    expect(refuseKey(key)).toMatch(/keys\[0\] (is not for signatures|is a shared secret)/);
  });
});

/** Decrypts with jose, and with node:crypto what jose does not support: RSA1_5. */
async function decrypt({ section, serialized, key }: JweVector): Promise<string> {
  if (section === '5.1') return decryptRsa15(serialized, key);
  const { alg: _alg, ...jwk } = key;
  const imported = await importJWK(jwk, section === '5.2' ? 'RSA-OAEP' : 'ECDH-ES');
  if (!serialized.startsWith('{')) {
    const options = section === '5.3' ? { keyManagementAlgorithms: ['PBES2-HS512+A256KW'] } : {};
    return read(await compactDecrypt(serialized, imported, options));
  }
  const jwe = JSON.parse(serialized);
  return read(await (jwe.recipients ? generalDecrypt(jwe, imported) : flattenedDecrypt(jwe, imported)));
}

function read({ plaintext }: { readonly plaintext: Uint8Array }): string {
  return new TextDecoder().decode(plaintext);
}

/** RSA1_5 with A128CBC-HS256 (RFC 7518 §4.2 and §5.2.3). Node.js no longer removes the padding before the content key. */
function decryptRsa15(compact: string, jwk: JsonWebKey): string {
  const [header = '', ...others] = compact.split('.');
  const [encryptedKey, iv, ciphertext, tag] = others.map((each) => Buffer.from(each, 'base64url')) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const contentKey = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encryptedKey).subarray(-32);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(header.length * 8));
  const mac = createHmac('sha256', contentKey.subarray(0, 16)).update(header).update(iv).update(ciphertext);
  expect(mac.update(length).digest().subarray(0, 16)).toEqual(tag);
  const decipher = createDecipheriv('aes-128-cbc', contentKey.subarray(16), iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
}
