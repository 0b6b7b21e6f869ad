import type { Plugin } from '@envelop/core';
import { useRateLimiter } from '@envelop/rate-limiter';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import { AttemptStore } from './attempt-store.js';

export interface AttemptGuardOptions<Context> {
  /** Counts the attempts that an operation asks for; 0 for an operation that is free. */
  readonly countAttempts: (args: ExecutionArgs) => number;
  /** The most attempts of one IP in a minute. */
  readonly attemptsPerMinute: number;
  readonly store?: AttemptStore;
  /** Told of each operation that is refused, and of how many attempts it asked for. */
  readonly onRefused?: (context: Context, attempts: number) => void;
}

/** What the guard reads from, and @envelop/rate-limiter adds to, the context of an operation. */
interface GuardContext {
  readonly ip: string;
  readonly rateLimiterFn: RateLimiter;
}

type RateLimiter = (
  fieldName: string,
  call: { readonly args: { readonly attempts: { readonly length: number } }; readonly context: GuardContext },
  limit: {
    readonly max: number;
    readonly window: string;
    readonly arrayLengthField: 'attempts';
    readonly uncountRejected: boolean;
  },
) => string | undefined;

const WINDOW_MS = 60_000;

/**
 * Limits attempts per IP, good or bad, before any token is looked at: when an operation asks for more guarded fields than
 * the IP has left, the whole operation is refused with a 429 and `Retry-After`, and none of it counts.
 *
 * The decision is @envelop/rate-limiter's, one for the operation; which fields it counts is ours, because its own walk
 * charges for operations that do not run and for fields under `@skip`, and can be left by an exception, which would leave
 * entries behind in the type stack that it shares among requests.
 */
export function useAttemptGuard<Context extends { readonly ip: string }>({
  countAttempts,
  attemptsPerMinute: max,
  store = new AttemptStore(),
  onRefused,
}: AttemptGuardOptions<Context>): Plugin<GuardContext> {
  const limiter = useRateLimiter({ identifyFn: (context) => (context as GuardContext).ip, store });
  const limit = { max, window: `${WINDOW_MS}ms`, arrayLengthField: 'attempts', uncountRejected: true } as const;
  return {
    onContextBuilding: limiter.onContextBuilding as unknown as Plugin<GuardContext>['onContextBuilding'],
    onExecute({ args, setResultAndStopExecution }) {
      const context = args.contextValue as GuardContext & Context;
      const count = countAttempts(args);
      if (count === 0) return;
      if (context.rateLimiterFn('attempt', { args: { attempts: { length: count } }, context }, limit) === undefined)
        return;
      onRefused?.(context, count);
      const log = store.getForIdentity({ contextIdentity: context.ip });
      const retryAfter = secondsUntilRoom(log, count, max);
      setResultAndStopExecution({ errors: [tooManyAttempts(max, retryAfter)] });
    },
  };
}

/**
 * Seconds until the log of an IP has room for `wanted` more attempts, or for all that a minute has.
 *
 * @param log epoch milliseconds of the last minute's attempts, oldest first
 */
function secondsUntilRoom(log: readonly number[], wanted: number, max: number): number {
  const inTheWay = log.at(log.length + Math.min(wanted, max) - max - 1) ?? Date.now();
  return Math.max(1, Math.ceil((inTheWay + WINDOW_MS - Date.now()) / 1000));
}

function tooManyAttempts(max: number, retryAfter: number): GraphQLError {
  return new GraphQLError(
    `Too many attempts from this address: ${max} in a minute at most; try again in ${retryAfter} s`,
    {
      extensions: {
        code: 'RATE_LIMITED',
        retryAfter,
        http: { status: 429, headers: { 'Retry-After': String(retryAfter) } },
      },
    },
  );
}
