import { editDistance } from '../lib/edit-distance.js';

/** One thing wrong with a configuration: where, what stands there (its kind, never its value), and what was expected. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
  /** Counted from 1; only where the configuration was read from a file. */
  readonly line?: number;
}

export type Path = readonly (string | number)[];

/** Every fault of a configuration at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(formatFault).join('\n'));
    this.faults = faults;
  }
}

/** A fault in the one form they all have: `a number; expected a list`, the kind being what the document holds there. */
export function faultAt(document: unknown, path: Path, expected: string): Fault {
  const value = path.reduce<unknown>((at, step) => ownValue(at, step), document);
  return { path, message: `${value === undefined ? 'missing' : kindOf(value)}; expected ${expected}` };
}

function ownValue(parent: unknown, step: string | number): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, step)) return undefined;
  return (parent as Record<string | number, unknown>)[step];
}

/** `line 12: tenants[0].clients[2].addons.firebase.uid: a number; expected …` */
export function formatFault({ path, message, line }: Fault): string {
  const where = formatPath(path) || '(file)';
  return line === undefined ? `${where}: ${message}` : `line ${line}: ${where}: ${message}`;
}

/** The path as a person writes it. Only what looks like a name is shown: a slip of the keyboard makes a secret a key. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]{1,64}$/.test(step)) text += text ? `.${step}` : step;
    else if (/^([\w$.-]{1,64}|https?:\/\/[\w./-]{1,120})$/.test(step)) text += `["${step}"]`;
    else text += `[a key of ${step.length} characters]`;
  }
  return text;
}

/** The kind of a value in a word or two, which is all that a fault says of what it found. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** The nearest of the known names, if one is near enough to have been meant. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
