import type { GraphQLSchema } from 'graphql';
import { YogaServer } from 'graphql-yoga';
import type { Deps } from '../../deps.js';
import type { Metrics } from '../../observability/metrics.js';
import { useAttemptGuard } from '../../rate-limit/attempt-guard.js';
import type { SharedAttemptStore } from '../../rate-limit/attempt-store.js';
import type { BucketStore } from '../../rate-limit/bucket-store.js';
import { useDelegationLimit } from '../../rate-limit/delegation-limit.js';
import type { RefusedAttemptsCollector } from '../../rate-limit/refused-attempts.js';
import type { BuildContext, Endpoint, LimiterContext, RequestContext } from '../context.js';
import { requireShortAccept } from '../request-headers.js';
import { errorResponse } from '../responses.js';
import { documentCache } from './document-cache.js';
import type { GraphiqlPage } from './graphiql.js';
import { createPageServer } from './graphiql-page.js';
import { createAttemptCounter } from './guarded-fields.js';
import { type DocumentLimits, documentLimits } from './plugins/document-limits.js';
import { useHttpResult } from './plugins/http-result.js';
import { useRequestParameters } from './plugins/request-parameters.js';
import { useVariableCheck } from './plugins/variable-check.js';
import type { PresentError } from './present-error.js';
import { fromYogaResponse, toYogaContext, toYogaRequest, YOGA_FETCH_API } from './yoga-messages.js';

/** The GraphQL endpoint, and the context factory that other endpoints share with it. */
export interface GraphqlEndpoint extends Endpoint {
  readonly buildContext: BuildContext;
}

export interface GraphqlEndpointOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly attemptsPerMinute: number;
  readonly buckets: BucketStore;
  /** Counts what the limits refuse; undefined where metrics are off. */
  readonly metrics: Metrics | undefined;
  readonly attempts: SharedAttemptStore;
  readonly refusedAttempts: RefusedAttemptsCollector;
  readonly deps: Deps;
  readonly presentError: PresentError;
  /** The page of GraphiQL; undefined when it is off. */
  readonly graphiql: Promise<GraphiqlPage> | undefined;
}

/** The root fields of which each counts as an attempt. */
const GUARDED_FIELDS: ReadonlySet<string> = new Set(['delegate', 'viewer']);

/** Creates the GraphQL endpoint. A request passes the plugins in this order. */
export function createGraphqlEndpoint(options: GraphqlEndpointOptions): GraphqlEndpoint {
  const { schema, limits, attemptsPerMinute, buckets, attempts, refusedAttempts, metrics, deps } = options;
  const { presentError, graphiql } = options;
  const servePage = graphiql && createPageServer(graphiql);
  const plugins = [
    useRequestParameters(),
    useHttpResult(presentError),
    ...documentLimits(limits),
    useAttemptGuard({
      attemptsPerMinute,
      store: attempts,
      now: deps.now,
      countAttempts: createAttemptCounter(GUARDED_FIELDS),
      refused: refusedAttempts,
    }),
    useVariableCheck(limits),
    useDelegationLimit(buckets, metrics && ((tenant, policy) => metrics.countRefusal(tenant, policy))),
  ];
  // Without the adapter that createYoga puts around it, which needs a quarter of the time: it copies the context property by
  // property, and presents requests and responses of several runtimes. The router has matched the path already.
  const yoga = new YogaServer<RequestContext, LimiterContext>({
    schema,
    plugins,
    fetchAPI: YOGA_FETCH_API,
    maskedErrors: false,
    parserAndValidationCache: documentCache(),
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    logging: false,
    graphiql: false,
  });
  return {
    name: 'graphql',
    async answer(request, context) {
      const page = await servePage?.(request);
      if (page) return page;
      requireShortAccept(request);
      const response = await yoga.handle(toYogaRequest(request), toYogaContext(context));
      return fromYogaResponse(response);
    },
    presentError: errorResponse,
    buildContext: async (context) => yoga.getEnveloped(context).contextFactory(),
  };
}
