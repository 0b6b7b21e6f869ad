import type { Plugin } from '@envelop/core';
import { DelegationError, type RateLimitFigures } from '../errors.js';
import { type BucketStore, bucketKey } from './bucket-store.js';

/** Whose bucket a delegation is charged to. */
export interface BucketOwner {
  readonly tenant: string;
  readonly userId: string;
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
}

/** What the plugin adds to the context of an operation. */
export interface RateLimitContext {
  /**
   * Spends one request of a verified user.
   *
   * @throws DelegationError RATE_LIMITED with the figures and the seconds until the next request
   */
  takeDelegation(owner: BucketOwner): Promise<RateLimitFigures>;
  /** The figures of a user, with nothing spent. */
  peekDelegations(owner: BucketOwner): Promise<RateLimitFigures>;
  /** Every outcome of this operation so far; the headers show the one with the least remaining. */
  readonly rateLimitOutcomes: RateLimitFigures[];
}

/** Enforces the limit of a user through the context, and reports its outcome in the headers of the answer. */
export function useDelegationRateLimit(store: BucketStore): Plugin<RateLimitContext> {
  return {
    onContextBuilding({ extendContext }) {
      const rateLimitOutcomes: RateLimitFigures[] = [];
      extendContext({
        rateLimitOutcomes,
        async takeDelegation({ tenant, userId, ip }) {
          const { allowed, figures } = await store.take(bucketKey(tenant, userId, ip));
          rateLimitOutcomes.push(figures);
          if (!allowed) throw rateLimited(figures);
          return figures;
        },
        async peekDelegations({ tenant, userId, ip }) {
          return store.peek(bucketKey(tenant, userId, ip));
        },
      });
    },
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          const headers = rateLimitHeaders((args.contextValue as RateLimitContext).rateLimitOutcomes);
          if (!headers || !('extensions' in result || 'data' in result || 'errors' in result)) return;
          setResult({ ...result, extensions: { ...result.extensions, http: { headers } } });
        },
      };
    },
  };
}

function rateLimited(figures: RateLimitFigures): DelegationError {
  const retryAfter = figures.retryAfter ?? 1;
  return new DelegationError('RATE_LIMITED', `The user has no delegation left; the next one is in ${retryAfter} s`, {
    rateLimit: figures,
    retryAfter,
  });
}

/** The three headers that Auth0's endpoint had, for the outcome with the least remaining. */
export function rateLimitHeaders(outcomes: readonly RateLimitFigures[]): Record<string, string> | undefined {
  const [first, ...others] = outcomes;
  if (!first) return undefined;
  const { limit, remaining, reset } = others.reduce(
    (least, each) => (each.remaining <= least.remaining ? each : least),
    first,
  );
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(reset),
  };
}
