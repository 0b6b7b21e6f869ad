import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { findDeepYaml, isNestedDeeper, MAX_NESTING } from '../lib/nesting.js';
import { ConfigError, type Fault, type Path } from './faults.js';

/** A YAML file as it was written: its value, where everything stands, and what is wrong with it that is not fatal. */
export interface YamlFile {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** The line of what is at a path, or of the nearest thing around it. */
  lineOf(path: Path): number | undefined;
}

/**
 * Reads YAML. A key that is given twice leaves the rest readable, so that its fault comes together with the others.
 *
 * @throws ConfigError that says where the text is no YAML, without a word of the text
 */
export function readYaml(text: string): YamlFile {
  const deep = findDeepYaml(text);
  if (deep) throw tooDeep(` at column ${deep.column}`, deep.line);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const errors: { code: string; at: number }[] = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    code,
    at: pos[0],
  }));
  visit(document, {
    Alias(_key, alias) {
      if (!alias.resolve(document)) errors.push({ code: 'ALIAS_OF_NOTHING', at: alias.range?.[0] ?? 0 });
    },
  });
  const faults = errors.map(({ code, at }): Fault => {
    const { line, col } = lines.linePos(at);
    return {
      path: [],
      message: `not valid YAML at column ${col} (${code.toLowerCase().replaceAll('_', ' ')})`,
      line,
    };
  });
  if (errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(faults);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError([{ path: [], message: 'not valid YAML (too many aliases)' }]);
  }
  if (isNestedDeeper(value)) throw tooDeep('');
  return {
    value,
    faults,
    lineOf(path) {
      const offset = offsetOf(document.contents, path, (alias) => (isAlias(alias) ? alias.resolve(document) : alias));
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

function tooDeep(where: string, line?: number): ConfigError {
  const message = `nested too deeply${where}; expected at most ${MAX_NESTING} levels`;
  return new ConfigError([{ path: [], message, ...(line !== undefined && { line }) }]);
}

/** Follows a path as far as the document has it; in a mapping, a thing stands where its key does. */
function offsetOf(root: unknown, path: Path, resolve: (node: unknown) => unknown): number | undefined {
  let node = root;
  let offset = (node as Node | null)?.range?.[0];
  for (const step of path) {
    node = resolve(node);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!pair) return offset;
      offset = (pair.key as Node).range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step] as Node | undefined;
      if (!item) return offset;
      offset = item.range?.[0];
      node = item;
    } else return offset;
  }
  return offset;
}
