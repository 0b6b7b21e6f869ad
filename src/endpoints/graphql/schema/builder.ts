import SchemaBuilder from '@pothos/core';
import { GraphQLDateTime } from 'graphql-scalars';
import type { GraphqlContext } from '../../context.js';

/** A builder with the scalars of the contract. Every schema has its own, so that a test can build another one. */
export function createBuilder() {
  const builder = new SchemaBuilder<{
    Context: GraphqlContext;
    DefaultFieldNullability: false;
    Scalars: {
      DateTime: { Input: Date; Output: Date };
      EpochSeconds: { Input: never; Output: number };
      ID: { Input: string; Output: string };
    };
  }>({ defaultFieldNullability: false });
  builder.addScalarType('DateTime', GraphQLDateTime);
  builder.scalarType('EpochSeconds', {
    description: 'Whole seconds since 1970-01-01T00:00:00Z. Not an Int, which has 32 bits and ends in January 2038.',
    serialize: (value) => value,
    parseValue: () => {
      throw new TypeError('EpochSeconds is not taken as input');
    },
  });
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
