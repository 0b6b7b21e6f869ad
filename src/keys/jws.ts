import {
  constants,
  createHmac,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { Algorithm, SigningAlgorithm } from './algorithms.js';

/** The two parts of a JWS in compact form that a signature is about (RFC 7515 §5.2). */
export interface SignedParts {
  /** The encoded header, a dot and the encoded payload. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** The header of a JWS, with the algorithm that signs it. */
export interface JwsHeader {
  readonly alg: SigningAlgorithm;
  readonly [name: string]: unknown;
}

/** Signs a payload as a JWS in compact form. */
export type JwsSigner = (payload: object) => string | Promise<string>;

/** RFC 7518 §3.5: the salt has the size of the hash. */
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
/** RFC 7518 §3.4: R and S beside each other, not in DER. */
const ECDSA = { dsaEncoding: 'ieee-p1363' } as const;

/** The signers by algorithm: HMAC at once, RSA on the thread pool. */
const SIGN: Record<SigningAlgorithm, (input: string, key: KeyObject) => Buffer | Promise<Buffer>> = {
  HS256: (input, key) => createHmac('sha256', key).update(input).digest(),
  RS256: (input, key) => signOnPool(input, { key }),
  PS256: (input, key) => signOnPool(input, { key, ...PSS }),
};

function signOnPool(input: string, key: SignKeyObjectInput): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(input), key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

const VERIFY: Record<Algorithm, (input: string, key: KeyObject, signature: Uint8Array) => boolean> = {
  HS256(input, key, signature) {
    const expected = createHmac('sha256', key).update(input).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  },
  RS256: (input, key, signature) => verify('sha256', Buffer.from(input), key, signature),
  PS256: (input, key, signature) => verify('sha256', Buffer.from(input), { key, ...PSS }, signature),
  ES256: (input, key, signature) => verify('sha256', Buffer.from(input), { key, ...ECDSA }, signature),
  EdDSA: (input, key, signature) => verify(null, Buffer.from(input), key, signature),
};

/**
 * Creates a signer (RFC 7515 §5.1). The header is encoded here, once.
 *
 * @param key the secret of HS256, or an RSA private key
 */
export function createJwsSigner(key: KeyObject, header: JwsHeader): JwsSigner {
  const signInput = SIGN[header.alg];
  const prefix = `${encodePart(header)}.`;
  return (payload) => {
    const input = prefix + encodePart(payload);
    const signature = signInput(input, key);
    return signature instanceof Promise
      ? signature.then((bytes) => joinSignature(input, bytes))
      : joinSignature(input, signature);
  };
}

/**
 * Verifies a signature (RFC 7515 §5.2) with one algorithm and one key, both from the configuration. It is about the
 * signature alone: the rules about headers and claims stand with those who call it.
 */
export function hasValidSignature({ signingInput, signature }: SignedParts, key: KeyObject, alg: Algorithm): boolean {
  return VERIFY[alg](signingInput, key, signature);
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function joinSignature(input: string, signature: Buffer): string {
  return `${input}.${signature.toString('base64url')}`;
}
