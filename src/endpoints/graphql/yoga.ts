import type { GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { useAttemptGuard } from '../../rate-limit/attempt-guard.js';
import type { AttemptStore } from '../../rate-limit/attempt-store.js';
import type { BucketStore } from '../../rate-limit/bucket-store.js';
import { useDelegationRateLimit } from '../../rate-limit/delegation-limit.js';
import type { RequestContext } from '../context.js';
import { documentCache } from './document-cache.js';
import { useGraphiql } from './graphiql.js';
import { countGuardedFields } from './guarded-fields.js';
import { type DocumentLimits, documentLimits } from './plugins/document-limits.js';
import { useJsonBody } from './plugins/json-body.js';
import { useJsonResult } from './plugins/json-result.js';
import { useResponseStatus } from './plugins/response-status.js';
import { useVariableCheck } from './plugins/variable-check.js';
import type { ErrorPresenter } from './present-error.js';

export type GraphqlServer = YogaServerInstance<RequestContext, object>;

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly attemptsPerMinute: number;
  readonly buckets: BucketStore;
  readonly attempts: AttemptStore;
  readonly errors: ErrorPresenter;
  /** The page; undefined where GraphiQL is off. */
  readonly graphiql: string | undefined;
}

const GUARDED: ReadonlySet<string> = new Set(['delegate', 'viewer']);

/** The GraphQL server. The order of `plugins` is the order in which they see a request. */
export function createGraphqlServer(options: GraphqlServerOptions): GraphqlServer {
  const { schema, limits, attemptsPerMinute, buckets, attempts, errors, graphiql } = options;
  const plugins: Plugin[] = [
    ...(graphiql === undefined ? [] : [useGraphiql(graphiql)]),
    useJsonBody(),
    useJsonResult(),
    ...documentLimits(limits),
    useSafeFaults(errors),
    useAttemptGuard({
      countAttempts: (args) => countGuardedFields(args, GUARDED),
      attemptsPerMinute,
      store: attempts,
      onRefused: auditRefusedAttempts,
    }) as Plugin,
    useVariableCheck(errors, limits),
    useDelegationRateLimit(buckets) as Plugin,
    useResponseStatus(),
  ];
  return createYoga<RequestContext>({
    schema,
    plugins,
    maskedErrors: { isDev: false, maskError: (error) => errors.present(error) },
    parserAndValidationCache: documentCache(),
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    logging: false,
    graphiql: false,
  });
}

/** The audit line of an operation that the attempt guard refused: no token was looked at, so nobody is named. */
function auditRefusedAttempts({ tenant, ip, requestId, deps }: RequestContext, attempts: number): void {
  deps.log.info(
    { audit: 'limit_delegation', tenant: tenant.name, ip, requestId, attempts, code: 'RATE_LIMITED' },
    'attempt guard',
  );
}

/** Yoga's masking of errors does not see what validation finds. */
function useSafeFaults({ presentFault }: ErrorPresenter): Plugin {
  return {
    onValidate() {
      return ({ result, setResult }) => setResult((result as readonly GraphQLError[]).map(presentFault));
    },
  };
}
