import { describe, expect, it } from 'vitest';
import { LineCounter, parse, parseDocument } from 'yaml';
import { isNestedDeeper, parseShallowYaml } from '../../src/lib/nesting.js';

const DEEP = 100_000;

describe('isNestedDeeper', () => {
  it.each([
    ['a number', 7, 0],
    ['null', null, 0],
    ['an empty list', [], 1],
    ['a list of scalars', [1, 'a'], 1],
    ['the deepest of several branches', { a: 1, b: [{ c: [] }], d: {} }, 4],
  ])('counts the levels of %s', (_what, value, levels) => {
    expect(isNestedDeeper(value, levels)).toBe(false);
    if (levels > 0) expect(isNestedDeeper(value, levels - 1)).toBe(true);
  });

  it.each(['[', '{"a":'])('returns for 100,000 levels of %s', (open) => {
    const text = `${open.repeat(DEEP)}1${(open === '[' ? ']' : '}').repeat(DEEP)}`;
    expect(isNestedDeeper(JSON.parse(text))).toBe(true);
  });

  it('returns for a cycle', () => {
    expect(isNestedDeeper(parse('&a [ *a ]'))).toBe(true);
  });

  it('visits an object that many lists share once a level', () => {
    let value: unknown = [1];
    for (let level = 1; level < 100; level++) value = [value, value];
    expect(isNestedDeeper(value)).toBe(false);
    expect(isNestedDeeper([value])).toBe(true);
  });
});

const findDeepYaml = (text: string, levels?: number) => parseShallowYaml(text, {}, new LineCounter(), levels).deep;

describe('parseShallowYaml', () => {
  it.each([
    ['nothing', ''],
    ['a document with comments and an anchor', '# one\na: &x [1, "2", {b: c}] # two\nd: *x\n\n# three\n'],
    ['block scalars', 'a: |\n  one\n  two\nb: >-\n  three\n'],
    ['errors', 'a: [1\nb: "\n'],
    ['a directive and a document', '%YAML 1.1\n---\na: yes\n...\n'],
    ['several documents', 'a: 1\n---\nb: 2\n---\nc: 3\n'],
    ['CRLF', 'a: 1\r\nb:\r\n  - 2\r\n'],
  ])('parses %s as parseDocument does', (_what, text) => {
    const [lines, expectedLines] = [new LineCounter(), new LineCounter()];
    const expected = parseDocument(text, { prettyErrors: false, lineCounter: expectedLines });
    const { document } = parseShallowYaml(text, { prettyErrors: false }, lines);
    expect(document?.toJS()).toEqual(expected.toJS());
    expect(document?.errors.map(({ code, pos }) => [code, pos])).toEqual(
      expected.errors.map(({ code, pos }) => [code, pos]),
    );
    expect(lines.lineStarts).toEqual(expectedLines.lineStarts);
  });

  it.each([
    ['lists in flow style', '[[[1], [2]], [3]]'],
    ['mappings in flow style', '{ a: { b: { c: 1 } }, d: {} }'],
    ['lists in block style', '- - - 1\n    - 2\n- 3\n'],
    ['mappings in block style', 'a:\n  b:\n    c: 1\nd:\n  e: 2\n'],
    ['both', 'a:\n  - b: |\n      [[[[\n  - { c: "[[[[" } # [[[['],
  ])('counts the levels of %s', (_what, text) => {
    expect(findDeepYaml(text, 3)).toBeUndefined();
    expect(findDeepYaml(text, 2)).toBeDefined();
  });

  it('tells the line and column of the first level that is too deep', () => {
    expect(findDeepYaml('a:\n  b: [ { c: 1 } ]\n', 3)).toEqual({ line: 2, column: 8 });
  });

  it.each(['[', '{a: ', '- ', '? ', '[a: ', '[? ', '- ? '])('returns for 100,000 levels of %s', (open) => {
    expect(findDeepYaml(open.repeat(DEEP))).toMatchObject({ line: 1 });
  });
});
