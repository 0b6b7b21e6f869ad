import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findExceededLimit } from '../../src/lib/json.js';

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function measureDepth(value: unknown): number {
  return isCollection(value) ? 1 + Math.max(0, ...Object.values(value).map(measureDepth)) : 0;
}

/** An empty list or object counts as two. */
function countValues(value: unknown): number {
  if (!isCollection(value)) return 1;
  const inner = Object.values(value);
  return 1 + (inner.length === 0 ? 1 : inner.map(countValues).reduce((sum, each) => sum + each, 0));
}

describe('findExceededLimit', () => {
  const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', ',', 'a') });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, text, fc.array(tie('value')), fc.dictionary(text, tie('value'))),
  }));

  it('agrees with the depth of the parsed value', () => {
    fc.assert(
      fc.property(value, (each) => {
        const levels = measureDepth(each);
        expect(findExceededLimit(JSON.stringify(each), { levels })).toBeUndefined();
        expect(findExceededLimit(JSON.stringify(each), { levels: levels - 1 })).toBe(levels > 0 ? 'levels' : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the number of values in the parsed value', () => {
    fc.assert(
      fc.property(value, (each) => {
        const values = countValues(each);
        expect(findExceededLimit(JSON.stringify(each), { values })).toBeUndefined();
        expect(findExceededLimit(JSON.stringify(each), { values: values - 1 })).toBe(values > 1 ? 'values' : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', '"', '"\\', '[', '{"a', ']]]'])('scans a text that is not JSON to its end: %j', (each) => {
    expect(findExceededLimit(each, { levels: 1, values: 2 })).toBeUndefined();
  });

  it('counts brackets that are never closed', () => {
    expect(findExceededLimit('[[{', { levels: 2 })).toBe('levels');
    expect(findExceededLimit('[[{', { values: 3 })).toBe('values');
  });
});
