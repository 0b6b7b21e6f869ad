// Apollo: composes the supergraph at the start, by Query._service of each subgraph, and answers its operations.
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const SUBGRAPHS = [{ name: 'delegation', url: process.env.DELEGATION_URL ?? 'http://127.0.0.1:4000/graphql' }];
const TO_CLIENT = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];

/** Passes the token and the address of the client on to the gateway, and the state of the limit back. */
class DelegationSource extends RemoteGraphQLDataSource {
  willSendRequest({ request, context: { req } }) {
    // Without a client it is Apollo itself, which reads the schema.
    if (!req) return;
    const { authorization, 'x-forwarded-for': forwardedFor } = req.headers;
    if (authorization) request.http.headers.set('authorization', authorization);
    const addresses = [forwardedFor, req.socket.remoteAddress].filter(Boolean).join(', ');
    request.http.headers.set('x-forwarded-for', addresses);
  }

  didReceiveResponse({ response, context: { res } }) {
    for (const name of TO_CLIENT) {
      const value = response.http.headers.get(name);
      if (value !== null) res?.setHeader(name, value);
    }
    return response;
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
