import { createHash } from 'node:crypto';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import {
  ApolloClient as ApolloClient3,
  HttpLink as HttpLink3,
  InMemoryCache as InMemoryCache3,
} from 'apollo-client-3/core';
import { createPersistedQueryLink } from 'apollo-client-3/link/persisted-queries';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/server.js';
import { testGateway } from '../support/gateway.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Client {
  query(options: { query: ReturnType<typeof gql> }): Promise<{ data?: unknown }>;
}

type ClientFactory = (uri: string, authorization: string, useGETForHashedQueries: boolean) => Client;

const CLIENTS: readonly (readonly [string, ClientFactory])[] = [
  [
    'Apollo Client 3',
    (uri, authorization, useGETForHashedQueries) =>
      new ApolloClient3({
        link: createPersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
          new HttpLink3({ uri, headers: { authorization } }),
        ),
        cache: new InMemoryCache3(),
      }),
  ],
  [
    'Apollo Client 4',
    (uri, authorization, useGETForHashedQueries) =>
      new ApolloClient({
        link: new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
          new HttpLink({ uri, headers: { authorization } }),
        ),
        cache: new InMemoryCache(),
      }),
  ],
];

describe.each(CLIENTS)('%s with persisted queries', (_name, createClient) => {
  it.each([false, true])('sends the whole query once, and no hash again; by GET: %s', async (byGet) => {
    const gateway = await testGateway();
    const methods: string[] = [];
    const answer: typeof gateway.answer = (request, connection) => {
      methods.push(request.method);
      return gateway.answer(request, connection);
    };
    const server = await serve({ ...gateway, answer }, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close());
    const client = createClient(`${server.url}/graphql`, `Bearer ${await gateway.idToken()}`, byGet);
    const { data } = await client.query({ query: gql('{ viewer { id userId } }') });
    expect(data).toMatchObject({ viewer: { userId: 'auth0|alice' } });
    await client.query({ query: gql('{ viewer { id issuer } }') });
    expect(methods).toEqual([byGet ? 'GET' : 'POST', 'POST', 'POST']);
  });
});
