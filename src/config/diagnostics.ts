import type * as z from 'zod';
import { editDistance } from '../lib/edit-distance.js';
import { formatPath, type Path, readPath } from './path.js';
import { describeExpected, readIssuePath } from './zod-diagnostics.js';

/** One problem of a configuration. The message names the kind of value that was found, never the value. */
export interface Diagnostic {
  readonly path: Path;
  readonly message: string;
  /** Counted from 1; only where the configuration was read from a file. */
  readonly line?: number | undefined;
}

/** A configuration that cannot be used, with every diagnostic. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** Collects the diagnostics of one configuration: each step of loading reports here, and none throws. */
export class Diagnostics {
  readonly #document: unknown;
  readonly #findLine: (path: Path) => number | undefined;
  readonly #found: Diagnostic[] = [];
  readonly #invalid: Path[] = [];

  /**
   * @param document the configuration as it was written
   * @param findLine the line of a path, for a configuration that was read from a file
   */
  constructor(document: unknown, findLine: (path: Path) => number | undefined = () => undefined) {
    this.#document = document;
    this.#findLine = findLine;
  }

  /**
   * Reports what was expected at a path; the message says beside it what kind of value is written there.
   *
   * @param expected continues the sentence "expected …"
   */
  report(path: Path, expected: string): void {
    this.#addAt(path, `${describeKind(this.readWritten(path))}; expected ${expected}`);
  }

  /** Adds a diagnostic that has its own message and line. */
  add(diagnostic: Diagnostic): void {
    this.#found.push(diagnostic);
  }

  /** Adds what the schema found. An unknown key does not make the mapping around it invalid. */
  addIssues(issues: readonly z.core.$ZodIssue[]): void {
    for (const issue of issues) {
      const path = readIssuePath(issue);
      if (issue.code === 'unrecognized_keys') {
        const hints = issue.message.split('\n');
        for (const [index, key] of issue.keys.entries()) this.#addAt([...path, key], `unknown key; ${hints[index]}`);
      } else {
        this.#invalid.push(path);
        this.report(path, describeExpected(issue));
      }
    }
  }

  /**
   * Whether the schema accepts what is at a path: it, everything around it and everything in it. What other rules
   * report does not count: a duplicate `client_id` is still a `client_id`, and can be checked further.
   */
  isValid(path: Path): boolean {
    return !this.#invalid.some((each) => path.every((step, index) => index >= each.length || each[index] === step));
  }

  /** What is written at a path, valid or not. */
  readWritten(path: Path): unknown {
    return readPath(this.#document, path);
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** All diagnostics, in the order of their lines. */
  sorted(): Diagnostic[] {
    return this.#found.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  }

  #addAt(path: Path, message: string): void {
    const line = this.#findLine(path);
    this.add(line === undefined ? { path, message } : { path, message, line });
  }
}

/** Formats a diagnostic: `line 12: tenants[0].clients[2].addons.firebase.uid: a number; expected …`. */
export function formatDiagnostic({ path, message, line }: Diagnostic): string {
  const where = formatPath(path) || '(file)';
  return line === undefined ? `${where}: ${message}` : `line ${line}: ${where}: ${message}`;
}

function describeKind(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** The known name that is nearest to a misspelt one; undefined where none is near. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
