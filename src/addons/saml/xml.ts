/** Anything but Char of XML 1.0 §2.2: controls other than tab, LF and CR, lone surrogates, U+FFFE and U+FFFF. */
const NOT_A_CHAR = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether XML 1.0 can carry a text at all, escaped or not. */
export function isXmlText(text: string): boolean {
  return !NOT_A_CHAR.test(text);
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
 * @throws TypeError for a string that XML 1.0 cannot carry
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
  if (!isXmlText(text)) throw new TypeError('a text that XML 1.0 can carry');
  return text.replace(/[^ !#-%(-;=?-~]/gu, (char) => `&#x${char.codePointAt(0)?.toString(16).toUpperCase()};`);
}
