import type { KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { AddonDefinition } from '../addons/addon.js';
import { ADDONS } from '../addons/index.js';
import { importRsaPrivateKey } from '../keys/private-key.js';
import { buildTenants } from './build-tenants.js';
import { crossCheck } from './cross-checks.js';
import { ConfigError, type Diagnostic, Diagnostics } from './diagnostics.js';
import { createConfigFields } from './fields.js';
import { nullsToUndefined } from './nulls.js';
import { type PartialConfig, parsePartially } from './partial-config.js';
import { type GatewaySettings, gatewaySchema } from './schema.js';
import { createSecretReader } from './secrets.js';
import type { Tenant } from './tenant.js';
import { readYamlFile } from './yaml.js';

/** A valid configuration, ready to serve. */
export interface GatewayConfig {
  /** gateway.yaml after validation: defaults filled in, secrets read, keys imported. */
  readonly settings: GatewaySettings;
  readonly tenants: readonly Tenant[];
  /** The add-ons that the tenants were built with. */
  readonly addons: readonly AddonDefinition[];
}

export interface LoadOptions {
  /** What `{ env: NAME }` reads; default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** What `{ file: path }` is relative to; default: the folder of the configuration, or the working folder. */
  readonly folder?: string;
  /** Default: every add-on. */
  readonly addons?: readonly AddonDefinition[];
  /** Is called with the path of the configuration and of each file that it names, before the file is read. */
  readonly onRead?: (path: string) => void;
}

/**
 * Reads and validates gateway.yaml, and builds its tenants.
 *
 * @throws ConfigError with every diagnostic of the file, in the order of its lines
 */
export function loadConfig(path: string, options: LoadOptions = {}): GatewayConfig {
  options.onRead?.(path);
  const { document, diagnostics: found } = readYamlFile(path);
  const diagnostics = new Diagnostics(document?.value, document?.findLine);
  for (const diagnostic of found) diagnostics.add(diagnostic);
  const allOptions = { folder: dirname(resolve(path)), ...options };
  return requireValid(document && buildConfig(document.value, allOptions, diagnostics), diagnostics);
}

/**
 * Validates a configuration that has been read, and builds its tenants.
 *
 * @throws ConfigError with every diagnostic
 */
export function parseConfig(document: unknown, options: LoadOptions = {}): GatewayConfig {
  const diagnostics = new Diagnostics(document);
  return requireValid(buildConfig(document, options, diagnostics), diagnostics);
}

/** Validates a configuration without building its tenants, so that the keys which add-ons need may be missing. */
export function validateConfig(document: unknown, options: LoadOptions = {}): readonly Diagnostic[] {
  const diagnostics = new Diagnostics(document);
  validate(document, options, diagnostics);
  return diagnostics.sorted();
}

function requireValid(config: GatewayConfig | undefined, diagnostics: Diagnostics): GatewayConfig {
  if (!config || !diagnostics.isEmpty) throw new ConfigError(diagnostics.sorted());
  return config;
}

function buildConfig(document: unknown, options: LoadOptions, diagnostics: Diagnostics): GatewayConfig | undefined {
  const { addons = ADDONS } = options;
  const partial = validate(document, options, diagnostics);
  const tenants = buildTenants(partial, addons, diagnostics);
  return partial.value && { settings: partial.value, tenants, addons };
}

function validate(
  document: unknown,
  { env = process.env, folder = process.cwd(), addons = ADDONS, onRead = () => {} }: LoadOptions,
  diagnostics: Diagnostics,
): PartialConfig<GatewaySettings> {
  const { schema, reads, importedKeys } = findSchema(folder, env, addons);
  reads.report = onRead;
  const partial = parsePartially(schema, nullsToUndefined(document), diagnostics);
  importedKeys.clear();
  crossCheck(partial, diagnostics);
  return partial;
}

/** A schema, and who is told of the files that it reads while it parses. */
interface ReadingSchema {
  readonly key: readonly unknown[];
  readonly schema: ReturnType<typeof gatewaySchema>;
  readonly reads: { report: (path: string) => void };
  /** The private keys of the file that is parsed, by their PEM: many clients have one, and to import it takes 0.3 ms. */
  readonly importedKeys: Map<string, KeyObject>;
}

/** The schema that was used last. It takes longer to build, and to use for the first time, than a file to validate. */
let latest: ReadingSchema | undefined;

/** Finds the schema for a source of secrets and a table of add-ons, which is the same one at each reload. */
function findSchema(folder: string, env: NodeJS.ProcessEnv, addons: readonly AddonDefinition[]): ReadingSchema {
  const key = [folder, env, addons];
  if (latest?.key.every((part, index) => part === key[index])) return latest;
  const reads: ReadingSchema['reads'] = { report: () => {} };
  const readSecret = createSecretReader(folder, env, (path) => reads.report(path));
  const importedKeys: ReadingSchema['importedKeys'] = new Map();
  const importKey = (pem: string) => {
    const imported = importedKeys.get(pem) ?? importRsaPrivateKey(pem);
    importedKeys.set(pem, imported);
    return imported;
  };
  const schema = gatewaySchema(createConfigFields(readSecret, folder, importKey), addons);
  latest = { key, schema, reads, importedKeys };
  return latest;
}
