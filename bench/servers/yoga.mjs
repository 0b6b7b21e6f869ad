import { createSchema, createYoga } from 'graphql-yoga';
import { listen } from './listen.mjs';

// Bare Yoga, as its documentation shows it. With `unlimited` it does not limit the body of a request.
const [, , , mode] = process.argv;
listen(
  createYoga({
    schema: createSchema({
      typeDefs: 'type Query { hello: String! }',
      resolvers: { Query: { hello: () => 'world' } },
    }),
    ...(mode === 'unlimited' && { maxRequestBodySize: false }),
  }),
);
