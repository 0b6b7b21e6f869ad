import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { vi } from 'vitest';

const { sign } = crypto;
const { digest } = crypto.Hmac.prototype;
let signatures = 0;

/**
 * Counts the signatures that this process makes until `stop`, and lets all of them happen. The gateway signs in three ways:
 * RSA on the thread pool, which is `sign` with a callback, SAML by `createSign`, and HMAC. An HMAC that verifies a token is
 * none. The tests sign tokens by `sign` without a callback, which is not counted, except for HS256.
 */
export function countSignatures(): { readonly count: () => number; readonly stop: () => void } {
  const hmac = vi.spyOn(crypto.Hmac.prototype, 'digest').mockImplementation(function (this: crypto.Hmac, encoding) {
    if (!nearestCallers().includes('hasValidSignature')) signatures++;
    return digest.call(this, encoding);
  });
  const signing = vi.spyOn(crypto, 'sign').mockImplementation(((...args: Parameters<typeof sign>) => {
    if (typeof args.at(-1) === 'function') signatures++;
    return sign(...args);
  }) as typeof sign);
  // Named imports of a built-in module follow its default export only after this.
  syncBuiltinESMExports();
  const saml = vi.spyOn(crypto.Sign.prototype, 'sign');
  return {
    count: () => signatures + saml.mock.calls.length,
    stop() {
      for (const spy of [hmac, signing, saml]) spy.mockRestore();
      syncBuiltinESMExports();
    },
  };
}

/** A stack trace of few lines: the whole one costs more than the signature. */
function nearestCallers(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 8;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}
