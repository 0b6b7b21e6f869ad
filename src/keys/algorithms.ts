/** A JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1) and the kind of key that it needs. No other module lists algorithms. */
export interface JwsAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP' | 'oct';
  /** The curve of an EC or OKP key. */
  readonly crv?: string;
}

export const ASYMMETRIC_ALGORITHMS = {
  RS256: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
} as const satisfies Record<string, JwsAlgorithm>;

export const JWS_ALGORITHMS = { ...ASYMMETRIC_ALGORITHMS, HS256: { kty: 'oct' } } as const satisfies Record<
  string,
  JwsAlgorithm
>;

export type Algorithm = keyof typeof JWS_ALGORITHMS;

/** The algorithms that an issuer's tokens may be signed with, in the order in which they are documented. */
export const VERIFICATION_ALGORITHMS = [
  'HS256',
  'RS256',
  'PS256',
  'ES256',
  'EdDSA',
] as const satisfies readonly Algorithm[];

/** The algorithms that this gateway signs app tokens with: the values of Auth0's `jwt_configuration.alg`. */
export const SIGNING_ALGORITHMS = ['HS256', 'RS256', 'PS256'] as const satisfies readonly Algorithm[];
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** HS256 needs a key of at least the size of its hash (RFC 7518 §3.2). */
export const MIN_HMAC_BYTES = 32;
/** RS256 and PS256 need 2048 bits at least (RFC 7518 §3.3 and §3.5). */
export const MIN_RSA_BITS = 2048;
/** With e = 1 anybody can sign; with other small exponents padding errors become forgeries (NIST SP 800-56B: 65537 at least). */
export const MIN_RSA_EXPONENT = 65537n;
