import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  visit,
  type YAMLMap,
} from 'yaml';
import { isNestedDeeper, MAX_NESTING, parseShallowYaml } from '../lib/nesting.js';
import { readTextFile } from '../lib/read-text-file.js';
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

/** A client has about 5 kB in an export: room for more than 10,000. */
const MAX_FILE_BYTES = 64 * 1_048_576;
/** The library looks through the whole document for each of them. */
const MAX_ALIASES = 1_000;

/**
 * Reads a YAML file, which may be a pipe. Its diagnostics never quote the text. A duplicate key leaves the rest readable, so that it is
 * reported together with other diagnostics.
 */
export function readYamlFile(path: string): YamlFile {
  let text: string;
  try {
    text = readTextFile(path, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'failed';
    return unreadable({ path: [], message: `cannot be read (${code}); expected a YAML file` });
  }
  return parseYaml(text);
}

function parseYaml(text: string): YamlFile {
  const lines = new LineCounter();
  // The library compares each key with all others of its mapping to find duplicates: 8 s for 20,000 keys. Its warnings quote keys.
  const { document: parsed, deep } = parseShallowYaml(text, { uniqueKeys: false, logLevel: 'error' }, lines);
  if (deep) return unreadable({ path: [], message: nestedTooDeeply(` at column ${deep.column}`), line: deep.line });
  const { aliases, errors: ownErrors } = examineNodes(parsed);
  const errors = [
    ...[...parsed.errors, ...parsed.warnings].map(({ code, pos }): YamlError => ({ code, at: pos[0] })),
    ...ownErrors,
  ];
  if (aliases.size > MAX_ALIASES) return unreadable(TOO_MANY_ALIASES);
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
    return unreadable(TOO_MANY_ALIASES);
  }
  if (isNestedDeeper(value)) return unreadable({ path: [], message: nestedTooDeeply('') });
  const resolveAlias = (node: unknown) => (isAlias(node) ? aliases.get(node) : node);
  const findLine = (path: Path) => {
    const offset = findOffset(parsed.contents, path, resolveAlias);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  return { document: { value, findLine }, diagnostics };
}

const TOO_MANY_ALIASES: Diagnostic = { path: [], message: 'not valid YAML (too many aliases)' };

interface YamlError {
  readonly code: string;
  /** The offset in the text. */
  readonly at: number;
}

/** Finds in one pass what each alias stands for, and what is wrong beyond the grammar of YAML. */
function examineNodes(parsed: Document) {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node | undefined>();
  const errors: YamlError[] = [];
  visit(parsed, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        aliases.set(node, target);
        if (!target) errors.push({ code: 'ALIAS_OF_NOTHING', at: node.range?.[0] ?? 0 });
        return;
      }
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (isMap(node)) errors.push(...findDuplicateKeys(node));
    },
  });
  return { aliases, errors };
}

function findDuplicateKeys({ items }: YAMLMap): YamlError[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const isDuplicate = seen.has(key.value);
    seen.add(key.value);
    return isDuplicate ? [{ code: 'DUPLICATE_KEY', at: key.range?.[0] ?? 0 }] : [];
  });
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
