import { createHash } from 'node:crypto';

/** What STS takes as RoleSessionName. */
const LEGAL = /^[\w+=,.@-]{2,64}$/;
/** What every mapped name ends with, and no other name: "=" and a fingerprint, 192 bits of SHA-256 in base64url. */
const FINGERPRINT = 32;
const MAPPED = new RegExp(`=[\\w-]{${FINGERPRINT}}$`);
const MAX_READABLE = 64 - 1 - FINGERPRINT;

/**
 * The RoleSessionName of a user: the user id where that is a legal one, else what is legal of it and a fingerprint.
 * No two users share one, because a legal user id that looks like a mapped name is mapped too.
 */
export function roleSessionName(userId: string): string {
  if (LEGAL.test(userId) && !MAPPED.test(userId)) return userId;
  // UTF-16, because UTF-8 would make one of all lone surrogates.
  const fingerprint = createHash('sha256').update(userId, 'utf16le').digest('base64url').slice(0, FINGERPRINT);
  return `${userId.replace(/[^\w+=,.@-]/gu, '-').slice(0, MAX_READABLE)}=${fingerprint}`;
}
