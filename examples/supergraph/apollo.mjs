// Apollo: composes the supergraph at the start, by Query._service of each subgraph, and answers its operations.
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { GraphQLError } from 'graphql';

const SUBGRAPHS = [{ name: 'delegation', url: process.env.DELEGATION_URL ?? 'http://127.0.0.1:4000/graphql' }];
const TO_CLIENT = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];

class DelegationSource extends RemoteGraphQLDataSource {
  /** Passes the token and the address of the client on to the gateway. */
  willSendRequest({ request, context: { req } }) {
    // Without a client it is Apollo itself, which reads the schema.
    if (!req) return;
    const { authorization, 'x-forwarded-for': forwardedFor } = req.headers;
    if (authorization) request.http.headers.set('authorization', authorization);
    const addresses = [forwardedFor, req.socket.remoteAddress].filter(Boolean).join(', ');
    request.http.headers.set('x-forwarded-for', addresses);
  }

  /** Passes the state of the limit back. */
  didReceiveResponse({ response, context: { res } }) {
    passHeaders(response.http.headers, res);
    return response;
  }

  /** A request that was not executed has a 4xx: passes its reason back, in place of the URL of the gateway. */
  didEncounterError(error, _request, response, { res }) {
    const [refusal] = error.extensions?.response?.body?.errors ?? [];
    if (!refusal) throw error;
    passHeaders(response.headers, res);
    throw new GraphQLError(refusal.message, { extensions: refusal.extensions });
  }
}

function passHeaders(headers, res) {
  for (const name of TO_CLIENT) {
    const value = headers.get(name);
    if (value !== null) res?.setHeader(name, value);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: new IntrospectAndCompose({ subgraphs: SUBGRAPHS }),
  buildService: ({ name, url }) =>
    name === 'delegation' ? new DelegationSource({ url }) : new RemoteGraphQLDataSource({ url }),
});
const { url } = await startStandaloneServer(new ApolloServer({ gateway }), {
  listen: { port: Number(process.env.PORT ?? 4001), host: '127.0.0.1' },
  context: async ({ req, res }) => ({ req, res }),
});
console.log(new URL(url).port);
