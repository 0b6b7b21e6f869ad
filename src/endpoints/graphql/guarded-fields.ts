import {
  type DirectiveNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { coerceVariables } from './coerce-variables.js';

/** Counts the attempts of an operation; 0 when the document has no such operation. */
export type CountAttempts = (args: ExecutionArgs) => number;

/**
 * Creates what counts the attempts of an operation: one for each guarded root field that execution would run, by response
 * key (GraphQL specification, CollectFields), and one for an operation without such a field. It remembers the count of an
 * operation that no variable changes, as long as its document is in the cache of documents.
 *
 * A field counts unless a `@skip` or `@include` certainly leaves it out: one whose condition is not true or false, or comes
 * from variables that do not fit their types, leaves nothing out here.
 *
 * @param guarded names of root fields
 */
export function createAttemptCounter(guarded: ReadonlySet<string>): CountAttempts {
  const known = new WeakMap<OperationDefinitionNode, number>();
  return (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return 0;
    const before = known.get(operation);
    if (before !== undefined) return before;
    const { count, readsVariables } = countGuardedFields(operation, args, guarded);
    if (!readsVariables) known.set(operation, count);
    return count;
  };
}

function countGuardedFields(
  operation: OperationDefinitionNode,
  args: ExecutionArgs,
  guarded: ReadonlySet<string>,
): { readonly count: number; readonly readsVariables: boolean } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of args.document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }

  let variables: ReadonlyMap<string, unknown> | undefined;
  const readVariable = (name: string): unknown => {
    variables ??= readVariables();
    return variables.get(name);
  };
  const readVariables = () => {
    const options = { maxErrors: 1, hideSuggestions: true };
    const { values, errors } = coerceVariables(args.schema, operation, args.variableValues ?? {}, options);
    return errors.length === 0 ? values : new Map();
  };

  const responseKeys = new Set<string>();
  const visited = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const node of selections) {
      if (isLeftOut(node, readVariable)) continue;
      if (node.kind === Kind.FIELD) {
        if (guarded.has(node.name.value)) responseKeys.add(node.alias?.value ?? node.name.value);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(node.selectionSet);
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  return { count: Math.max(1, responseKeys.size), readsVariables: variables !== undefined };
}

/** Whether `@skip` or `@include` leaves a selection out: false as soon as one of the conditions is not a boolean. */
function isLeftOut({ directives = [] }: SelectionNode, readVariable: (name: string) => unknown): boolean {
  let leftOut = false;
  for (const directive of directives) {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') continue;
    const condition = readCondition(directive, readVariable);
    if (typeof condition !== 'boolean') return false;
    leftOut ||= condition === (name === 'skip');
  }
  return leftOut;
}

function readCondition(directive: DirectiveNode, readVariable: (name: string) => unknown): unknown {
  const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
  if (value?.kind === Kind.VARIABLE) return readVariable(value.name.value);
  return value?.kind === Kind.BOOLEAN ? value.value : undefined;
}
