import fc from 'fast-check';
import { buildSchema, getVariableValues, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { coerceVariables } from '../../../src/endpoints/graphql/coerce-variables.js';

const SCHEMA = buildSchema(/* GraphQL */ `
  type Query { field(input: Input, list: [[Int]!], flag: Boolean = true): Int }
  input Input { id: ID! color: Color = RED nested: Input list: [String!] }
  input OneOf @oneOf { a: Int b: Int }
  enum Color { RED GREEN }
`);
const [OPERATION] = parse(
  'query($input: Input!, $list: [[Int]!] = [[1]], $flag: Boolean = true, $one: OneOf, $none: ID) { field }',
).definitions as [OperationDefinitionNode];
const ALL = { maxErrors: 1_000, hideSuggestions: true };

const leaf = fc.constantFrom(null, true, 1, 1.5, 'x', 'RED', '');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.record(
      { id: tie('value'), color: leaf, nested: tie('value'), list: tie('value'), a: leaf },
      { requiredKeys: [] },
    ),
  ),
}));
const inputs = fc.record(
  { input: value, list: value, flag: leaf, one: value, none: leaf, ['__proto__']: leaf },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, unknown>>;

/** graphql-js's own message without the value that it quotes. */
function withoutValue(message: string, count: number): string {
  expect(count).toBeGreaterThan(0);
  return message.replace(/ got invalid value .*?( at "[\w.[\]]+")?; /s, ' got an invalid value$1: ');
}

describe('coerceVariables', () => {
  it('returns the same values and errors as graphql-js', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const expected = getVariableValues(SCHEMA, OPERATION.variableDefinitions ?? [], given, ALL);
        const { values, errors } = coerceVariables(SCHEMA, OPERATION, given, ALL);
        if (expected.coerced) {
          expect(errors).toEqual([]);
          expect(Object.fromEntries(values)).toEqual(expected.coerced);
        } else {
          expect(errors.map(({ message }) => message)).toEqual(
            expected.errors?.map(({ message }) => withoutValue(message, errors.length)),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('stops after the given number of errors', () => {
    const input = { id: 1, list: Array.from({ length: 100 }, () => 5) };
    const count = (maxErrors: number) =>
      coerceVariables(SCHEMA, OPERATION, { input }, { maxErrors, hideSuggestions: true }).errors.length;
    expect([1, 10, 100, 1_000].map(count)).toEqual([1, 10, 100, 100]);
  });

  it('gives the location of the variable definition', () => {
    const { errors } = coerceVariables(SCHEMA, OPERATION, { input: {} }, ALL);
    expect(errors.map(({ nodes }) => nodes?.map(({ kind }) => kind))).toEqual([[Kind.VARIABLE_DEFINITION]]);
  });
});
