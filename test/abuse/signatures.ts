import crypto from 'node:crypto';
import { vi } from 'vitest';

/**
 * Counts the signatures that this process makes from now on, and lets all of them happen. The gateway signs in three ways:
 * jose by Web Crypto, xml-crypto by `createSign`, and SAS and Firebase's old tokens by `createHmac`. The tests sign tokens
 * by the one-shot `sign`, which is not counted, except for HS256.
 *
 * @returns a function that tells how many there were
 */
export function countSignatures(): () => number {
  const spies = [
    vi.spyOn(globalThis.crypto.subtle, 'sign'),
    vi.spyOn(crypto.Sign.prototype, 'sign'),
    vi.spyOn(crypto.Hmac.prototype, 'digest'),
  ];
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}
