import { DelegationError, type ErrorCode } from '../errors.js';
import type { SignedParts } from '../keys/jws.js';
import { findExceededLimit, isRecord } from '../lib/json.js';

/** Inclusive. A token is ASCII, so its characters are bytes. */
export const MAX_TOKEN_BYTES = 16 * 1024;
/** Levels of objects and lists that the value of a claim may have. */
const MAX_CLAIM_DEPTH = 64;

/** What a JWT is presented as; a refusal names it and has its code. */
export interface TokenKind {
  readonly name: string;
  /** What is expected in place of an encrypted token. */
  readonly expected: string;
  readonly code: ErrorCode;
}

const SUBJECT_TOKEN: TokenKind = { name: 'subject token', expected: 'a signed ID token', code: 'INVALID_TOKEN' };

/** A JWT that is decoded and not verified. */
export interface DecodedToken extends SignedParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Decodes a JWS in compact form (RFC 7515 §7.1): three parts of canonical base64url, header and payload JSON objects in
 * UTF-8, no critical extension. When a member is given twice the last one counts (RFC 7515 §4). Verifies nothing.
 *
 * @param kind what the token is presented as; default: a subject token
 * @throws DelegationError INVALID_REQUEST over 16 KiB, else the code of the kind (INVALID_TOKEN for a subject token)
 */
export function decodeToken(compact: string, kind: TokenKind = SUBJECT_TOKEN): DecodedToken {
  if (Buffer.byteLength(compact) > MAX_TOKEN_BYTES) {
    throw new DelegationError('INVALID_REQUEST', `The ${kind.name} is longer than ${MAX_TOKEN_BYTES} bytes`);
  }
  const refuse = (rule: string) => refuseToken(kind, rule);
  const parts = compact.split('.');
  if (parts.length === 5) throw refuse(`it is encrypted (JWE); expected ${kind.expected}`);
  const [header, payload, signature] = parts;
  if (header === undefined || payload === undefined || signature === undefined || parts.length > 3) {
    throw refuse('it is not a JWT in compact form');
  }
  const headerBytes = decodePart(header, refuse);
  const payloadBytes = decodePart(payload, refuse);
  const signatureBytes = decodePart(signature, refuse);
  if (signatureBytes.length === 0) throw refuse('it has no signature');
  const decoded = {
    signingInput: compact.slice(0, header.length + 1 + payload.length),
    signature: signatureBytes,
    header: parseObject(headerBytes, 'header', refuse),
    claims: parseObject(payloadBytes, 'payload', refuse),
  };
  if (Object.hasOwn(decoded.header, 'crit')) throw refuse('its header has crit, and no extension is supported');
  if (Object.hasOwn(decoded.header, 'b64')) throw refuse('its header has b64, and no extension is supported');
  return decoded;
}

/** Decodes base64url without padding, white space or stray bits (RFC 7515 §2), so that a token has one spelling. */
function decodePart(part: string, refuse: RefuseRule): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw refuse('a part of it is not canonical base64url');
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(bytes: Buffer, part: string, refuse: RefuseRule): Record<string, unknown> {
  // Code that walks claims recursively would run out of stack. Brackets are ASCII, so the bytes need no decoding yet.
  if (findExceededLimit(bytes.toString('latin1'), { levels: MAX_CLAIM_DEPTH + 1 })) {
    throw refuse(`its ${part} is nested more than ${MAX_CLAIM_DEPTH} levels deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw refuse(`its ${part} is not JSON`);
  }
  if (!isRecord(value)) throw refuse(`its ${part} is not a JSON object`);
  return value;
}

type RefuseRule = (rule: string) => DelegationError;

/** The refusal of a token. The message says which rule it breaks, and never contains the token. */
export function refuseToken({ name, code }: Pick<TokenKind, 'name' | 'code'>, rule: string): DelegationError {
  return new DelegationError(code, `The ${name} does not verify: ${rule}`);
}

/** The refusal of a subject token. */
export function invalidToken(rule: string): DelegationError {
  return refuseToken(SUBJECT_TOKEN, rule);
}

/** The refusal of a request without a subject token. */
export function missingToken(message: string): DelegationError {
  return new DelegationError('INVALID_TOKEN', message, { tokenMissing: true });
}
