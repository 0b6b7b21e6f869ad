import { DelegationError } from '../errors.js';
import { isRecord } from '../lib/is-record.js';
import { findExceededLimit } from '../lib/json-limits.js';

/** Inclusive. A token is ASCII, so characters are bytes. */
export const MAX_TOKEN_BYTES = 16 * 1024;
const MAX_LEVELS = 64;

export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Takes a JWS in compact form apart (RFC 7515 §7.1), strictly: three parts of canonical base64url, header and payload
 * JSON objects in UTF-8, no extension that must be understood. Of a member given twice the last counts (§4). Nothing
 * is verified.
 *
 * @throws DelegationError INVALID_REQUEST over 16 KiB, INVALID_TOKEN for anything else
 */
export function decodeToken(token: string): DecodedToken {
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
    throw new DelegationError('INVALID_REQUEST', `The subject token is longer than ${MAX_TOKEN_BYTES} bytes`);
  }
  const parts = token.split('.');
  if (parts.length === 5) throw invalidToken('it is encrypted (JWE); expected a signed ID token');
  if (parts.length !== 3) throw invalidToken('it is not a JWT in compact form');
  const [header, payload, signature] = parts.map(decodePart) as [Buffer, Buffer, Buffer];
  if (signature.length === 0) throw invalidToken('it has no signature');
  const decoded = { header: parseObject(header, 'header'), claims: parseObject(payload, 'payload') };
  if (Object.hasOwn(decoded.header, 'crit')) throw invalidToken('its header has crit, and no extension is supported');
  if (Object.hasOwn(decoded.header, 'b64')) throw invalidToken('its header has b64, and no extension is supported');
  return decoded;
}

/** Base64url without padding, white space or stray bits (RFC 7515 §2): one token has one spelling. */
function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw invalidToken('a part of it is not canonical base64url');
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(bytes: Buffer, part: string): Record<string, unknown> {
  let value: unknown;
  // JSON is ASCII as far as its structure goes, so the bytes need not be UTF-8 here. The object itself is no level.
  if (findExceededLimit(bytes.toString('latin1'), { levels: MAX_LEVELS + 1 })) {
    throw invalidToken(`its ${part} nests more than ${MAX_LEVELS} levels`);
  }
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw invalidToken(`its ${part} is not JSON`);
  }
  if (!isRecord(value)) throw invalidToken(`its ${part} is not a JSON object`);
  return value;
}

/** A subject token that breaks a rule; the message says which, and never holds the token. */
export function invalidToken(rule: string): DelegationError {
  return new DelegationError('INVALID_TOKEN', `The subject token does not verify: ${rule}`);
}
