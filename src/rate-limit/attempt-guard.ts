import type { Plugin } from '@envelop/core';
import { useRateLimiter } from '@envelop/rate-limiter';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import { DelegationError } from '../errors.js';
import { attemptKey, type SharedAttemptStore } from './attempt-store.js';
import type { RefusedAttemptsCollector } from './refused-attempts.js';

/** What the guard reads from the context. */
export interface GuardedContext {
  readonly tenant: { readonly name: string };
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
  readonly requestId: string;
  readonly endpoint: string;
}

/** What the guard adds to the context. */
export interface AttemptGuardContext {
  /**
   * Counts attempts of the IP address in the tenant, before any token is read. Refused attempts do not count.
   *
   * @throws DelegationError RATE_LIMITED when the address has fewer attempts left, UPSTREAM_UNAVAILABLE when a store does
   *   not answer that several processes share
   */
  takeAttempts(count: number): Promise<void>;
}

export interface AttemptGuardOptions {
  /** The most attempts of one IP address in one tenant in a minute. */
  readonly attemptsPerMinute: number;
  readonly store: SharedAttemptStore;
  /** Epoch milliseconds, from the clock that the store uses. */
  readonly now: () => number;
  /** Counts the attempts of a GraphQL operation; 0 for one that does not run. */
  readonly countAttempts: (operation: ExecutionArgs) => number;
  /** Takes what is refused. */
  readonly refused: RefusedAttemptsCollector;
}

type RateLimiterContext = ReturnType<typeof useRateLimiter> extends Plugin<infer Context> ? Context : never;

const WINDOW_MS = 60_000;

/**
 * Limits the attempts of each IP address in each tenant, good or bad, with @envelop/rate-limiter. A GraphQL operation that
 * asks for more attempts than are left is refused as a whole, and none of them counts. Other endpoints call `takeAttempts`.
 *
 * Only the decision is the library's. Its own count of fields includes operations that do not run and fields under
 * `@skip`, and an exception in its visitor leaves entries in a type stack that all requests share.
 */
export function useAttemptGuard({
  attemptsPerMinute: max,
  store,
  now,
  countAttempts,
  refused,
}: AttemptGuardOptions): Plugin<GuardedContext & AttemptGuardContext & RateLimiterContext> {
  const buildKey = ({ tenant, ip }: GuardedContext) => attemptKey(tenant.name, ip);
  const limiter = useRateLimiter({ identifyFn: (context) => buildKey(context as GuardedContext), store });
  const limit = {
    max,
    window: `${WINDOW_MS}ms`,
    arrayLengthField: 'attempts',
    // The field identity tells the store how many attempts the library is about to decide.
    identityArgs: ['attempts.length', 'max'],
    uncountRejected: true,
  };
  const askLimiter = async (args: object, context: GuardedContext & RateLimiterContext) =>
    context.rateLimiterFn('attempt', { args, context }, limit);
  const add = ({ code, message }: DelegationError, context: GuardedContext, attempts: number) =>
    refused.add({ ...context, code, message }, attempts);
  return {
    onContextBuilding(payload) {
      const { context, extendContext } = payload;
      limiter.onContextBuilding?.(payload);
      extendContext({
        async takeAttempts(count) {
          refused.reportEnded();
          const args = { attempts: { length: count }, max };
          const decision = await askLimiter(args, context).catch((error: unknown) => {
            if (error instanceof DelegationError) add(error, context, count);
            throw error;
          });
          if (decision === undefined) return;
          const retryAfter = secondsUntilRoom(store.readAttempts(buildKey(context)), count, max, now());
          const message = `Too many attempts from this address: at most ${max} in a minute; try again in ${retryAfter} s`;
          const refusal = new DelegationError('RATE_LIMITED', message, { retryAfter });
          add(refusal, context, count);
          throw refusal;
        },
      });
    },
    async onExecute({ args, setResultAndStopExecution }) {
      const attempts = countAttempts(args);
      if (attempts === 0) return;
      try {
        await args.contextValue.takeAttempts(attempts);
      } catch (error) {
        if (!(error instanceof DelegationError)) throw error;
        setResultAndStopExecution({ errors: [new GraphQLError(error.message, { originalError: error })] });
      }
    },
  };
}

/**
 * Seconds until the log of an address has room for `wanted` more attempts, or for `max` of them.
 *
 * @param attempts epoch milliseconds of the attempts in the last minute, oldest first
 */
function secondsUntilRoom(attempts: readonly number[], wanted: number, max: number, nowMs: number): number {
  const blocking = attempts.at(attempts.length + Math.min(wanted, max) - max - 1) ?? nowMs;
  return Math.max(1, Math.ceil((blocking + WINDOW_MS - nowMs) / 1000));
}
