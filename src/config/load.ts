import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AddonDefinition } from '../addons/addon.js';
import { ADDONS } from '../addons/index.js';
import { crossChecks } from './cross-checks.js';
import { Draft } from './draft.js';
import { ConfigError, type Fault } from './faults.js';
import { createKit } from './kit.js';
import { withoutNulls } from './nulls.js';
import { type GatewayConfig, gatewaySchema } from './schema.js';
import { secretReader } from './secrets.js';
import { readYaml } from './yaml.js';
import { issueFaults } from './zod-diagnostics.js';

export interface LoadOptions {
  /** What `{ env: NAME }` reads; default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** What `{ file: path }` is relative to; default: the folder of the configuration, or the working folder. */
  readonly folder?: string;
  readonly addons?: readonly AddonDefinition[];
  /** Finds what is wrong with the parts of the configuration together, as far as each of them is right. */
  readonly together?: (draft: Draft) => readonly Fault[];
}

/**
 * Reads and validates gateway.yaml.
 *
 * @throws ConfigError with every fault of the file, in the order of its lines
 */
export function loadConfig(path: string, options: LoadOptions = {}): GatewayConfig {
  const file = readYaml(readText(path));
  const faults: Fault[] = [...file.faults];
  try {
    const config = parseConfig(file.value, { folder: dirname(resolve(path)), ...options });
    if (faults.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults.map((fault) => withLine(fault, file.lineOf(fault.path))));
  }
  throw new ConfigError(faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'failed';
    throw new ConfigError([{ path: [], message: `cannot be read (${code}); expected a YAML file` }]);
  }
}

function withLine(fault: Fault, line: number | undefined): Fault {
  return line === undefined ? fault : { ...fault, line };
}

/**
 * Validates a configuration that has been read: fills in defaults, reads secrets, imports keys.
 *
 * @throws ConfigError with every fault
 */
export function parseConfig(given: unknown, options: LoadOptions = {}): GatewayConfig {
  const document = withoutNulls(given);
  const kit = createKit(secretReader(options.folder ?? process.cwd(), options.env ?? process.env));
  let value: unknown;
  const parsed = gatewaySchema(kit, options.addons ?? ADDONS)
    .superRefine(
      (read) => {
        value = read;
      },
      { when: () => true },
    )
    .safeParse(document);
  const issues = parsed.error?.issues ?? [];
  const draft = new Draft(
    given,
    value,
    issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => path as (string | number)[]),
  );
  const faults = [
    ...issues.flatMap((issue) => issueFaults(issue, given)),
    ...crossChecks(document),
    ...(options.together?.(draft) ?? []),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return parsed.data;
}
