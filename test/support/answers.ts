import jwt from 'jsonwebtoken';
import type { GraphqlAnswer } from './gateway.js';

/** The HTTP status, the code and the message of a refusal. */
export function readRefusal({ status, errors, data }: GraphqlAnswer) {
  if (data?.delegate) return 'it was granted';
  return { status, code: errors?.[0]?.extensions.code, message: errors?.[0]?.message };
}

/** The token of a successful delegation. */
export function readToken({ data, text }: GraphqlAnswer): string {
  const token = data?.delegate?.credential.token;
  if (typeof token !== 'string') throw new Error(`refused: ${text}`);
  return token;
}

/** Header and payload of a JWT, decoded by a library that the gateway does not use; nothing is verified. */
export function readJwt(token: string) {
  const { header, payload } = jwt.decode(token, { complete: true }) as jwt.Jwt;
  return { header, payload: payload as jwt.JwtPayload };
}
