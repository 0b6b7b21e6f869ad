import SchemaBuilder from '@pothos/core';
import { GraphQLDateTime } from 'graphql-scalars';
import type { EndpointContext } from '../../context.js';

const DATE_TIME = 'https://scalars.graphql.org/andimarek/date-time.html';
/** NumericDate, of which this is a whole one. */
const NUMERIC_DATE = 'https://www.rfc-editor.org/rfc/rfc7519#section-2';

/** Creates a builder with the scalars of the contract. Every schema has its own, so that tests can build others. */
export function createBuilder() {
  const builder = new SchemaBuilder<{
    Context: EndpointContext;
    DefaultFieldNullability: false;
    Scalars: {
      DateTime: { Input: Date; Output: Date };
      EpochSeconds: { Input: never; Output: number };
      ID: { Input: string; Output: string };
    };
  }>({ defaultFieldNullability: false });
  builder.addScalarType('DateTime', GraphQLDateTime, { specifiedByURL: DATE_TIME });
  builder.scalarType('EpochSeconds', {
    description:
      'Whole seconds since 1970-01-01T00:00:00Z. It is no Int, because an Int has 32 bits and overflows in January 2038.',
    specifiedByURL: NUMERIC_DATE,
    serialize: (value) => value,
    parseValue: () => {
      throw new TypeError('EpochSeconds is not an input type');
    },
  });
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
