import {
  coerceInputValue,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';

export interface CoercedVariables {
  readonly values: ReadonlyMap<string, unknown>;
  /** Empty when every variable fits its type. No message quotes the value of an input object or a list. */
  readonly errors: readonly GraphQLError[];
}

export interface CoercionOptions {
  /** The coercion stops after this many errors; 1 or more. */
  readonly maxErrors: number;
  readonly hideSuggestions: boolean;
}

/**
 * Coerces the variables of an operation (GraphQL specification, CoerceVariableValues).
 *
 * `getVariableValues` of graphql-js prints the whole variable into the message of each error, which takes 2 ms for 100 KiB,
 * and Yoga's executor asks it for 50 errors.
 *
 * @param inputs the variables as the request has them
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>>,
  { maxErrors, hideSuggestions }: CoercionOptions,
): CoercedVariables {
  const values = new Map<string, unknown>();
  const errors: GraphQLError[] = [];
  try {
    for (const definition of operation.variableDefinitions ?? []) {
      const report = (message: string) => {
        errors.push(new GraphQLError(message, { nodes: definition }));
        if (errors.length >= maxErrors) throw new ErrorLimitReached();
      };
      const value = coerceVariable(schema, definition, inputs, report, hideSuggestions);
      if (value !== undefined) values.set(definition.variable.name.value, value);
    }
  } catch (error) {
    if (!(error instanceof ErrorLimitReached)) throw error;
  }
  return { values, errors };
}

/** Leaves the coercion of graphql-js, which has no limit of its own. */
class ErrorLimitReached extends Error {}

function coerceVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  inputs: Readonly<Record<string, unknown>>,
  report: (message: string) => void,
  hideSuggestions: boolean,
): unknown {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) return report(`Variable "$${name}" must have an input type.`);
  if (!Object.hasOwn(inputs, name)) {
    if (defaultValue) return valueFromAST(defaultValue, type);
    if (isNonNullType(type)) report(`Variable "$${name}" of required type "${type}" was not provided.`);
    return undefined;
  }
  const value = inputs[name];
  if (value === null && isNonNullType(type)) {
    return report(`Variable "$${name}" of non-null type "${type}" must not be null.`);
  }
  const onError = (path: readonly (string | number)[], _value: unknown, { message }: GraphQLError) => {
    const place = path.length === 0 ? '' : ` at "${name}${path.map(printPathStep).join('')}"`;
    report(`Variable "$${name}" got an invalid value${place}: ${message}`);
  };
  return coerceInputValue(value, type, onError, hideSuggestions);
}

function printPathStep(step: string | number): string {
  return typeof step === 'number' ? `[${step}]` : `.${step}`;
}
