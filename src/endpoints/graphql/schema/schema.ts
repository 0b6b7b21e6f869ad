import { GraphQLSchema, printSchema } from 'graphql';
import type { AddonDefinition } from '../../../addons/addon.js';
import { createBuilder } from './builder.js';
import { addDelegateMutation } from './delegate-mutation.js';
import { SCHEMA_DESCRIPTION } from './description.js';
import { listInReadingOrder } from './reading-order.js';
import { addSharedTypes } from './shared-types.js';
import { addViewerQuery } from './viewer-query.js';

const schemas = new WeakMap<readonly AddonDefinition[], GraphQLSchema>();

/** Builds the schema for a table of add-ons, once for each table: a reload finds the one that it had. */
export function buildSchema(addons: readonly AddonDefinition[]): GraphQLSchema {
  const schema = schemas.get(addons) ?? createSchema(addons);
  schemas.set(addons, schema);
  return schema;
}

function createSchema(addons: readonly AddonDefinition[]): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({ description: 'Queries. They spend nothing.' });
  builder.mutationType({ description: 'Mutations. They spend the limit of a user.' });
  const shared = addSharedTypes(builder, addons);
  addDelegateMutation(builder, shared, addons);
  addViewerQuery(builder, shared);
  const schema = builder.toSchema({ sortSchema: false });
  return new GraphQLSchema({
    ...schema.toConfig(),
    description: SCHEMA_DESCRIPTION,
    types: listInReadingOrder(schema),
  });
}

/** Prints the schema as `schema.graphql` has it. */
export function printGatewaySchema(addons: readonly AddonDefinition[]): string {
  return `${printSchema(buildSchema(addons))}\n`;
}
