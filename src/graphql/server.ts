import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { type GraphQLSchema, NoSchemaIntrospectionCustomRule } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { useAttemptGuard } from '../rate-limit/attempt-guard.js';
import type { AttemptStore } from '../rate-limit/attempt-store.js';
import { useDelegationRateLimit } from '../rate-limit/plugin.js';
import type { BucketStore } from '../rate-limit/store.js';
import type { RequestContext } from './context.js';
import type { GraphiqlOptions } from './graphiql.js';
import { useJsonBody } from './json-body.js';
import type { ErrorPresenter } from './present-error.js';
import { useResponseStatus } from './response-status.js';

export type GraphqlServer = YogaServerInstance<RequestContext, object>;

/** What a document may be. */
export interface DocumentLimits {
  readonly introspection: boolean;
  readonly max_depth: number;
  readonly max_aliases: number;
  readonly max_tokens: number;
}

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly attemptsPerMinute: number;
  readonly buckets: BucketStore;
  readonly attempts: AttemptStore;
  readonly errors: ErrorPresenter;
  /** Undefined where GraphiQL is off. */
  readonly graphiql: GraphiqlOptions | undefined;
}

const GUARDED: ReadonlySet<string> = new Set(['delegate', 'viewer']);

/** The GraphQL server. The order of `plugins` is the order in which they see a request. */
export function createGraphqlServer(options: GraphqlServerOptions): GraphqlServer {
  const { schema, limits, attemptsPerMinute, buckets, attempts, errors, graphiql } = options;
  const plugins: Plugin[] = [
    useJsonBody(),
    maxTokensPlugin({ n: limits.max_tokens }),
    maxDepthPlugin({ n: limits.max_depth }),
    maxAliasesPlugin({ n: limits.max_aliases, allowList: [] }),
    ...(limits.introspection ? [] : [useNoIntrospection()]),
    useAttemptGuard({ fields: GUARDED, attemptsPerMinute, store: attempts }) as Plugin,
    useDelegationRateLimit(buckets) as Plugin,
    useResponseStatus(),
  ];
  return createYoga<RequestContext>({
    schema,
    plugins,
    maskedErrors: { isDev: false, maskError: (error) => errors.present(error) },
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    logging: false,
    graphiql: graphiql?.options ?? false,
    ...(graphiql && { renderGraphiQL: graphiql.render }),
  });
}

function useNoIntrospection(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };
}
