import type { KeyObject } from 'node:crypto';
import { MIN_RSA_BITS, MIN_RSA_EXPONENT } from './algorithms.js';

/** Finds why a key is too weak to verify with, as a predicate ("is an RSA key …"); undefined for a strong one. */
export function findWeakness(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === 'rsa') return findRsaWeakness(key);
  if (key.asymmetricKeyType === 'ed25519') return findEd25519Weakness(key);
  return undefined;
}

function findRsaWeakness({ asymmetricKeyDetails }: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) return `is an RSA key of fewer than ${MIN_RSA_BITS} bits`;
  if (publicExponent < MIN_RSA_EXPONENT) return `is an RSA key with an exponent below ${MIN_RSA_EXPONENT}`;
  return undefined;
}

/**
 * The points of small order on edwards25519, without their sign bit, in every encoding that decodes (libsodium refuses
 * the same ones). Anybody can forge signatures for such a key, and OpenSSL accepts it.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function findEd25519Weakness(key: KeyObject): string | undefined {
  const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return SMALL_ORDER.has(point.toString('hex')) ? 'is an Ed25519 key of small order' : undefined;
}
