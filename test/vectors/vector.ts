import { constants, createHmac, createPublicKey, createSecretKey, type JsonWebKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeToken } from '../../src/delegation/decode-token.js';
import { DelegationError } from '../../src/errors.js';
import type { Algorithm } from '../../src/keys/algorithms.js';
import { hasValidSignature } from '../../src/keys/jws.js';
import { KeySet } from '../../src/keys/key-set.js';

/** An example of an RFC: its section, and its text. */
export interface JwsVector {
  readonly section: string;
  readonly alg: string;
  readonly key: JsonWebKey & { readonly kid?: string };
  /** The JWS in compact form, or a JSON serialization. */
  readonly serialized: string;
  /** The payload in base64url, where the serialization has none. */
  readonly detached?: string;
}

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

/** Verifies a signing input by node:crypto alone, so that a misspelt vector is found. */
export function verifyByNode(alg: string, jwk: JsonWebKey, input: string, signature: string): boolean {
  const [data, bytes] = [Buffer.from(input), Buffer.from(signature, 'base64url')];
  if (alg === 'HS256') {
    return createHmac('sha256', Buffer.from(jwk.k as string, 'base64url'))
      .update(data)
      .digest()
      .equals(bytes);
  }
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  switch (alg) {
    case 'RS256':
      return verify('sha256', data, key, bytes);
    case 'PS384':
      return verify('sha384', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }, bytes);
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, bytes);
    case 'ES512':
      return verify('sha512', data, { key, dsaEncoding: 'ieee-p1363' }, bytes);
    case 'EdDSA':
      return verify(null, data, key, bytes);
    default:
      throw new Error(`no verifier of ${alg}`);
  }
}

/** The signatures of a JWS in any form, each with its signing input (RFC 7515 §5.2). */
export function listSignatures({ serialized, detached }: Pick<JwsVector, 'serialized' | 'detached'>) {
  if (!serialized.startsWith('{')) {
    const [header, payload, signature = ''] = serialized.split('.');
    return [{ input: `${header}.${detached ?? payload}`, signature }];
  }
  const jws = JSON.parse(serialized);
  return [jws.signatures ?? jws].flat().map(({ protected: header = '', signature }) => ({
    input: `${header}.${jws.payload}`,
    signature: signature as string,
  }));
}

/** Verifies the signature of a compact JWS by the code of the gateway, with the key in a JWKS or as a secret. */
export function verifyByGateway(alg: Algorithm, jwk: JwsVector['key'], compact: string): boolean {
  const keys =
    alg === 'HS256'
      ? [createSecretKey(jwk.k as string, 'base64url')]
      : KeySet.fromJwks({ keys: [jwk] }).find(alg, jwk.kid);
  if (keys.length !== 1) throw new Error('the key was not found');
  const end = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(end + 1), 'base64url');
  return hasValidSignature({ signingInput: compact.slice(0, end), signature }, keys[0]!, alg);
}

/** Why the gateway cannot use a key to verify. */
export function refuseKey(jwk: JsonWebKey): string {
  try {
    return `used, ${KeySet.fromJwks({ keys: [jwk] }).skipped.length} skipped`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The rule by which a text is refused as a subject token before any key is looked for. */
export function refuseToken(text: string): string {
  try {
    decodeToken(text);
    return 'decoded';
  } catch (error) {
    if (!(error instanceof DelegationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** A compact JWS with one bit of one part changed: 0 is the header, 1 the payload, 2 the signature. */
export function flipBit(compact: string, part: number): string {
  const parts = compact.split('.').map((each) => Buffer.from(each, 'base64url'));
  const bytes = parts[part]!;
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return parts.map((each) => each.toString('base64url')).join('.');
}
