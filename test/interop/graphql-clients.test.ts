import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { ApolloGateway, LocalCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import {
  ApolloClient as ApolloClient3,
  ApolloError,
  HttpLink as HttpLink3,
  InMemoryCache as InMemoryCache3,
} from 'apollo-client-3/core';
import { ClientError, GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from '../../src/server.js';
import { type TestGateway, testGateway } from '../support/gateway.js';

const MODERN = 'application/graphql-response+json';
const FIELD = '{ credential { token } rateLimit { remaining } }';
const ONE = `mutation One { delegate(input: { target: "api" }) ${FIELD} }`;
const TWO = `mutation Two {
  good: delegate(input: { target: "api" }) ${FIELD}
  bad: delegate(input: { target: "private" }) ${FIELD}
}`;

interface ReadableError {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

interface Outcome {
  readonly data?: unknown;
  readonly errors?: readonly ReadableError[];
}

interface Client {
  /** Runs a mutation as the client does by default, and returns the errors that it throws or shows. */
  run(query: string): Promise<Outcome>;
  /** Runs a mutation with the setting that keeps partial data, and `Accept: application/graphql-response+json`. */
  runPartial(query: string): Promise<Outcome>;
}

type ClientFactory = (url: string, authorization: string) => Client | Promise<Client>;

const MEMORY = 'no-cache';

const apolloClient3: ClientFactory = (uri, authorization) => {
  const client = new ApolloClient3({
    link: new HttpLink3({ uri, headers: { authorization } }),
    cache: new InMemoryCache3(),
  });
  return {
    run: (query) =>
      client.mutate({ mutation: gql(query), fetchPolicy: MEMORY }).catch((error: unknown) => {
        if (!(error instanceof ApolloError) || error.networkError) throw error;
        return { errors: error.graphQLErrors };
      }),
    runPartial: (query) =>
      client.mutate({
        mutation: gql(query),
        fetchPolicy: MEMORY,
        errorPolicy: 'all',
        context: { headers: { accept: MODERN } },
      }),
  };
};

/** With a RetryLink, which repeats a request that had a status of 300 or more. */
const apolloClient4: ClientFactory = (uri, authorization) => {
  const client = new ApolloClient({
    link: ApolloLink.from([new RetryLink(), new HttpLink({ uri, headers: { authorization } })]),
    cache: new InMemoryCache(),
  });
  const toErrors = (error: unknown) => {
    if (!CombinedGraphQLErrors.is(error)) throw error;
    return error.errors;
  };
  return {
    run: (query) =>
      client
        .mutate({ mutation: gql(query), fetchPolicy: MEMORY })
        .catch((error: unknown) => ({ errors: toErrors(error) })),
    async runPartial(query) {
      const { data, error } = await client.mutate({ mutation: gql(query), fetchPolicy: MEMORY, errorPolicy: 'all' });
      return { data, errors: toErrors(error) };
    },
  };
};

const urql: ClientFactory = (url, authorization) => {
  const client = new UrqlClient({
    url,
    exchanges: [fetchExchange],
    fetchOptions: { headers: { authorization } },
    preferGetMethod: false,
  });
  const run = async (query: string) => {
    const { data, error } = await client.mutation(query, {}).toPromise();
    if (error?.networkError) throw error.networkError;
    return { data, ...(error && { errors: error.graphQLErrors }) };
  };
  return { run, runPartial: run };
};

const graphqlRequest: ClientFactory = (url, authorization) => {
  const headers = { authorization };
  const strict = new GraphQLClient(url, { headers });
  const lenient = new GraphQLClient(url, { headers, errorPolicy: 'all' });
  return {
    run: (query) =>
      strict.rawRequest(query).catch((error: unknown) => {
        if (!(error instanceof ClientError)) throw error;
        return { errors: error.response.errors ?? [] };
      }),
    runPartial: (query) => lenient.rawRequest(query),
  };
};

/** The gateway composes its supergraph of one subgraph, this schema, and passes the caller's token on. */
const apolloGateway: ClientFactory = async (url, authorization) => {
  const sdl = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  const gateway = new ApolloGateway({
    supergraphSdl: new LocalCompose({
      // Composition knows no @oneOf but one that the schema defines.
      localServiceList: [{ name: 'delegation', url, typeDefs: gql(`directive @oneOf on INPUT_OBJECT\n${sdl}`) }],
    }),
    buildService: () =>
      new RemoteGraphQLDataSource({
        url,
        willSendRequest({ request, context }) {
          request.http?.headers.set('authorization', authorization);
          if (context.accept !== undefined) request.http?.headers.set('accept', context.accept);
        },
      }),
  });
  const { executor } = await gateway.load();
  const execute = (query: string, context: { readonly accept?: string }) => {
    const document = gql(query);
    const [operation] = document.definitions;
    const request = { request: { query, variables: {} }, document, operation, queryHash: query, context, metrics: {} };
    return executor(request as never);
  };
  return { run: (query) => execute(query, {}), runPartial: (query) => execute(query, { accept: MODERN }) };
};

const CLIENTS: readonly (readonly [string, ClientFactory])[] = [
  ['Apollo Client 3', apolloClient3],
  ['Apollo Client 4 with a RetryLink', apolloClient4],
  ['urql', urql],
  ['graphql-request 7', graphqlRequest],
  ['@apollo/gateway 2', apolloGateway],
];

describe.each(CLIENTS)('%s', (name, createClient) => {
  let gateway: TestGateway;
  let server: RunningServer;
  let client: Client;
  const statuses: number[] = [];

  beforeAll(async () => {
    gateway = await testGateway();
    server = await serve(
      {
        ...gateway,
        async answer(request, connection) {
          const response = await gateway.answer(request, connection);
          statuses.push(response.status);
          return response;
        },
      },
      { host: '127.0.0.1', port: 0 },
    );
    client = await createClient(`${server.url}/graphql`, `Bearer ${await gateway.idToken()}`);
  });
  afterAll(async () => {
    await server?.close();
  });

  it('reads RATE_LIMITED and the rate limit from the 11th request of a user', async () => {
    for (let remaining = 9; remaining >= 0; remaining--) {
      const { data, errors } = await client.run(ONE);
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({ delegate: { rateLimit: { remaining } } });
    }
    const { errors } = await client.run(ONE);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      message: 'The user has no delegation left; the next one is possible in 60 s',
      extensions: {
        code: 'RATE_LIMITED',
        retryAfter: 60,
        rateLimit: { limit: 10, remaining: 0, reset: gateway.clock.seconds() + 600, retryAfter: 60 },
      },
    });
    console.info(
      `${name}: the 11th request had status ${statuses.at(-1)} and ${JSON.stringify(errors?.[0]?.extensions)}`,
    );
    expect(statuses).toHaveLength(11);
  });

  it('reads the data and the error of a 294, a partial result', async () => {
    gateway.clock.advance(600_000);
    const { data, errors } = await client.runPartial(TWO);
    expect(data).toMatchObject({
      good: { credential: { token: expect.stringMatching(/^ey/) }, rateLimit: { remaining: 9 } },
      bad: null,
    });
    expect(errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([[['bad'], 'UNAUTHORIZED_CLIENT']]);
    expect(statuses.slice(11)).toEqual([294]);
  });
});
