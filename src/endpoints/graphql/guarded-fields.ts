import {
  type ExecutionArgs,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Counts the guarded fields that execution would run, one per response key (GraphQL specification, CollectFields). */
export function countGuardedFields(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  guarded: ReadonlySet<string>,
): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0;
  let coercion: ReturnType<typeof getVariableValues> | undefined;
  const leftOut = (node: SelectionNode) => {
    if (!node.directives?.length) return false;
    // Once, and no further than the first fault: graphql-js prints all variables for each, which takes minutes for 100 KiB.
    coercion ??= getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, { maxErrors: 0 });
    const variables = coercion.coerced;
    // Without variables that fit, execution ends before it leaves anything out.
    if (!variables) return false;
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false
    );
  };
  const found = new Map<string, string>();
  const visited = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const node of selections) {
      if (leftOut(node)) continue;
      if (node.kind === Kind.FIELD) {
        if (guarded.has(node.name.value)) found.set(node.alias?.value ?? node.name.value, node.name.value);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(node.selectionSet);
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        for (const each of document.definitions) {
          if (each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === node.name.value) collect(each.selectionSet);
        }
      }
    }
  };
  collect(operation.selectionSet);
  return found.size;
}
