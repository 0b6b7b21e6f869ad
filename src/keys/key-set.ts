import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type Algorithm, JWS_ALGORITHMS, type JwsAlgorithm } from './algorithms.js';
import { weaknessOf } from './weak-key.js';

/** Many times what issuers publish. In 512 KiB there is room for 260,000 entries, each of which takes time and a line of the log. */
const MAX_KEYS = 200;

/** Where the keys of an issuer are looked up. */
export interface KeySource {
  /** The keys that may have made a signature with this algorithm and `kid`; empty where there is none. */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[] | Promise<readonly KeyObject[]>;
}

interface VerificationKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  readonly algorithms: ReadonlySet<string>;
}

/** Imported public keys of a JSON Web Key Set (RFC 7517 §5). */
export class KeySet implements KeySource {
  readonly #keys: readonly VerificationKey[];
  /** Why a key of the set is not used, by its position. */
  readonly skipped: readonly string[];

  private constructor(keys: readonly VerificationKey[], skipped: readonly string[]) {
    this.#keys = keys;
    this.skipped = skipped;
  }

  /**
   * Imports every signature key of a JWKS that is fit to verify with; the others are skipped and say why.
   *
   * @throws TypeError whose message continues "expected …", when the document is not `{ keys: [ … ] }` or holds no usable key
   */
  static fromJwks(document: unknown): KeySet {
    const list = (document as { keys?: unknown } | null)?.keys;
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
   * By algorithm and `kid`. A token without `kid` finds a key only where just one fits, as OpenID Connect Core §10.1
   * demands of issuers with several.
   */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[] {
    const fitting = this.#keys.filter((each) => each.algorithms.has(alg) && (kid === undefined || each.kid === kid));
    return kid === undefined && fitting.length > 1 ? [] : fitting.map((each) => each.key);
  }
}

function importPublicJwk(jwk: unknown): VerificationKey | string {
  if (typeof jwk !== 'object' || jwk === null) return 'is not an object';
  const { kty, crv, use, alg, kid, key_ops } = jwk as Record<string, unknown>;
  if (use !== undefined && use !== 'sig') return 'is not for signatures';
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) return 'is not for verifying';
  if (kty === 'oct') return 'is a shared secret, which has no place in a JWKS';
  const algorithms = Object.entries(JWS_ALGORITHMS as Record<string, JwsAlgorithm>)
    .filter(
      ([name, each]) => each.kty === kty && (!each.crv || each.crv === crv) && (alg === undefined || alg === name),
    )
    .map(([name]) => name);
  if (algorithms.length === 0) return 'fits no supported algorithm';
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return 'cannot be imported';
  }
  const weakness = weaknessOf(key);
  if (weakness) return weakness;
  return { key, kid: typeof kid === 'string' ? kid : undefined, algorithms: new Set(algorithms) };
}
