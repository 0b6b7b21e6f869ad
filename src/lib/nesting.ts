import {
  Composer,
  type Document,
  type DocumentOptions,
  Lexer,
  type LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
  YAMLParseError,
} from 'yaml';

/** Levels of lists and mappings in a file that an operator supplies; real ones have about ten. */
export const MAX_NESTING = 100;

/** Where something stands in a text, both counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/**
 * Tells whether lists and objects nest deeper than a limit. It goes level by level instead of recursing, so it is safe
 * for any depth, for cycles, and for values that YAML aliases share.
 */
export function isNestedDeeper(value: unknown, levels = MAX_NESTING): boolean {
  let level = collectionsAmong([value]);
  for (let depth = 0; level.size > 0; depth++) {
    if (depth === levels) return true;
    level = collectionsAmong([...level].flatMap((parent) => Object.values(parent)));
  }
  return false;
}

function collectionsAmong(values: readonly unknown[]): Set<object> {
  return new Set(values.filter((value) => typeof value === 'object' && value !== null));
}

/** A YAML document, or where its text first nests too deeply. */
export type ShallowYaml =
  | { readonly document: Document.Parsed; readonly deep?: undefined }
  | { readonly document?: undefined; readonly deep: TextPosition };

/**
 * Parses a YAML text as the library's `parseDocument` does, up to a depth. `parseDocument` recurses on each level, and a text
 * of 100 kB can exhaust the stack or end the process. Here the stack of the parser, which does not recurse, is watched
 * before the composer, which does, sees the document.
 *
 * @param lines takes the starts of lines; the errors of the document have only offsets
 */
export function parseShallowYaml(
  text: string,
  options: DocumentOptions & ParseOptions & SchemaOptions,
  lines: LineCounter,
  levels = MAX_NESTING,
): ShallowYaml {
  const tokens = readShallowTokens(text, lines, levels);
  let first: Document.Parsed | undefined;
  try {
    for (const document of new Composer(options).compose(tokens, true, text.length)) {
      first ??= document;
      if (document === first) continue;
      first.errors.push(
        new YAMLParseError([document.range[0], document.range[1]], 'MULTIPLE_DOCS', 'several documents'),
      );
      break;
    }
  } catch (error) {
    if (error instanceof DeepYamlError) return { deep: error.position };
    throw error;
  }
  // Forced by the second argument of compose.
  return { document: first as Document.Parsed };
}

class DeepYamlError extends Error {
  readonly position: TextPosition;

  constructor(position: TextPosition) {
    super('nested too deeply');
    this.position = position;
  }
}

function* readShallowTokens(text: string, lines: LineCounter, levels: number) {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    const start = parser.offset;
    yield* parser.next(lexeme);
    if (parser.stack.length <= levels) continue;
    if (parser.stack.filter(({ type }) => COLLECTIONS.has(type)).length > levels) {
      const before = text.slice(0, start).split('\n');
      throw new DeepYamlError({ line: before.length, column: (before.at(-1) as string).length + 1 });
    }
  }
  yield* parser.end();
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
