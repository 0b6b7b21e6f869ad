import type { Plugin } from '@envelop/core';
import { DelegationError } from '../errors.js';
import { type BucketStore, bucketKey } from './bucket-store.js';
import type { BucketLimit, LimitStatus, RateLimitStatus } from './token-bucket.js';

/** The names of the limits, in their order. */
const POLICY_NAMES = ['user-address', 'user'] as const;

const TAKEN: unique symbol = Symbol('taken');

/** Proof that one request was taken from a bucket. Only `takeDelegation` creates one. */
export interface Spent {
  readonly [TAKEN]: true;
  /** The bucket with fewer requests remaining, after this request. */
  readonly status: LimitStatus;
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
  peekDelegations(caller: { readonly userId: string }): Promise<LimitStatus>;
}

/** What the plugin reads from the context: buckets belong to a tenant, a user and an address. */
export interface BucketContext {
  readonly tenant: { readonly name: string };
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
}

/** What the plugin adds to the context. */
export interface DelegationLimitContext extends DelegationLimiter {
  /** The outcome of every take of this operation so far. */
  readonly rateLimitStatuses: LimitStatus[];
}

/**
 * Adds the per-user limit to the context of every endpoint. For a GraphQL operation it also sets the rate-limit headers,
 * from the outcome with the fewest requests remaining.
 *
 * @param store its first limit counts a user at one address, its second one, if there is one, at all addresses
 * @param onRefused takes the tenant of each refused request, and the name of the policy that refused it
 */
export function useDelegationLimit(
  store: BucketStore,
  onRefused?: (tenant: string, policy: string) => void,
): Plugin<BucketContext & DelegationLimitContext> {
  const policies = store.limits.map(formatPolicy).join(', ');
  const decide = (statuses: readonly RateLimitStatus[]): LimitStatus => {
    const status = selectTightest(statuses);
    return { ...status, policy: POLICY_NAMES[statuses.indexOf(status)] ?? '', policies };
  };
  return {
    onContextBuilding({ context, extendContext }) {
      const { tenant, ip } = context;
      if (!tenant || ip === undefined) throw new TypeError('The context lacks its tenant or its IP address');
      const rateLimitStatuses: LimitStatus[] = [];
      const buildKeys = (userId: string) =>
        [bucketKey(tenant.name, userId, ip), bucketKey(tenant.name, userId)].slice(0, store.limits.length);
      const refuse = (status: LimitStatus): DelegationError => {
        onRefused?.(tenant.name, status.policy);
        return createRateLimited(status);
      };
      extendContext({
        rateLimitStatuses,
        async requireRemaining(caller) {
          const status = await context.peekDelegations(caller);
          if (status.remaining > 0) return;
          rateLimitStatuses.push(status);
          throw refuse(status);
        },
        async takeDelegation({ userId }) {
          const { allowed, statuses } = await store.take(buildKeys(userId));
          const status = decide(statuses);
          rateLimitStatuses.push(status);
          if (!allowed) throw refuse(status);
          return { [TAKEN]: true, status };
        },
        peekDelegations: async ({ userId }) => decide(await store.peek(buildKeys(userId))),
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

/**
 * The status with the fewest requests remaining; among empty buckets the one that stays empty longest, so that the caller
 * may try again when the status says so. The first one on a tie.
 */
function selectTightest(statuses: readonly RateLimitStatus[]): RateLimitStatus {
  return statuses.reduce((tightest, each) =>
    each.remaining < tightest.remaining ||
    (each.remaining === tightest.remaining && (each.retryAfter ?? 0) > (tightest.retryAfter ?? 0))
      ? each
      : tightest,
  );
}

function createRateLimited(status: LimitStatus): DelegationError {
  const retryAfter = status.retryAfter ?? 1;
  const message = `The user has no delegation left; the next one is possible in ${retryAfter} s`;
  return new DelegationError('RATE_LIMITED', message, { rateLimit: status, retryAfter });
}

/** A limit as an item of `RateLimit-Policy`: its size, and the seconds in which an empty bucket fills. */
function formatPolicy({ burst, refillPerMinute }: BucketLimit, index: number): string {
  return `"${POLICY_NAMES[index]}";q=${burst};w=${Math.ceil((burst * 60) / refillPerMinute)}`;
}

/**
 * The three headers that Auth0's endpoint sent, and those of draft-ietf-httpapi-ratelimit-headers-11. Its `t` is the seconds
 * until one more request is possible; a full bucket has none.
 */
export function rateLimitHeaders(status: LimitStatus): Record<string, string> {
  const { limit, remaining, reset, nextIn, policy, policies } = status;
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(reset),
    'RateLimit-Policy': policies,
    RateLimit: `"${policy}";r=${remaining}${nextIn === null ? '' : `;t=${nextIn}`}`,
  };
}
