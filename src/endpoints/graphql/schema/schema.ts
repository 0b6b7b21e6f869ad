import { type GraphQLSchema, printSchema } from 'graphql';
import type { AddonDefinition } from '../../../addons/addon.js';
import { createBuilder } from './builder.js';
import { delegateMutation } from './delegate-mutation.js';
import { sharedTypes } from './shared-types.js';
import { viewerQuery } from './viewer-query.js';

/** The schema for a table of add-ons. */
export function buildSchema(addons: readonly AddonDefinition[]): GraphQLSchema {
  const builder = createBuilder();
  builder.queryType({ description: 'What can be asked without spending anything.' });
  builder.mutationType({ description: 'What spends the limit of a user.' });
  const shared = sharedTypes(builder, addons);
  delegateMutation(builder, shared, addons);
  viewerQuery(builder, shared, addons);
  return builder.toSchema();
}

/** The schema as text, as `schema.graphql` has it. */
export function printGatewaySchema(addons: readonly AddonDefinition[]): string {
  return `${printSchema(buildSchema(addons))}\n`;
}
