import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import type { AddonDefinition } from '../addons/addon.js';
import { ADDONS } from '../addons/index.js';
import { crossChecks } from './cross-checks.js';
import { ConfigError, type Fault, kindOf } from './faults.js';
import { createKit } from './kit.js';
import { type GatewayConfig, gatewaySchema } from './schema.js';
import { secretReader } from './secrets.js';

export interface LoadOptions {
  /** What `{ env: NAME }` reads; default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** What `{ file: path }` is relative to; default: the folder of the configuration, or the working folder. */
  readonly folder?: string;
  readonly addons?: readonly AddonDefinition[];
}

/**
 * Reads and validates gateway.yaml.
 *
 * @throws ConfigError with every fault of the file
 */
export function loadConfig(path: string, options: LoadOptions = {}): GatewayConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'failed';
    throw new ConfigError([{ path: [], message: `cannot be read (${code}); expected a YAML file` }]);
  }
  return parseConfig(parseYaml(text), { folder: dirname(resolve(path)), ...options });
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings].map((error): Fault => {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    return {
      path: [],
      message: `not valid YAML at line ${line}, column ${col} (${error.code.toLowerCase().replaceAll('_', ' ')})`,
    };
  });
  if (faults.length > 0) throw new ConfigError(faults);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigError([{ path: [], message: 'not valid YAML (aliases that cannot be resolved)' }]);
  }
}

/**
 * Validates a configuration that has been read: fills in defaults, reads secrets, imports keys.
 *
 * @throws ConfigError with every fault
 */
export function parseConfig(document: unknown, options: LoadOptions = {}): GatewayConfig {
  const kit = createKit(secretReader(options.folder ?? process.cwd(), options.env ?? process.env));
  const parsed = gatewaySchema(kit, options.addons ?? ADDONS).safeParse(document);
  const faults = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => issueFaults(issue, document))),
    ...crossChecks(document),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return parsed.data;
}

function issueFaults(issue: z.core.$ZodIssue, document: unknown): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key; ${issue.message}` }));
  }
  const value = path.reduce<unknown>(
    (at, step) => (at as Record<string | number, unknown> | null | undefined)?.[step],
    document,
  );
  return [{ path, message: `${value === undefined ? 'missing' : kindOf(value)}; expected ${expectedOf(issue)}` }];
}

/** What an issue expected, in words that follow "expected". */
function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_key':
      return 'names that are not empty';
    default:
      return issue.message;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function sizeOf(origin: string): string {
  return origin === 'number' || origin === 'int' ? 'a number' : origin === 'array' ? 'a list' : 'a string';
}

function unitOf(origin: string): string {
  return origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';
}
