/**
 * Characters that a document must not contain. XML 1.0 §2.2 excludes control characters other than tab, LF and CR, lone
 * surrogates, U+FFFE and U+FFFF. It allows U+0085 and U+2028, but node-saml parses the canonical form with xmldom, which
 * turns both into line feeds even if they were character references: it would read another user name.
 */
const UNREPRESENTABLE = /[^\t\n\r\u0020-\u0084\u0086-\u2027\u2029-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether every XML reader gets a text exactly as it was written. */
export function isXmlText(text: string): boolean {
  return !UNREPRESENTABLE.test(text);
}

/** Well-formed, escaped markup. Use `xml` to create it. */
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
 * Builds XML from a template: escapes strings, inserts Xml unchanged, and drops the white space around the line breaks
 * of the template.
 *
 * @throws TypeError for a string that XML cannot represent exactly
 */
export function xml(parts: TemplateStringsArray, ...values: readonly (string | Xml | readonly Xml[])[]): Xml {
  const markup = parts.map((part) => part.replace(/\s*\n\s*/g, ''));
  return new Xml(markup.map((part, index) => part + (index < values.length ? render(values[index]) : '')).join(''));
}

function render(value: string | Xml | readonly Xml[] | undefined): string {
  return typeof value === 'string' ? escapeText(value) : value instanceof Xml ? `${value}` : (value ?? []).join('');
}

/**
 * Replaces everything but printable ASCII that is not markup by character references, so that parsers neither see markup
 * nor normalize line ends and white space (XML 1.0 §2.11, §3.3.3).
 */
function escapeText(text: string): string {
  if (!isXmlText(text)) throw new TypeError('XML cannot represent this text exactly');
  return text.replace(/[^ !#-%(-;=?-~]/gu, (char) => `&#x${char.codePointAt(0)?.toString(16).toUpperCase()};`);
}
