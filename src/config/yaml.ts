import { readFileSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { findDeepYaml, isNestedDeeper, MAX_NESTING } from '../lib/nesting.js';
import type { Diagnostic } from './diagnostics.js';
import type { Path } from './path.js';

export interface YamlFile {
  /** Undefined where the file cannot be read as a whole. */
  readonly document: YamlDocument | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface YamlDocument {
  readonly value: unknown;
  /** Finds the line of what is at a path, or of the nearest thing around it. */
  findLine(path: Path): number | undefined;
}

/**
 * Reads a YAML file. Its diagnostics never quote the text. A duplicate key leaves the rest readable, so that it is
 * reported together with other diagnostics.
 */
export function readYamlFile(path: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'failed';
    return unreadable({ path: [], message: `cannot be read (${code}); expected a YAML file` });
  }
  return parseYaml(text);
}

function parseYaml(text: string): YamlFile {
  const deep = findDeepYaml(text);
  if (deep) return unreadable({ path: [], message: nestedTooDeeply(` at column ${deep.column}`), line: deep.line });
  const lines = new LineCounter();
  const parsed = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    // Otherwise the library prints a warning that quotes a key which is a collection: `{{ name }}` in place of a value.
    logLevel: 'error',
  });
  const errors: { code: string; at: number }[] = [...parsed.errors, ...parsed.warnings].map(({ code, pos }) => ({
    code,
    at: pos[0],
  }));
  visit(parsed, {
    Alias(_key, alias) {
      if (!alias.resolve(parsed)) errors.push({ code: 'ALIAS_OF_NOTHING', at: alias.range?.[0] ?? 0 });
    },
  });
  const diagnostics = errors.map(({ code, at }): Diagnostic => {
    const { line, col } = lines.linePos(at);
    const reason = code.toLowerCase().replaceAll('_', ' ');
    return { path: [], message: `not valid YAML at column ${col} (${reason})`, line };
  });
  if (errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return unreadable(...diagnostics);
  let value: unknown;
  try {
    value = parsed.toJS({ maxAliasCount: 100 });
  } catch {
    return unreadable({ path: [], message: 'not valid YAML (too many aliases)' });
  }
  if (isNestedDeeper(value)) return unreadable({ path: [], message: nestedTooDeeply('') });
  const resolveAlias = (node: unknown) => (isAlias(node) ? node.resolve(parsed) : node);
  const findLine = (path: Path) => {
    const offset = findOffset(parsed.contents, path, resolveAlias);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  return { document: { value, findLine }, diagnostics };
}

function nestedTooDeeply(where: string): string {
  return `nested too deeply${where}; expected at most ${MAX_NESTING} levels`;
}

function unreadable(...diagnostics: readonly Diagnostic[]): YamlFile {
  return { document: undefined, diagnostics };
}

/** Follows a path as far as the document goes. The place of a mapping's entry is that of its key. */
function findOffset(root: unknown, path: Path, resolveAlias: (node: unknown) => unknown): number | undefined {
  let node = root;
  let offset = readOffset(node);
  for (const step of path) {
    node = resolveAlias(node);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!pair) return offset;
      offset = readOffset(pair.key);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step];
      if (!item) return offset;
      offset = readOffset(item);
      node = item;
    } else return offset;
  }
  return offset;
}

function readOffset(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
