import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

const PAGE = readFileSync(new URL('../ARCHITECTURE.md', import.meta.url), 'utf8');

/** The table of allowed imports in ARCHITECTURE.md: what each part of src may import beside itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...PAGE.matchAll(/^\| `([\w./-]+?)(?:\.ts|\/)` \| [^|]+ \| ([^|]+) \|$/gm)].map(([, part = '', targets = '']) => [
    part,
    targets.trim() === 'nothing' ? [] : targets.trim().split(', '),
  ]),
);

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every import of one file of src by another, `import type`, `export … from` and `import()` included. */
const IMPORTS: readonly Import[] = sourceFiles(SRC).flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...specifiers].map(([, specifier = '']) => ({
    from,
    to: posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts'),
  }));
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'));
}

/** The part that a file belongs to: the file itself when the table has a row for it, else its folder. */
function findPart(file: string): string {
  const name = file.replace(/\.ts$/, '');
  return name in ARROWS ? name : (file.split('/')[0] as string);
}

/** The first way round from a node to itself, if there is one. */
function findCycle(edges: readonly Import[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of targets.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of targets.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe('the parts of src', () => {
  it('are all in the table, and every import leads to a file', () => {
    const files = sourceFiles(SRC);
    expect(files.length).toBeGreaterThan(60);
    expect(IMPORTS.length).toBeGreaterThan(files.length);
    expect([...new Set(files.map(findPart))].sort()).toEqual(Object.keys(ARROWS).sort());
    expect(IMPORTS.filter(({ to }) => !files.includes(to))).toEqual([]);
  });

  it('import only what the table allows', () => {
    const breaches = IMPORTS.filter(({ from, to }) => {
      const [part, other] = [findPart(from), findPart(to)];
      return part !== other && !ARROWS[part]?.includes(other);
    });
    expect(breaches.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('import everything that the table allows, so that no arrow is left over', () => {
    const used = new Set(IMPORTS.map(({ from, to }) => `${findPart(from)} → ${findPart(to)}`));
    const allowed = Object.entries(ARROWS).flatMap(([part, targets]) => targets.map((to) => `${part} → ${to}`));
    expect(allowed.filter((arrow) => !used.has(arrow))).toEqual([]);
  });

  it('keep HTTP and GraphQL out of the delegation itself', () => {
    const inDelegation = (pattern: RegExp) =>
      sourceFiles(SRC).filter(
        (file) => findPart(file) === 'delegation' && pattern.test(readFileSync(join(SRC, file), 'utf8')),
      );
    expect(inDelegation(/from '(?:graphql|node:http|@envelop|@pothos|@whatwg-node)/)).toEqual([]);
    expect(inDelegation(/\b(?:Request|Response|Headers|GraphQLError)\b\(/)).toEqual([]);
    expect(inDelegation(/./s).length).toBeGreaterThan(5);
  });

  it('keep GraphQL out of every endpoint but its own', () => {
    const outside = sourceFiles(SRC).filter(
      (file) => findPart(file) === 'endpoints' && !file.startsWith('endpoints/graphql/'),
    );
    const usesGraphql = (file: string) =>
      /from '(?:graphql|graphql-yoga|@pothos|@envelop)/.test(readFileSync(join(SRC, file), 'utf8'));
    expect(outside.length).toBeGreaterThan(8);
    expect(outside.filter(usesGraphql)).toEqual([]);
    expect(IMPORTS.filter(({ from, to }) => outside.includes(from) && to.startsWith('endpoints/graphql/'))).toEqual([]);
  });

  it('go round in no circle: neither the table, nor the files', () => {
    const table = Object.entries(ARROWS).flatMap(([from, targets]) => targets.map((to) => ({ from, to })));
    expect(findCycle(table)).toBeUndefined();
    expect(findCycle(IMPORTS)).toBeUndefined();
    expect(findCycle([...IMPORTS, { from: 'errors.ts', to: 'main.ts' }])).toBeDefined();
  });

  it('take node:http only in the server, and the environment only at the edge', () => {
    const holds = (pattern: RegExp) =>
      sourceFiles(SRC).filter((file) => pattern.test(readFileSync(join(SRC, file), 'utf8')));
    expect(new Set(holds(/from 'node:http'/).map(findPart))).toEqual(new Set(['http', 'node-handler', 'server']));
    expect(
      holds(/process\.env/)
        .map(findPart)
        .filter((part) => !['config', 'observability'].includes(part)),
    ).toEqual([]);
  });
});
