import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isRecord } from '../lib/json.js';
import { type Algorithm, JWS_ALGORITHMS, type JwsAlgorithm } from './algorithms.js';
import { findWeakness } from './weak-key.js';

/** Issuers publish far fewer. Without a limit, 512 KiB hold 260,000 entries, each of which takes time and is logged. */
const MAX_KEYS = 200;

/** A source of an issuer's public keys. */
export interface KeySource {
  /** Finds the keys that may verify a signature with this algorithm and `kid`; empty where there is none. */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[] | Promise<readonly KeyObject[]>;
}

/** The source of an issuer that has no public keys in the configuration. */
export const NO_KEYS: KeySource = { find: () => [] };

export interface VerificationKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  /** What it may verify. */
  readonly algorithms: ReadonlySet<string>;
}

/** Imported public keys of a JSON Web Key Set (RFC 7517 §5). */
export class KeySet implements KeySource {
  readonly keys: readonly VerificationKey[];
  /** The keys of the document that are not used, and why: `keys[1] is not for signatures`. */
  readonly skipped: readonly string[];

  private constructor(keys: readonly VerificationKey[], skipped: readonly string[]) {
    this.keys = keys;
    this.skipped = skipped;
  }

  /**
   * Imports every key of a JWKS that signatures can be verified with, and skips the others.
   *
   * @throws TypeError whose message continues "expected …", when the document is not `{ keys: [ … ] }` or has no usable key
   */
  static fromJwks(document: unknown): KeySet {
    const list = isRecord(document) ? document.keys : undefined;
    if (!Array.isArray(list)) throw new TypeError('a JWKS, which has an array "keys"');
    if (list.length > MAX_KEYS) throw new TypeError(`a JWKS of at most ${MAX_KEYS} keys`);
    const keys: VerificationKey[] = [];
    const skipped: string[] = [];
    for (const [index, jwk] of list.entries()) {
      const key = importPublicJwk(jwk);
      if (typeof key === 'string') skipped.push(`keys[${index}] ${key}`);
      else keys.push(key);
    }
    if (keys.length === 0)
      throw new TypeError(`a JWKS with at least one usable key (${skipped.join('; ') || 'it is empty'})`);
    return new KeySet(keys, skipped);
  }

  /**
   * Finds keys by algorithm and `kid`. Without a `kid` the result is empty unless exactly one key fits: OpenID Connect
   * Core §10.1 demands a `kid` from issuers with several keys.
   */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[] {
    const matching = this.keys.filter((each) => each.algorithms.has(alg) && (kid === undefined || each.kid === kid));
    return kid === undefined && matching.length > 1 ? [] : matching.map((each) => each.key);
  }
}

/** Imports a public key; a string says why it cannot be used. */
function importPublicJwk(jwk: unknown): VerificationKey | string {
  if (!isRecord(jwk)) return 'is not an object';
  const { kty, crv, use, alg, kid, key_ops } = jwk;
  if (use !== undefined && use !== 'sig') return 'is not for signatures';
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) return 'is not for verifying';
  if (kty === 'oct') return 'is a shared secret, which has no place in a JWKS';
  const algorithms = Object.entries<JwsAlgorithm>(JWS_ALGORITHMS)
    .filter(
      ([name, each]) => each.kty === kty && (!each.crv || each.crv === crv) && (alg === undefined || alg === name),
    )
    .map(([name]) => name);
  if (algorithms.length === 0) return 'fits no supported algorithm';
  let key: KeyObject;
  try {
    // createPublicKey checks the members itself; its type asks for what they should be.
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return 'cannot be imported';
  }
  const weakness = findWeakness(key);
  if (weakness) return weakness;
  return { key, kid: typeof kid === 'string' ? kid : undefined, algorithms: new Set(algorithms) };
}
