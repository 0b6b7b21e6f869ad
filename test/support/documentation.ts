import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block, or a code span. */
export interface Block {
  /** `README.md:87`, the line of the opening fence. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** A Markdown file of the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without its fenced blocks, on as many lines. */
  readonly prose: string;
}

/** The documentation: README and its neighbours, and every page below `docs/` and `examples/`. */
export const pages = [...listPages(ROOT), ...['docs', 'examples'].flatMap((folder) => listPages(ROOT, folder))].map(
  readPage,
);

/** The Markdown files of a folder, relative to the repository; below it too where a folder is named. */
function listPages(root: string, folder = ''): string[] {
  return readdirSync(root + folder, { recursive: folder !== '', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .sort()
    .map((name) => (folder === '' ? name : `${folder}/${name}`));
}

/** The fenced blocks of these languages; an empty one is that of blocks without a language. */
export const blocksIn = (...languages: readonly string[]) =>
  pages.flatMap(({ blocks }) => blocks.filter(({ language }) => languages.includes(language)));

/** Takes a page apart at its fences; a block that is indented loses that indentation. */
export function readPage(path: string): Page {
  const text = readFileSync(ROOT + path, 'utf8');
  const lines = text.split('\n');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { readonly line: number; readonly indent: number; readonly language: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent = '', language = ''] = /^( *)```(\w*)$/.exec(line) ?? [];
    const isFence = /^ *```\w*$/.test(line);
    if (isFence && open) {
      const body = lines.slice(open.line, index).map((each) => each.slice(open?.indent));
      blocks.push({ at: `${path}:${open.line}`, language: open.language, text: `${body.join('\n')}\n` });
      open = undefined;
    } else if (isFence) open = { line: index + 1, indent: indent.length, language };
    prose.push(isFence || open ? '' : line);
  }
  if (open) throw new Error(`${path}:${open.line}: the block does not end`);
  return { path, text, blocks, prose: prose.join('\n') };
}

/** The code spans in the text of a page. */
export function codeSpans({ path, prose }: Page): Block[] {
  return [...prose.matchAll(/`([^`]+)`/g)].map(({ 1: text = '', index }) => ({
    at: `${path}:${prose.slice(0, index).split('\n').length}`,
    language: '',
    text,
  }));
}
