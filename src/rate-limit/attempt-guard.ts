import type { Plugin } from '@envelop/core';
import { useRateLimiter } from '@envelop/rate-limiter';
import { type DocumentNode, GraphQLError, getOperationAST, Kind, type SelectionSetNode } from 'graphql';
import { AttemptStore } from './attempt-store.js';

export interface AttemptGuardOptions {
  /** Root fields that count as one attempt each time they are asked for. */
  readonly fields: ReadonlySet<string>;
  /** The most attempts of one IP in a minute. */
  readonly attemptsPerMinute: number;
  readonly store?: AttemptStore;
}

/** What the guard reads from, and @envelop/rate-limiter adds to, the context of an operation. */
interface GuardContext {
  readonly ip: string;
  readonly rateLimiterFn: RateLimiter;
}

type RateLimiter = (
  fieldName: string,
  call: { readonly args: object; readonly context: GuardContext },
  limit: { readonly max: number; readonly window: string; readonly uncountRejected: boolean },
) => string | undefined;

const WINDOW_MS = 60_000;

/**
 * Limits attempts per IP, good or bad, before any token is looked at: when an operation asks for more guarded fields than
 * the IP has left, the whole operation is refused with a 429 and `Retry-After`. Refused attempts do not count.
 *
 * The decision is @envelop/rate-limiter's; which fields it decides on is ours, because its own walk charges for operations
 * that do not run and can be left by an exception, which would leave entries behind in the type stack that it shares
 * among requests. A field under `@skip` counts as an attempt.
 */
export function useAttemptGuard({
  fields,
  attemptsPerMinute: max,
  store = new AttemptStore(),
}: AttemptGuardOptions): Plugin<GuardContext> {
  const limiter = useRateLimiter({ identifyFn: (context) => (context as GuardContext).ip, store });
  const limit = { max, window: `${WINDOW_MS}ms`, uncountRejected: true };
  return {
    onContextBuilding: limiter.onContextBuilding as unknown as Plugin<GuardContext>['onContextBuilding'],
    onExecute({ args, setResultAndStopExecution }) {
      const context = args.contextValue as GuardContext;
      for (const field of guardedFields(args.document, args.operationName, fields)) {
        if (context.rateLimiterFn(field, { args: {}, context }, limit) === undefined) continue;
        setResultAndStopExecution({ errors: [tooManyAttempts(secondsUntilNext(store, context.ip, max))] });
        return;
      }
    },
  };
}

/** The guarded fields that the operation asks for, one for each response key. */
function guardedFields(
  document: DocumentNode,
  operationName: string | null | undefined,
  guarded: ReadonlySet<string>,
): Iterable<string> {
  const found = new Map<string, string>();
  const visited = new Set<string>();
  const walk = ({ selections }: SelectionSetNode) => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        if (guarded.has(node.name.value)) found.set(node.alias?.value ?? node.name.value, node.name.value);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        walk(node.selectionSet);
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        for (const each of document.definitions) {
          if (each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === node.name.value) walk(each.selectionSet);
        }
      }
    }
  };
  const operation = getOperationAST(document, operationName);
  if (operation) walk(operation.selectionSet);
  return found.values();
}

function secondsUntilNext(store: AttemptStore, ip: string, max: number): number {
  const log = store.getForIdentity({ contextIdentity: ip });
  const oldest = log.at(-max) ?? Date.now();
  return Math.max(1, Math.ceil((oldest + WINDOW_MS - Date.now()) / 1000));
}

function tooManyAttempts(retryAfter: number): GraphQLError {
  return new GraphQLError(`Too many attempts from this address; the next one is in ${retryAfter} s`, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfter,
      http: { status: 429, headers: { 'Retry-After': String(retryAfter) } },
    },
  });
}
