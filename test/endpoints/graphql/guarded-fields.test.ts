import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createAttemptCounter } from '../../../src/endpoints/graphql/guarded-fields.js';

const schema = buildSchema('type Query { viewer: Int free: Int }');
const GUARDED = new Set(['viewer']);

function count(query: string, variableValues?: Record<string, unknown>, operationName?: string): number {
  return createAttemptCounter(GUARDED)({ schema, document: parse(query), variableValues, operationName });
}

describe('the count of attempts', () => {
  it.each([
    ['each response key', '{ a: viewer b: viewer free viewer: free }', 2],
    ['a response key once', '{ a: viewer a: viewer ... { a: viewer } }', 1],
    ['fields in fragments', '{ ...A } fragment A on Query { ...B a: viewer } fragment B on Query { b: viewer }', 2],
    ['one for an operation without such a field', '{ free a: free }', 1],
    ['one beside unknown and unused fragments', '{ ...X free } fragment A on Query { a: viewer b: viewer }', 1],
    ['one for introspection', '{ __schema { types { name } } __type(name: "Query") { name } }', 1],
    [
      'fragments that spread each other',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A viewer }',
      1,
    ],
  ])('counts %s', (_name, query, expected) => {
    expect(count(query)).toBe(expected);
  });

  it('counts the operation that runs, and none when none runs', () => {
    const query = 'query A { viewer } query B { a: viewer b: viewer }';
    expect(count(query, {}, 'A')).toBe(1);
    expect(count(query, {}, 'B')).toBe(2);
    expect(count(query, {}, 'C')).toBe(0);
    expect(count(query)).toBe(0);
  });

  it.each([
    ['@skip(if: true)', 1],
    ['@skip(if: false)', 2],
    ['@include(if: false)', 1],
    ['@include(if: true)', 2],
    ['@include(if: true) @skip(if: true)', 1],
    ['@include(if: $yes) @skip(if: $no)', 2],
    ['@skip(if: $yes)', 1],
    ['@include(if: $no)', 1],
    ['@other(if: false)', 2],
  ])('counts a field with %s only when it runs: %i in all', (directives, expected) => {
    const query = `query($yes: Boolean!, $no: Boolean = false) { viewer a: viewer ${directives} }`;
    expect(count(query, { yes: true })).toBe(expected);
  });

  it('counts an operation once whose fields are all left out', () => {
    expect(count('{ viewer @skip(if: true) a: viewer @skip(if: true) }')).toBe(1);
  });

  it.each([
    [
      'a variable that is null in spite of its default',
      'query($b: Boolean = true) { viewer a: viewer @include(if: $b) }',
      { b: null },
    ],
    ['a variable without a value', 'query($b: Boolean) { viewer a: viewer @skip(if: $b) }', {}],
    ['a variable that the operation does not define', '{ viewer a: viewer @skip(if: $b) }', { b: true }],
    ['a variable of the wrong type', 'query($b: Boolean!) { viewer a: viewer @skip(if: $b) }', { b: 'true' }],
    [
      'a condition beside a wrong variable',
      'query($b: Boolean!, $i: Int!) { viewer a: viewer @skip(if: $b) }',
      { b: true },
    ],
    ['a condition of another type', '{ viewer a: viewer @include(if: 0) }', {}],
    ['no condition', '{ viewer a: viewer @skip }', {}],
    [
      'one condition that is null and one that is not',
      'query($b: Boolean = true) { viewer a: viewer @skip(if: $b) @include(if: false) }',
      { b: null },
    ],
  ])('counts a field whose directive cannot be evaluated: %s', (_name, query, variables) => {
    expect(count(query, variables)).toBe(2);
  });

  it('is that of the operation and the variables, also when the document was counted before', () => {
    const count = createAttemptCounter(GUARDED);
    const document = parse(`
      query One { viewer { userId } }
      query Two { a: viewer { userId } b: viewer { userId } }
      query Some($skip: Boolean!) { a: viewer @skip(if: $skip) { userId } b: viewer { userId } }
    `);
    const counts = [
      ['One', {}],
      ['Two', {}],
      ['One', {}],
      ['Some', { skip: false }],
      ['Some', { skip: true }],
      ['Some', { skip: false }],
    ] as const;
    expect(
      counts.map(([operationName, variableValues]) => count({ schema, document, operationName, variableValues })),
    ).toEqual([1, 2, 1, 2, 1, 2]);
  });
});
