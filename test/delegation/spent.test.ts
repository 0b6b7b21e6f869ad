import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/delegation/authorize.js';
import { issue } from '../../src/delegation/issue.js';
import type { DelegationLimiter, Spent } from '../../src/rate-limit/delegation-limit.js';
import type { RateLimitStatus } from '../../src/rate-limit/token-bucket.js';

type Issue = Parameters<typeof issue>;

/** `npm run typecheck` compiles this file: an `@ts-expect-error` above a line without an error is an error itself. */
describe('the proof of a take that issue() requires', () => {
  it('is the result of takeDelegation; the result of a peek or a status does not compile', () => {
    const attempts = (limiter: DelegationLimiter, grant: Grant, options: Issue[2], status: RateLimitStatus) => [
      async () => issue(grant, await limiter.takeDelegation({ userId: 'alice' }), options),
      // @ts-expect-error a peek takes no request from the bucket
      async () => issue(grant, await limiter.peekDelegations({ userId: 'alice' }), options),
      // @ts-expect-error a status alone does not prove a take
      async () => issue(grant, { status }, options),
      // @ts-expect-error the promise of a take was not awaited
      async () => issue(grant, limiter.takeDelegation({ userId: 'alice' }), options),
      // @ts-expect-error the proof is required
      async () => issue(grant, options),
    ];
    expect(attempts).toBeTypeOf('function');
    const proof = (spent: Spent): RateLimitStatus => spent.status;
    expect(proof).toBeTypeOf('function');
  });
});
