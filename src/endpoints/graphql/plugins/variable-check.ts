import { BREAK, type DocumentNode, GraphQLError, getOperationAST, Kind, type VariableNode, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CoercedVariables, coerceVariables } from '../coerce-variables.js';

/** Describing an error costs time. */
const MAX_ERRORS = 10;

/**
 * Refuses an operation whose variables do not fit, before the executor describes each error at length.
 *
 * A variable that a `@skip` or `@include` reads and that is null is refused too: the executor would make an error of each
 * object whose selection holds that directive, hundreds in an introspection query.
 */
export function useVariableCheck({ suggestions }: { readonly suggestions: boolean }): Plugin {
  return {
    onExecute({ args: { schema, document, operationName, variableValues }, setResultAndStopExecution }) {
      const operation = getOperationAST(document, operationName);
      if (!operation?.variableDefinitions?.length) return;
      const options = { maxErrors: MAX_ERRORS, hideSuggestions: !suggestions };
      const { values, errors } = coerceVariables(schema, operation, variableValues ?? {}, options);
      const found = errors.length > 0 ? errors : findNullConditions(document, values);
      if (found.length > 0) setResultAndStopExecution({ errors: found });
    },
  };
}

/** The error of the first `@skip` or `@include` whose variable is null: its default value does not apply to an explicit null. */
function findNullConditions(document: DocumentNode, values: CoercedVariables['values']): readonly GraphQLError[] {
  if (![...values.values()].includes(null)) return [];
  let condition: VariableNode | undefined;
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) {
        if (value.kind !== Kind.VARIABLE || values.get(value.name.value) !== null) continue;
        condition = value;
        return BREAK;
      }
      return undefined;
    },
  });
  if (!condition) return [];
  return [new GraphQLError('Argument "if" of non-null type "Boolean!" must not be null.', { nodes: condition })];
}
