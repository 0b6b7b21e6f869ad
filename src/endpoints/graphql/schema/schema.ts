import { GraphQLSchema, printSchema } from 'graphql';
import type { AddonDefinition } from '../../../addons/addon.js';
import { createBuilder } from './builder.js';
import { addDelegateMutation } from './delegate-mutation.js';
import { SCHEMA_DESCRIPTION } from './description.js';
import { addServiceQuery, toSubgraphSchema } from './federation.js';
import { listInReadingOrder } from './reading-order.js';
import { addSharedTypes } from './shared-types.js';
import { addViewerQuery } from './viewer-query.js';

/** Builds the schema for a table of add-ons, once for each table: a reload finds the one that it had. */
export const buildSchema = oncePerTable((addons) => createSchema(addons));

/** Builds the schema with `Query._service`, also once for each table. */
export const buildSubgraphSchema = oncePerTable((addons) => createSchema(addons, printSubgraphSchema(addons)));

/** Prints the schema as `schema.graphql` has it. */
export function printGatewaySchema(addons: readonly AddonDefinition[]): string {
  return `${printSchema(buildSchema(addons))}\n`;
}

/** Prints the schema as a subgraph of Apollo Federation 2. */
export function printSubgraphSchema(addons: readonly AddonDefinition[]): string {
  return toSubgraphSchema(printGatewaySchema(addons));
}

/** @param subgraphSdl what `Query._service` returns; without it there is no such field */
function createSchema(addons: readonly AddonDefinition[], subgraphSdl?: string): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({ description: 'Queries. They spend nothing.' });
  builder.mutationType({ description: 'Mutations. They spend the limit of a user.' });
  const shared = addSharedTypes(builder, addons);
  addDelegateMutation(builder, shared, addons);
  addViewerQuery(builder, shared);
  if (subgraphSdl !== undefined) addServiceQuery(builder, subgraphSdl);
  const schema = builder.toSchema({ sortSchema: false });
  return new GraphQLSchema({
    ...schema.toConfig(),
    description: SCHEMA_DESCRIPTION,
    types: listInReadingOrder(schema),
  });
}

function oncePerTable(create: (addons: readonly AddonDefinition[]) => GraphQLSchema) {
  const schemas = new WeakMap<readonly AddonDefinition[], GraphQLSchema>();
  return (addons: readonly AddonDefinition[]): GraphQLSchema => {
    const schema = schemas.get(addons) ?? create(addons);
    schemas.set(addons, schema);
    return schema;
  };
}
