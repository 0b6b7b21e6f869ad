import { Lexer, Parser } from 'yaml';

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

/**
 * Finds where a YAML text first nests deeper than a limit. `parseDocument` recurses on each level, and a text of 100 kB
 * can exhaust the stack or end the process, so this has to run before it. The parser's own stack shows the depth.
 */
export function findDeepYaml(text: string, levels = MAX_NESTING): TextPosition | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    const start = parser.offset;
    // The tokens are not needed, but the parser advances only as they are taken.
    for (const _token of parser.next(lexeme));
    if (parser.stack.length <= levels) continue;
    if (parser.stack.filter(({ type }) => COLLECTIONS.has(type)).length > levels) {
      const before = text.slice(0, start).split('\n');
      return { line: before.length, column: (before.at(-1) as string).length + 1 };
    }
  }
  return undefined;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
