// Hive: composes the supergraph at the start, from the printed schema of each subgraph, and answers its operations.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

const SUBGRAPHS = [
  {
    name: 'delegation',
    url: process.env.DELEGATION_URL ?? 'http://127.0.0.1:4000/graphql',
    typeDefs: parse(readFileSync('delegation.graphql', 'utf8')),
  },
];
const TO_CLIENT = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];

const { supergraphSdl, errors } = composeServices(SUBGRAPHS);
if (!supergraphSdl) throw new AggregateError(errors, 'The subgraphs do not compose');

const gateway = createGatewayRuntime({
  supergraph: supergraphSdl,
  propagateHeaders: {
    /** Passes the token and the address of the client on to the gateway. */
    fromClientToSubgraphs({ request, subgraphName, context: { req } }) {
      if (subgraphName !== 'delegation') return;
      const addresses = [request.headers.get('x-forwarded-for'), req.socket.remoteAddress].filter(Boolean).join(', ');
      return { authorization: request.headers.get('authorization'), 'x-forwarded-for': addresses };
    },
    /** Passes the state of the limit back. */
    fromSubgraphsToClient({ response, subgraphName }) {
      if (subgraphName !== 'delegation') return;
      return Object.fromEntries(TO_CLIENT.map((name) => [name, response.headers.get(name)]));
    },
  },
});
const server = createServer(gateway);
server.listen(Number(process.env.PORT ?? 4001), '127.0.0.1', () => console.log(server.address().port));
