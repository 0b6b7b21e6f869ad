import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonNestedDeeper } from '../../src/lib/json-nesting.js';

function measureDepth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(measureDepth));
}

describe('isJsonNestedDeeper', () => {
  it('agrees with the depth of the parsed value', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', 'a') });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 6 }, text, fc.array(tie('value')), fc.dictionary(text, tie('value'))),
    }));
    fc.assert(
      fc.property(value, (each) => {
        const depth = measureDepth(each);
        const json = JSON.stringify(each);
        expect(isJsonNestedDeeper(json, depth)).toBe(false);
        if (depth > 0) expect(isJsonNestedDeeper(json, depth - 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', '"', '"\\', '[', '{"a', ']]]'])('reads a text that is not JSON to its end: %j', (text) => {
    expect(isJsonNestedDeeper(text, 1)).toBe(false);
  });

  it('counts brackets that are never closed', () => {
    expect(isJsonNestedDeeper('[[{', 2)).toBe(true);
  });
});
