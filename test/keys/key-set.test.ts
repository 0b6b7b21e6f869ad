import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeySet } from '../../src/keys/key-set.js';
import { ecPair, ed25519Pair, publicJwk, rsaPair } from '../support/keys.js';

const rsa = publicJwk(rsaPair('a'), { kid: 'a' });

/** Why a key is not used in a set with a good one; undefined if it is used. */
function skipped(jwk: unknown): string | undefined {
  return KeySet.fromJwks({ keys: [rsa, jwk] }).skipped[0];
}

describe('a JWKS', () => {
  it('has at most 200 keys, so that no issuer can fill the log or slow down verification', () => {
    expect(KeySet.fromJwks({ keys: Array(200).fill(rsa) }).find('RS256', 'a')).toHaveLength(200);
    expect(() => KeySet.fromJwks({ keys: Array(201).fill(rsa) })).toThrow(new TypeError('a JWKS of at most 200 keys'));
    expect(() => KeySet.fromJwks({ keys: Array(201).fill(0) })).toThrow(new TypeError('a JWKS of at most 200 keys'));
  });

  it.each([undefined, null, 'keys', 7, [[]], {}, { keys: {} }, { keys: null }])(
    'must have the form { keys: [ … ] }: %j is refused',
    (document) => {
      expect(() => KeySet.fromJwks(document)).toThrow(new TypeError('a JWKS, which has an array "keys"'));
    },
  );

  it('must have at least one usable key', () => {
    expect(() => KeySet.fromJwks({ keys: [] })).toThrow('a JWKS with at least one usable key (it is empty)');
    expect(() => KeySet.fromJwks({ keys: [null, { kty: 'oct', k: 'AA' }] })).toThrow(
      'a JWKS with at least one usable key (keys[0] is not an object; keys[1] is a shared secret, which has no place in a JWKS)',
    );
  });

  it.each([
    [7, 'is not an object'],
    [{ ...rsa, use: 'enc' }, 'is not for signatures'],
    [{ ...rsa, use: 5 }, 'is not for signatures'],
    [{ ...rsa, key_ops: ['encrypt'] }, 'is not for verifying'],
    [{ ...rsa, key_ops: [] }, 'is not for verifying'],
    [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }, 'is a shared secret, which has no place in a JWKS'],
    [{ ...rsa, alg: 'RSA-OAEP' }, 'fits no supported algorithm'],
    [{ ...rsa, alg: 'HS256' }, 'fits no supported algorithm'],
    [{ ...rsa, alg: 'none' }, 'fits no supported algorithm'],
    [{ ...rsa, alg: 'ES256' }, 'fits no supported algorithm'],
    [{ ...rsa, alg: null }, 'fits no supported algorithm'],
    [{ ...rsa, kty: 'rsa' }, 'fits no supported algorithm'],
    [{ kid: 'x' }, 'fits no supported algorithm'],
    [publicJwk(ecPair('p384', 'P-384')), 'fits no supported algorithm'],
    [publicJwk(ecPair('k1', 'secp256k1')), 'fits no supported algorithm'],
    [{ kty: 'OKP', crv: 'X25519', x: publicJwk(ed25519Pair('a')).x }, 'fits no supported algorithm'],
    [{ kty: 'RSA', n: rsa.n }, 'cannot be imported'],
    [{ kty: 'RSA', n: 7, e: 'AQAB' }, 'cannot be imported'],
    [{ ...publicJwk(ecPair('a')), y: publicJwk(ecPair('a')).x }, 'cannot be imported'],
    [{ ...publicJwk(ed25519Pair('a')), x: 'AAAA' }, 'cannot be imported'],
    [{ ...rsa, e: 'AQ' }, 'is an RSA key with an exponent below 65537'],
    [publicJwk(rsaPair('e3', { exponent: 3 })), 'is an RSA key with an exponent below 65537'],
    [publicJwk(rsaPair('1024', { bits: 1024 })), 'is an RSA key of fewer than 2048 bits'],
    [publicJwk(rsaPair('2040', { bits: 2040 })), 'is an RSA key of fewer than 2048 bits'],
  ])('skips a key that cannot be used to verify: %#', (jwk, reason) => {
    expect(skipped(jwk)).toBe(`keys[1] ${reason}`);
  });

  it.each([
    '00'.repeat(32),
    '01'.padEnd(64, '0'),
    `${'01'.padEnd(62, '0')}80`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ])('skips an Ed25519 key for which anybody can forge signatures: %s', (hex) => {
    const x = Buffer.from(hex, 'hex').toString('base64url');
    const jwk: JsonWebKey = { kty: 'OKP', crv: 'Ed25519', x };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    // R is the point of order one and S is zero: at least one of eight messages verifies with every such key.
    const forgery = Buffer.concat([Buffer.of(1), Buffer.alloc(63)]);
    const messages = Array.from({ length: 256 }, (_, index) => Buffer.of(index));
    expect(messages.some((message) => verify(null, message, key, forgery))).toBe(true);
    expect(skipped(jwk)).toBe('keys[1] is an Ed25519 key of small order');
  });

  it('accepts every kind of key that it can verify with, whatever other members it has', () => {
    for (const jwk of [
      publicJwk(rsaPair('b'), { key_ops: ['verify'], x5c: ['not a certificate'], x5t: 'x', n_extra: 1 }),
      publicJwk(ecPair('a')),
      publicJwk(ed25519Pair('a')),
      { ...rsaPair('b').privateKey.export({ format: 'jwk' }), kid: 'private' },
    ]) {
      expect(skipped(jwk)).toBeUndefined();
    }
  });

  it('keeps only the public half of a private key in the document', () => {
    const jwk = { ...rsaPair('b').privateKey.export({ format: 'jwk' }), kid: 'private' };
    const [key] = KeySet.fromJwks({ keys: [jwk] }).find('RS256', 'private');
    expect(key?.type).toBe('public');
  });
});

describe('find', () => {
  const set = KeySet.fromJwks({
    keys: [
      publicJwk(rsaPair('a'), { kid: 'a', alg: 'RS256' }),
      publicJwk(rsaPair('b'), { kid: 'b' }),
      publicJwk(ecPair('a'), { kid: 'a' }),
      publicJwk(ed25519Pair('a')),
    ],
  });
  const kinds = (alg: Parameters<typeof set.find>[0], kid?: string) =>
    set.find(alg, kid).map((key) => key.asymmetricKeyType);

  it('returns the keys with this kid that fit the algorithm', () => {
    expect(kinds('RS256', 'a')).toEqual(['rsa']);
    expect(kinds('ES256', 'a')).toEqual(['ec']);
    expect(kinds('PS256', 'b')).toEqual(['rsa']);
    expect(kinds('PS256', 'a')).toEqual([]);
    expect(kinds('EdDSA', 'a')).toEqual([]);
    expect(kinds('HS256', 'a')).toEqual([]);
    expect(kinds('RS256', 'A')).toEqual([]);
    expect(kinds('RS256', '')).toEqual([]);
  });

  it('returns a key without a kid only if exactly one fits', () => {
    expect(kinds('EdDSA')).toEqual(['ed25519']);
    expect(kinds('ES256')).toEqual(['ec']);
    expect(kinds('PS256')).toEqual(['rsa']);
    expect(kinds('RS256')).toEqual([]);
  });
});
