import type { KeyObject } from 'node:crypto';
import { MIN_RSA_BITS, MIN_RSA_EXPONENT } from './algorithms.js';

/** Why a key is too weak to trust, in words that follow its name; undefined for a fit one. */
export function weaknessOf(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === 'rsa') return weaknessOfRsa(key);
  if (key.asymmetricKeyType === 'ed25519') return weaknessOfEd25519(key);
  return undefined;
}

function weaknessOfRsa({ asymmetricKeyDetails }: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) return `is an RSA key of fewer than ${MIN_RSA_BITS} bits`;
  if (publicExponent < MIN_RSA_EXPONENT) return `is an RSA key with an exponent below ${MIN_RSA_EXPONENT}`;
  return undefined;
}

/**
 * The points of small order on edwards25519, without their sign bit, in the encodings that decode (libsodium refuses the
 * same ones). Under such a key anybody can sign, as under an RSA key with e = 1, and OpenSSL takes them.
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

function weaknessOfEd25519(key: KeyObject): string | undefined {
  const point = Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url');
  point[31] = (point[31] as number) & 0x7f;
  return SMALL_ORDER.has(point.toString('hex')) ? 'is an Ed25519 key of small order' : undefined;
}
