import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/delegation/authorize.js';
import { issue } from '../../src/delegation/issue.js';
import type { DelegationLimiter, Spent } from '../../src/rate-limit/delegation-limit.js';
import type { RateLimitStatus } from '../../src/rate-limit/token-bucket.js';

type Issue = Parameters<typeof issue>;

/** `npm run typecheck` compiles this file: an `@ts-expect-error` that expects nothing is an error. */
describe('the proof that issue() takes', () => {
  it('is what takeDelegation returns, and nothing that a peek or a caller could make', () => {
    const attempts = (limiter: DelegationLimiter, grant: Grant, options: Issue[2], status: RateLimitStatus) => [
      async () => issue(grant, await limiter.takeDelegation({ userId: 'alice' }), options),
      // @ts-expect-error a peek takes nothing from the bucket
      async () => issue(grant, await limiter.peekDelegations({ userId: 'alice' }), options),
      // @ts-expect-error a status alone is no proof
      async () => issue(grant, { status }, options),
      // @ts-expect-error a promise of a take is not its outcome
      async () => issue(grant, limiter.takeDelegation({ userId: 'alice' }), options),
      // @ts-expect-error the proof is required
      async () => issue(grant, options),
    ];
    expect(attempts).toBeTypeOf('function');
    const proof = (spent: Spent): RateLimitStatus => spent.status;
    expect(proof).toBeTypeOf('function');
  });
});
