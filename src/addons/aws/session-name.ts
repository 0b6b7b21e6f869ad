import { createHash } from 'node:crypto';

/** The RoleSessionNames that STS accepts. */
const LEGAL = /^[\w+=,.@-]{2,64}$/;
/** Only mapped names end with "=" and a fingerprint: 192 bits of SHA-256 in base64url. */
const FINGERPRINT = 32;
const MAPPED = new RegExp(`=[\\w-]{${FINGERPRINT}}$`);
const MAX_READABLE = 64 - 1 - FINGERPRINT;

/**
 * Maps a user id to a RoleSessionName: a legal user id to itself, any other to its legal characters and a fingerprint.
 * No two users share a name, because a legal user id that looks like a mapped name is mapped too.
 */
export function toRoleSessionName(userId: string): string {
  if (LEGAL.test(userId) && !MAPPED.test(userId)) return userId;
  // UTF-8 would encode every lone surrogate as the same character.
  const fingerprint = createHash('sha256').update(userId, 'utf16le').digest('base64url').slice(0, FINGERPRINT);
  return `${userId.replace(/[^\w+=,.@-]/gu, '-').slice(0, MAX_READABLE)}=${fingerprint}`;
}
