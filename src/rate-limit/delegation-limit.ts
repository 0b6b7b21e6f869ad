import type { Plugin } from '@envelop/core';
import { DelegationError } from '../errors.js';
import { type BucketStore, bucketKey } from './bucket-store.js';
import type { RateLimitStatus } from './token-bucket.js';

const TAKEN: unique symbol = Symbol('taken');

/** Proof that one request was taken from a bucket. Only `takeDelegation` creates one. */
export interface Spent {
  readonly [TAKEN]: true;
  /** The bucket after this request. */
  readonly status: RateLimitStatus;
}

/** Spends and reads the limit of a verified user. */
export interface DelegationLimiter {
  /**
   * Takes one request of a verified user.
   *
   * @throws DelegationError RATE_LIMITED with the status and the seconds until the next request
   */
  takeDelegation(caller: { readonly userId: string }): Promise<Spent>;
  /**
   * Takes nothing, and refuses a user from whom nothing can be taken: for work that must not begin in vain.
   *
   * @throws DelegationError RATE_LIMITED as `takeDelegation` does
   */
  requireRemaining(caller: { readonly userId: string }): Promise<void>;
  /** Reads the status of a user and takes nothing. */
  peekDelegations(caller: { readonly userId: string }): Promise<RateLimitStatus>;
}

/** What the plugin reads from the context: a bucket belongs to a tenant, a user and an address. */
export interface BucketContext {
  readonly tenant: { readonly name: string };
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
}

/** What the plugin adds to the context. */
export interface DelegationLimitContext extends DelegationLimiter {
  /** The outcome of every take of this operation so far. */
  readonly rateLimitStatuses: RateLimitStatus[];
}

/**
 * Adds the per-user limit to the context of every endpoint. For a GraphQL operation it also sets the rate-limit headers,
 * from the outcome with the fewest requests remaining.
 */
export function useDelegationLimit(store: BucketStore): Plugin<BucketContext & DelegationLimitContext> {
  return {
    onContextBuilding({ context, extendContext }) {
      const { tenant, ip } = context;
      if (!tenant || ip === undefined) throw new TypeError('The context lacks its tenant or its IP address');
      const rateLimitStatuses: RateLimitStatus[] = [];
      extendContext({
        rateLimitStatuses,
        async requireRemaining(caller) {
          const status = await context.peekDelegations(caller);
          if (status.remaining > 0) return;
          rateLimitStatuses.push(status);
          throw createRateLimited(status);
        },
        async takeDelegation({ userId }) {
          const { allowed, status } = await store.take(bucketKey(tenant.name, userId, ip));
          rateLimitStatuses.push(status);
          if (!allowed) throw createRateLimited(status);
          return { [TAKEN]: true, status };
        },
        peekDelegations: async ({ userId }) => store.peek(bucketKey(tenant.name, userId, ip)),
      });
    },
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          const [first, ...others] = args.contextValue.rateLimitStatuses;
          if (!first || Symbol.asyncIterator in result) return;
          const least = others.reduce((least, each) => (each.remaining <= least.remaining ? each : least), first);
          setResult({ ...result, extensions: { ...result.extensions, http: { headers: rateLimitHeaders(least) } } });
        },
      };
    },
  };
}

function createRateLimited(status: RateLimitStatus): DelegationError {
  const retryAfter = status.retryAfter ?? 1;
  const message = `The user has no delegation left; the next one is possible in ${retryAfter} s`;
  return new DelegationError('RATE_LIMITED', message, { rateLimit: status, retryAfter });
}

/** The three headers that Auth0's endpoint sent. */
export function rateLimitHeaders({ limit, remaining, reset }: RateLimitStatus): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(reset),
  };
}
