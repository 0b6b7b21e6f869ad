import { MIN_HMAC_BYTES } from '../keys/algorithms.js';

/** Finds what is wrong with the secret of an HS256 client; undefined when it can be used. Continues "expected …". */
export function findSecretProblem(secret: string | undefined, encoded: boolean): string | undefined {
  if (secret === undefined) return 'a secret, because jwt_configuration.alg is HS256';
  const bytes = decodeSecret(secret, encoded);
  if (!bytes) return 'base64 or base64url, because jwt_configuration.secret_encoded is true';
  return bytes.length < MIN_HMAC_BYTES ? `a secret of at least ${MIN_HMAC_BYTES} bytes, as HS256 demands` : undefined;
}

/**
 * Decodes the secret of a client; undefined when it is not base64 or base64url although it should be.
 *
 * @param encoded `jwt_configuration.secret_encoded`; otherwise the bytes are its UTF-8
 */
export function decodeSecret(secret: string, encoded: boolean): Buffer | undefined {
  if (!encoded) return Buffer.from(secret, 'utf8');
  const [digits = ''] = /^[\w+/-]+(?=={0,2}$)/.exec(secret) ?? [];
  return digits.length % 4 === 1 || digits === '' ? undefined : Buffer.from(digits, 'base64');
}
