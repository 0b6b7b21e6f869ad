import type { Builder } from './builder.js';

/** The lowest version of Apollo Federation 2, so that every tool of it composes the schema. */
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0")';

/** Composition knows no `@oneOf` but one that the schema defines. */
const ONE_OF = 'directive @oneOf on INPUT_OBJECT';

/**
 * Makes the schema of a subgraph from the printed schema. It has no entities: what the gateway returns belongs to the
 * token of a request, and no other subgraph can refer to it.
 *
 * https://www.apollographql.com/docs/federation/subgraph-spec/
 */
export function toSubgraphSchema(printed: string): string {
  return `${LINK}\n\n${ONE_OF}\n\n${printed}`;
}

/** Adds `Query._service`, by which tools read the schema of a subgraph. */
export function addServiceQuery(builder: Builder, sdl: string): void {
  const service = builder.objectRef<{ readonly sdl: string }>('_Service').implement({
    description: 'This gateway as a subgraph of Apollo Federation.',
    fields: (t) => ({ sdl: t.exposeString('sdl', { description: 'The schema, in the schema definition language.' }) }),
  });
  builder.queryField('_service', (t) =>
    t.field({ type: service, description: 'For tools that compose a supergraph.', resolve: () => ({ sdl }) }),
  );
}
