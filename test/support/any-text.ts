import fc from 'fast-check';

/** The half surrogates, which are no characters. */
const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any code point but half surrogates, as `unit: 'binary'` of fast-check, whose table of all of them takes more than a second
 * to make.
 */
export const anyCodePoint = fc.integer({ min: 0, max: 0x10ffff - SURROGATES.count }).map(
  (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
  (text) => {
    const codePoint = typeof text === 'string' && text.isWellFormed() ? text.codePointAt(0) : undefined;
    if (codePoint === undefined || text !== String.fromCodePoint(codePoint)) throw new Error('no code point');
    return codePoint < SURROGATES.first ? codePoint : codePoint - SURROGATES.count;
  },
);
