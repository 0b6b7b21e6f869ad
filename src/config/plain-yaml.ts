/** Real ones have about ten. What nests deeper is left to the library, and to its limit. */
const MAX_LEVELS = 50;

interface Line {
  indent: number;
  /** Without its indentation and the spaces at its end. */
  text: string;
}

/** Thrown for what is not plain. Whether it is YAML is for the library to say. */
class NotPlainError extends Error {}

/** Characters that end lines elsewhere, or that YAML does not allow, or that a reader does not see. */
const UNUSUAL = /[^\n\x20-\x7e\xa1-\u1fff\u2030-\ud7ff]/;
const KEY = /^([A-Za-z_][\w-]*):(?: +(.+))?$/;
const ITEM = /^- +/;
/** A scalar that no indicator starts; in a list or mapping in brackets it also has none within. */
const PLAIN = /^(?:[A-Za-z0-9_./+]|-[\w-])/;
const FLOW_PLAIN = /(?:[A-Za-z0-9_./+]|-[\w-])(?:[^,[\]{}:#"'\n]|:(?=[^\s,[\]{}]))*/y;
const FLOW_KEY = /([A-Za-z_][\w-]*): +/y;
const QUOTED = /"([^"\\]*)"|'([^']*)'/y;
const SPACES = / */y;
const COMMENT = /^(?: +#.*)?$/;
const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,14})$/;
/** Every other scalar of YAML's core schema (YAML 1.2.2 §10.3.2) that is no string. */
const NO_STRING =
  /^(?:[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|[-+]?\d+|0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * Reads a mapping in plain YAML, as configurations are written: in block style with keys that are names, and on one line plain
 * or quoted scalars, and lists and mappings in brackets. The library needs twenty times as long for it.
 *
 * @returns the value that the library reads; undefined for any other YAML, and for what is none
 */
export function readPlainYaml(text: string): unknown {
  if (UNUSUAL.test(text)) return undefined;
  try {
    return new PlainReader(text).read();
  } catch (error) {
    if (error instanceof NotPlainError) return undefined;
    throw error;
  }
}

class PlainReader {
  readonly #lines: readonly Line[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split('\n').flatMap((line) => {
      const content = line.trim();
      return content === '' || content.startsWith('#') ? [] : { indent: line.search(/\S/), text: content };
    });
  }

  read(): unknown {
    const value = this.#readMapping(0, 0);
    if (this.#line()) throw new NotPlainError();
    return value;
  }

  #line(): Line | undefined {
    return this.#lines[this.#at];
  }

  #readBlock(indent: number, depth: number): unknown {
    const { text } = this.#line() as Line;
    if (ITEM.test(text)) return this.#readList(indent, depth + 1);
    return this.#readMapping(indent, depth + 1);
  }

  #readMapping(indent: number, depth: number): unknown {
    if (depth > MAX_LEVELS) throw new NotPlainError();
    const entries = new Map<string, unknown>();
    for (let line = this.#line(); line?.indent === indent && !ITEM.test(line.text); line = this.#line()) {
      const [, key, rest] = KEY.exec(line.text) ?? [];
      if (key === undefined || key === '__proto__' || entries.has(key) || NO_STRING.test(key))
        throw new NotPlainError();
      this.#at += 1;
      entries.set(key, rest === undefined ? this.#readBelow(indent, depth) : this.#readScalar(rest, indent, depth));
    }
    if (entries.size === 0) throw new NotPlainError();
    return Object.fromEntries(entries);
  }

  /** What belongs to a key that has nothing on its line. A list may stand as far to the left as its key. */
  #readBelow(indent: number, depth: number): unknown {
    const next = this.#line();
    if (next && next.indent > indent) return this.#readIndented(next.indent, indent, depth);
    return next?.indent === indent && ITEM.test(next.text) ? this.#readList(indent, depth + 1) : null;
  }

  #readIndented(indent: number, parent: number, depth: number): unknown {
    const value = this.#readBlock(indent, depth);
    this.#requireEnd(parent);
    return value;
  }

  #readList(indent: number, depth: number): unknown {
    if (depth > MAX_LEVELS) throw new NotPlainError();
    const values: unknown[] = [];
    for (let line = this.#line(); line?.indent === indent && ITEM.test(line.text); line = this.#line()) {
      const [dash = ''] = ITEM.exec(line.text) ?? [];
      line.indent += dash.length;
      line.text = line.text.slice(dash.length);
      if (ITEM.test(line.text) || KEY.test(line.text)) values.push(this.#readIndented(line.indent, indent, depth));
      else {
        this.#at += 1;
        values.push(this.#readScalar(line.text, indent, depth));
      }
    }
    return values;
  }

  /** What stands on one line, after its key or dash. */
  #readScalar(text: string, indent: number, depth: number): unknown {
    this.#requireEnd(indent);
    if (PLAIN.test(text)) {
      const comment = text.indexOf(' #');
      return resolvePlain(comment < 0 ? text : text.slice(0, comment).trimEnd());
    }
    const flow = new FlowReader(text);
    const value = flow.read(depth);
    if (!COMMENT.test(flow.rest())) throw new NotPlainError();
    return value;
  }

  /** A line further to the right would go on with what was read, or is a mistake. */
  #requireEnd(indent: number): void {
    const next = this.#line();
    if (next && next.indent > indent) throw new NotPlainError();
  }
}

/** Reads lists and mappings in brackets, and quoted scalars, on one line. */
class FlowReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }

  read(depth: number): unknown {
    if (depth > MAX_LEVELS) throw new NotPlainError();
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") {
      const [, double, single] = this.#take(QUOTED);
      return double ?? single;
    }
    if (first === '[') return this.#readItems(']', () => this.#readValue(depth + 1));
    if (first === '{') return this.#readMapping(depth + 1);
    throw new NotPlainError();
  }

  #readMapping(depth: number): unknown {
    const entries = this.#readItems('}', () => {
      const [, key = ''] = this.#take(FLOW_KEY);
      return [key, this.#readValue(depth)] as const;
    });
    const keys = new Set(entries.map(([key]) => key));
    if (keys.size < entries.length || keys.has('__proto__') || [...keys].some((key) => NO_STRING.test(key)))
      throw new NotPlainError();
    return Object.fromEntries(entries);
  }

  #readItems<Item>(end: string, readItem: () => Item): Item[] {
    const items: Item[] = [];
    this.#at += 1;
    this.#take(SPACES);
    while (this.#text[this.#at] !== end) {
      items.push(readItem());
      this.#take(SPACES);
      if (this.#text[this.#at] === end) break;
      if (this.#text[this.#at] !== ',') throw new NotPlainError();
      this.#at += 1;
      this.#take(SPACES);
      // A comma before the end is allowed in YAML; it is not plain.
      if (this.#text[this.#at] === end) throw new NotPlainError();
    }
    this.#at += 1;
    return items;
  }

  #readValue(depth: number): unknown {
    FLOW_PLAIN.lastIndex = this.#at;
    const [plain] = FLOW_PLAIN.exec(this.#text) ?? [];
    if (plain === undefined) return this.read(depth);
    this.#at += plain.length;
    return resolvePlain(plain.trimEnd());
  }

  #take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) throw new NotPlainError();
    this.#at += found[0].length;
    return found;
  }
}

function resolvePlain(text: string): unknown {
  if (CONSTANTS.has(text)) return CONSTANTS.get(text);
  if (WHOLE_NUMBER.test(text)) return Number(text);
  if (NO_STRING.test(text) || text.includes(': ') || text.endsWith(':')) throw new NotPlainError();
  return text;
}
