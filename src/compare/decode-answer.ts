import { findExceededLimit, isRecord } from '../lib/json.js';

/** A text that is neither a token nor an answer. The message quotes nothing of it. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** A value that is compared and never shown. */
export class Hidden {
  /**
   * @param text the value
   * @param isFresh whether each answer has another one: a signature, a credential
   */
  constructor(
    readonly text: string,
    readonly isFresh: boolean,
  ) {}
}

/** A JWT that is decoded and not verified. */
export interface DecodedJwt {
  readonly header: unknown;
  readonly claims: unknown;
  readonly signature: Hidden;
}

/** More levels than any answer has; the comparison is recursive. */
const MAX_LEVELS = 64;
const MAX_SHOWN = 512;
/** The members of an answer that are no credential, of every add-on and of errors. */
const SHOWN = new Set(
  `token_type expires_in scope instance_url Arn AssumedRoleId Expiration Subject SubjectType Issuer NameQualifier Audience
   PackedPolicySize error error_description message`.split(/\s+/),
);
const SECRET_NAME = /token|secret|password|key$|credential/i;

/**
 * Decodes a JWT, or a body of `POST /delegation` with the JWTs and shared access signatures in it. What may be a credential
 * becomes `Hidden`.
 *
 * @throws AnswerError
 */
export function decodeAnswer(text: string): DecodedJwt | Record<string, unknown> {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const body = decodeJwt(trimmed) ?? parseJson(trimmed);
  if (!isRecord(body)) throw new AnswerError('is neither a JWT nor a JSON object');
  return isJwt(body) ? body : mapMembers(body, decodeMember);
}

/** Whether `decodeAnswer` was given a token, and not an answer. */
export function isJwt(decoded: object): decoded is DecodedJwt {
  return 'signature' in decoded && decoded.signature instanceof Hidden;
}

function decodeMember(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => decodeMember(each, name));
  if (isRecord(value)) return mapMembers(value, decodeMember);
  if (typeof value !== 'string' || SHOWN.has(name)) return decodeClaim(value, '');
  return decodeJwt(value) ?? decodeSas(value) ?? new Hidden(value, true);
}

/** Hides what may be a credential inside a token: profiles of social logins have access tokens. */
function decodeClaim(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => decodeClaim(each, name));
  if (isRecord(value)) return mapMembers(value, decodeClaim);
  if (typeof value !== 'string') return value;
  const isSecret = SECRET_NAME.test(name) || value.length > MAX_SHOWN || /\beyJ[\w-]+\.|\bsig=/.test(value);
  return isSecret ? new Hidden(value, false) : value;
}

function mapMembers(record: Record<string, unknown>, map: (value: unknown, name: string) => unknown) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

function decodeJwt(text: string): DecodedJwt | undefined {
  const [, header, payload, signature] = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(text) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  const [decodedHeader, claims] = [header, payload].map((part) => parseJson(Buffer.from(part, 'base64url').toString()));
  if (!isRecord(decodedHeader) || !isRecord(claims)) return undefined;
  return {
    header: decodeClaim(decodedHeader, ''),
    claims: decodeClaim(claims, ''),
    signature: new Hidden(signature, true),
  };
}

/** The parameters of a shared access signature of Azure, with the scheme that Service Bus puts before them. */
function decodeSas(text: string): Record<string, unknown> | undefined {
  const [, scheme, query = ''] = /^(?:(SharedAccessSignature) )?(.*)$/s.exec(text) ?? [];
  if (!/(?:^|&)sig=/.test(query)) return undefined;
  const { sig = '', ...rest } = Object.fromEntries(new URLSearchParams(query));
  return { ...(scheme !== undefined && { scheme }), ...rest, sig: new Hidden(sig, true) };
}

function parseJson(text: string): unknown {
  if (findExceededLimit(text, { levels: MAX_LEVELS })) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
