import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { countGuardedFields } from '../../../src/endpoints/graphql/guarded-fields.js';

const schema = buildSchema('type Query { viewer: Int free: Int }');
const GUARDED = new Set(['viewer']);

function count(query: string, variableValues?: Record<string, unknown>, operationName?: string): number {
  return countGuardedFields({ schema, document: parse(query), variableValues, operationName }, GUARDED);
}

describe('countGuardedFields', () => {
  it.each([
    ['each response key', '{ a: viewer b: viewer free viewer: free }', 2],
    ['a response key once', '{ a: viewer a: viewer ... { a: viewer } }', 1],
    ['fields in fragments', '{ ...A } fragment A on Query { ...B a: viewer } fragment B on Query { b: viewer }', 2],
    ['no fields in unknown and unused fragments', '{ ...X free } fragment A on Query { viewer }', 0],
    [
      'fragments that spread each other',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A viewer }',
      1,
    ],
  ])('counts %s', (_name, query, expected) => {
    expect(count(query)).toBe(expected);
  });

  it('counts the operation that is executed', () => {
    const query = 'query A { viewer } query B { a: viewer b: viewer }';
    expect(count(query, {}, 'A')).toBe(1);
    expect(count(query, {}, 'B')).toBe(2);
    expect(count(query, {}, 'C')).toBe(0);
    expect(count(query)).toBe(0);
  });

  it.each([
    ['@skip(if: true)', 0],
    ['@skip(if: false)', 1],
    ['@include(if: false)', 0],
    ['@include(if: true)', 1],
    ['@include(if: true) @skip(if: true)', 0],
    ['@include(if: $yes) @skip(if: $no)', 1],
    ['@skip(if: $yes)', 0],
    ['@include(if: $no)', 0],
    ['@other(if: false)', 1],
  ])('counts a field with %s %i times', (directives, expected) => {
    const query = `query($yes: Boolean!, $no: Boolean = false) { viewer ${directives} }`;
    expect(count(query, { yes: true })).toBe(expected);
  });

  it.each([
    [
      'a variable that is null although it has a default',
      'query($b: Boolean = true) { viewer @include(if: $b) }',
      { b: null },
    ],
    ['a variable without a value', 'query($b: Boolean) { viewer @skip(if: $b) }', {}],
    ['a variable that the operation does not define', '{ viewer @skip(if: $b) }', { b: true }],
    ['a variable of the wrong type', 'query($b: Boolean!) { viewer @skip(if: $b) }', { b: 'true' }],
    ['a condition next to an invalid variable', 'query($b: Boolean!, $i: Int!) { viewer @skip(if: $b) }', { b: true }],
    ['a condition of another type', '{ viewer @include(if: 0) }', {}],
    ['no condition', '{ viewer @skip }', {}],
    [
      'one condition that is null and one that is not',
      'query($b: Boolean = true) { viewer @skip(if: $b) @include(if: false) }',
      { b: null },
    ],
  ])('counts a field whose directive cannot be evaluated: %s', (_name, query, variables) => {
    expect(count(query, variables)).toBe(1);
  });
});
