/**
 * What no text of a document may hold. XML 1.0 §2.2 has no place for controls other than tab, LF and CR, for lone
 * surrogates, U+FFFE and U+FFFF. It has for U+0085 and U+2028, but there are verifiers that read the canonical form
 * with a parser that takes both for line feeds, however they were written, and so would read another name.
 */
const NOT_CARRIED = /[^\t\n\r\u0020-\u0084\u0086-\u2027\u2029-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether a text in a document reaches every reader as it is. */
export function isXmlText(text: string): boolean {
  return !NOT_CARRIED.test(text);
}

/** Markup that is well-formed and escaped where it has to be: only `xml` makes it. */
export class Xml {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/**
 * XML from a template: every string in it is escaped, every Xml stands as it is, and white space between the lines of
 * the template is left out.
 *
 * @throws TypeError for a string that XML cannot carry unchanged
 */
export function xml(parts: TemplateStringsArray, ...values: readonly (string | Xml | readonly Xml[])[]): Xml {
  const markup = parts.map((part) => part.replace(/\s*\n\s*/g, ''));
  return new Xml(markup.map((part, index) => part + (index < values.length ? render(values[index]) : '')).join(''));
}

function render(value: string | Xml | readonly Xml[] | undefined): string {
  return typeof value === 'string' ? escaped(value) : value instanceof Xml ? `${value}` : (value ?? []).join('');
}

/**
 * Whatever is not plain printable ASCII becomes a character reference: so nothing is markup, and no parser's handling
 * of line ends or white space (XML 1.0 §2.11, §3.3.3) makes another name of it.
 */
function escaped(text: string): string {
  if (!isXmlText(text)) throw new TypeError('a text that XML carries unchanged');
  return text.replace(/[^ !#-%(-;=?-~]/gu, (char) => `&#x${char.codePointAt(0)?.toString(16).toUpperCase()};`);
}
