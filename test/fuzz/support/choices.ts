import fc from 'fast-check';

/** Pieces of JSON, to be put into one where they do not belong. */
export const JSON_PIECES = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', '1e999', 'null', '\ufeff'];

/** Texts that parsers, loggers and comparisons have stumbled over. */
const ODD_TEXTS = [
  '',
  ' ',
  '*',
  '\u0000',
  '\t',
  'a\r\nX-Injected: 1',
  '\ud800',
  '\ufeff',
  '\u202eabc',
  '\u2028',
  'Ａｐｐ',
  'İ',
  'ſ',
  '👩‍👩‍👧',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '[object Object]',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e309',
  '9007199254740993',
  '0x10',
  '%00',
  '%E0%A4%A',
  '../../etc/passwd',
  '"',
  '\\',
  "'; --",
  '<!--',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
  '${7*7}',
  '{{7*7}}',
  'x'.repeat(300),
  '\u0301'.repeat(40),
  '9'.repeat(400),
] as const;

const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  // Any UTF-16 units, lone surrogates too.
  { weight: 1, arbitrary: fc.uint16Array({ maxLength: 24 }).map((units) => String.fromCharCode(...units)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 24 }) },
);

/** What fast-check makes up, and shrinks, for one case. */
export const entropy = fc.record({
  bytes: fc.uint8Array({ minLength: 96, maxLength: 112 }),
  texts: fc.array(text, { minLength: 2, maxLength: 3 }),
  value: fc.jsonValue({ maxDepth: 2 }),
});

export type Entropy = typeof entropy extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * The decisions of one case, read from bytes one after the other. Zeros, which are what is left of a shrunk case, mean the
 * first of a list and "no". After their end the bytes are mixed anew, so that long cases are varied too.
 */
export class Choices {
  readonly #entropy: Entropy;
  #at = 0;
  #mixed = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  #byte(): number {
    const { bytes } = this.#entropy;
    const byte = bytes[this.#at % bytes.length] ?? 0;
    this.#at++;
    if (this.#at <= bytes.length) return byte;
    if (bytes.every((each) => each === 0)) return 0;
    this.#mixed = (Math.imul(this.#mixed ^ byte, 0x01000193) + this.#at) >>> 0;
    return (this.#mixed >>> 11) & 255;
  }

  /** A whole number from 0 to below the limit, which is 65,536 at most. */
  below(limit: number): number {
    return limit <= 256
      ? Math.floor((this.#byte() * limit) / 256)
      : Math.floor(((this.#byte() * 256 + this.#byte()) * limit) / 65_536);
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.#byte() >= 256 - 2.56 * percent;
  }

  pick<const T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A text out of the list of odd ones, or a random one. */
  text(): string {
    return this.pick(this.#entropy.texts) ?? '';
  }

  /** A random JSON value. */
  json(): unknown {
    return this.#entropy.value;
  }

  /** Letters and digits that occur nowhere else. */
  unique(length: number): string {
    let made = '';
    while (made.length < length) made += (this.below(65_536) * 65_536 + this.below(65_536)).toString(36);
    return made.slice(0, length);
  }
}

/** Changes a text in one to three places: leaves out, doubles, swaps, inserts or replaces some characters of it. */
export function mutateText(choices: Choices, text: string, inserts: readonly string[] = []): string {
  let result = text;
  for (let count = 1 + choices.below(3); count > 0; count--) {
    const at = choices.below(Math.min(result.length + 1, 65_535));
    const length = 1 + choices.below(choices.chance(20) ? 64 : 4);
    const [before, part, after] = [result.slice(0, at), result.slice(at, at + length), result.slice(at + length)];
    const insert = inserts.length > 0 && choices.chance(60) ? choices.pick(inserts) : choices.text();
    result = choices.pick([
      before + after,
      before + part + part + after,
      before + insert + part + after,
      before + insert + after,
      before + part.split('').reverse().join('') + after,
    ]);
  }
  return result;
}

/**
 * Changes a JSON value at a random place: replaces, removes, adds or renames a member or an item. It renames no text, because
 * a secret under another name is none.
 */
export function changeSomewhere(
  choices: Choices,
  value: unknown,
  keys: readonly string[],
  replacements: readonly unknown[],
): unknown {
  const replacement = () => choices.pick(replacements);
  if (typeof value !== 'object' || value === null) return replacement();
  if (choices.chance(8)) return choices.pick([replacement(), [value], { value }]);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const at = choices.below(entries.length);
  const [key, member] = entries[at] ?? [choices.pick(keys), undefined];
  const inner = choices.chance(75) ? changeSomewhere(choices, member, keys, replacements) : member;
  if (inner !== member) entries[at] = [key, inner];
  else if (choices.chance(30)) entries.splice(at, 1);
  else if (choices.chance(50)) entries.push([choices.chance(80) ? choices.pick(keys) : choices.text(), replacement()]);
  else if (typeof member !== 'string') entries[at] = [choices.pick(keys), member];
  return isList ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
