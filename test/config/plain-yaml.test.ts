import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { readPlainYaml } from '../../src/config/plain-yaml.js';
import { blocksIn } from '../support/documentation.js';
import { writeManyClients } from '../support/many-clients.js';
import { GOOD } from './good-file.js';

/** What the library makes of a text; undefined where it finds an error. */
function parseByLibrary(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false });
  return document.errors.length > 0 || document.warnings.length > 0 ? undefined : document.toJS();
}

const SAMPLES = [GOOD, writeManyClients({ tenants: 2, clients: 20 }), ...blocksIn('yaml').map(({ text }) => text)];

/** Texts that mean something in YAML, by themselves or together. */
const PIECES = fc.oneof(
  fc.constantFrom(
    ...[
      'a',
      'b: ',
      'key:',
      '- ',
      '-',
      ': ',
      ':',
      ' #',
      '#',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ', ',
      ',',
      '|',
      '>',
      '&a',
      '*a',
      '!',
    ],
    ...[
      '? ',
      '%',
      '@',
      '~',
      'null',
      'true',
      'no',
      '0',
      '-1',
      '1.5',
      '0x1f',
      '.5',
      '1e3',
      '.inf',
      '2026-01-01',
      '...',
      '---',
    ],
    ...['http://a:1/b', '__proto__: ', '<<: ', '\\', '\t', '\u00e4', '\u00a0', '\u2028', '\r'],
  ),
  fc.constantFrom('\n', '\n  ', '\n    ', '\n- ', '\n  - ', ' '),
);

describe('plain YAML', () => {
  it('is what configurations are written in', () => {
    expect(readPlainYaml(GOOD)).toEqual(parseByLibrary(GOOD));
    const many = writeManyClients({ tenants: 2, clients: 20 });
    expect(readPlainYaml(many)).toEqual(parseByLibrary(many));
    expect(readPlainYaml(many)).toBeDefined();
  });

  it.each([
    ['a: 1 # one\nb: "x # y" # two\n# three\n\nc:\n- 1\n-  2\n', { a: 1, b: 'x # y', c: [1, 2] }],
    [
      "a:\n  - - 1\n    - b: 2\n      c:\n  - {d: [x, 'y'], e: http://a:1/b}\n",
      { a: [[1, { b: 2, c: null }], { d: ['x', 'y'], e: 'http://a:1/b' }] },
    ],
    [
      'a: [ ]\nb: {}\nc: a, b [c]\nd: -x\ne: 2026-01-01T00:00:00Z\n',
      { a: [], b: {}, c: 'a, b [c]', d: '-x', e: '2026-01-01T00:00:00Z' },
    ],
  ])('%j', (text, value) => {
    expect(readPlainYaml(text)).toEqual(value);
    expect(parseByLibrary(text)).toEqual(value);
  });

  it.each([
    ['a: 1\na: 2\n'],
    ['a: 1\n  b: 2\n'],
    ['a:\n    b: 1\n  c: 2\n'],
    ['a: [1\n  , 2]\n'],
    ['a: b\n  c\n'],
    ['a: &x 1\nb: *x\n'],
    ['a: !!str 1\n'],
    ['a: |\n  b\n'],
    ['a: "\\n"\n'],
    ['a: 0x1f\n'],
    ['a: 1.0\n'],
    ['a: b: c\n'],
    ['null: 1\n'],
    ['__proto__: 1\n'],
    ['a:\t1\n'],
    ['a: 1\r\n'],
    ['a: {b: 1,}\n'],
    ['---\na: 1\n'],
    ['- a\n'],
    [''],
    [`a: ${'['.repeat(100_000)}`],
    [`a: ${'- '.repeat(100_000)}`],
  ])('is left to the library: %j', (text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  it('means what the library says, for random values in block style and in brackets', () => {
    const scalars = fc.oneof(
      fc.string(),
      fc.constantFrom('a b', 'null', '1', 'a: b', 'x #y'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, scalars, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.boolean(), fc.boolean(), (document, inBrackets, indentSeq) => {
        const text = stringify(document, { indentSeq, lineWidth: 0, ...(inBrackets && { collectionStyle: 'flow' }) });
        const plain = readPlainYaml(text);
        if (plain !== undefined) expect(plain).toEqual(document);
      }),
      { numRuns: 1_000 },
    );
  });

  it('means what the library says, for samples with random changes and for random pieces', () => {
    let read = 0;
    const changed = fc
      .tuple(
        fc.constantFrom(...SAMPLES),
        fc.array(fc.tuple(fc.nat(), fc.nat(8), PIECES), { minLength: 1, maxLength: 3 }),
      )
      .map(([sample, edits]) =>
        edits.reduce(
          (text, [position, length, piece]) => {
            const at = position % (text.length + 1);
            return text.slice(0, at) + piece + text.slice(at + length);
          },
          sample.slice(0, 1_500),
        ),
      );
    const pieces = fc.array(PIECES, { maxLength: 12 }).map((list) => `k: ${list.join('')}`);
    fc.assert(
      fc.property(fc.oneof(changed, pieces), (text) => {
        const plain = readPlainYaml(text);
        if (plain === undefined) return;
        read += 1;
        expect(parseByLibrary(text)).toEqual(plain);
      }),
      { numRuns: 5_000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
