import type { Plugin } from '@envelop/core';
import { useRateLimiter } from '@envelop/rate-limiter';
import {
  type ExecutionArgs,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { AttemptStore } from './attempt-store.js';

export interface AttemptGuardOptions<Context> {
  /** Root fields that count as one attempt each time they are asked for. */
  readonly fields: ReadonlySet<string>;
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
  call: { readonly args: { readonly attempts: readonly string[] }; readonly context: GuardContext },
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
  fields,
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
      const attempts = guardedFields(args, fields);
      if (attempts.length === 0) return;
      if (context.rateLimiterFn('attempt', { args: { attempts }, context }, limit) === undefined) return;
      onRefused?.(context, attempts.length);
      const log = store.getForIdentity({ contextIdentity: context.ip });
      const retryAfter = secondsUntilRoom(log, attempts.length, max);
      setResultAndStopExecution({ errors: [tooManyAttempts(max, retryAfter)] });
    },
  };
}

/** The guarded fields that execution would run, one for each response key (GraphQL specification, CollectFields). */
function guardedFields(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  guarded: ReadonlySet<string>,
): string[] {
  const operation = getOperationAST(document, operationName);
  if (!operation) return [];
  let coercion: ReturnType<typeof getVariableValues> | undefined;
  const leftOut = (node: SelectionNode) => {
    if (!node.directives?.length) return false;
    // Once, and no further than the first fault: graphql-js prints all variables for each, which takes minutes for 100 KiB.
    coercion ??= getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, { maxErrors: 0 });
    const variables = coercion.coerced;
    // Without variables that fit, execution ends before it leaves anything out.
    if (!variables) return false;
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false
    );
  };
  const found = new Map<string, string>();
  const visited = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const node of selections) {
      if (leftOut(node)) continue;
      if (node.kind === Kind.FIELD) {
        if (guarded.has(node.name.value)) found.set(node.alias?.value ?? node.name.value, node.name.value);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(node.selectionSet);
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        for (const each of document.definitions) {
          if (each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === node.name.value) collect(each.selectionSet);
        }
      }
    }
  };
  collect(operation.selectionSet);
  return [...found.values()];
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
