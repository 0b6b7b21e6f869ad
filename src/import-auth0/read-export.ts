import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { LineCounter } from 'yaml';
import { escapeInvisible } from '../lib/invisible-characters.js';
import { isRecord } from '../lib/json.js';
import { isNestedDeeper, MAX_NESTING, parseShallowYaml } from '../lib/nesting.js';

/** The contents of an export, before anything is converted. */
export interface Auth0Export {
  /** Each client, with its file or its place in the document. */
  readonly clients: readonly { readonly where: string; readonly client: Readonly<Record<string, unknown>> }[];
  /** The settings of the tenant, if the export has them. */
  readonly tenant: Readonly<Record<string, unknown>>;
  /** The names of its other parts: `connections`, `rules`, … */
  readonly otherParts: readonly string[];
  /** How many more clients the tenant has, according to the total of a page. */
  readonly missing: number;
}

/** An export that cannot be read. The message quotes nothing of its contents; names of its files are escaped. */
export class ExportError extends Error {
  override readonly name = 'ExportError';

  constructor(message: string) {
    super(escapeInvisible(message));
  }
}

/**
 * Reads a response of the Management API (`GET /api/v2/clients`: a list, or pages with totals) or the output of Auth0's
 * deploy tool (a folder with `clients/*.json`, or `tenant.yaml`).
 *
 * @see https://auth0.com/docs/deploy-monitor/deploy-cli-tool
 *
 * @throws ExportError
 */
export function readExport(path: string): Auth0Export {
  const found = readOrThrow(path, () => statSync(path)).isDirectory() ? readFolder(path) : readDocument(path);
  if (found.clients.length === 0) throw new ExportError(`${path} contains no clients`);
  return found;
}

function readFolder(path: string): Auth0Export {
  const entries = readOrThrow(path, () => readdirSync(path)).sort();
  const yaml = entries.find((name) => /^tenant\.ya?ml$/.test(name));
  if (yaml !== undefined && !entries.includes('clients')) return readDocument(join(path, yaml));
  const folder = entries.includes('clients') ? join(path, 'clients') : path;
  const files = readOrThrow(folder, () => readdirSync(folder)).sort();
  const clients = files
    .filter((name) => extname(name) === '.json' && (folder !== path || name !== 'tenant.json'))
    .flatMap((name) => collectClients(parseFile(join(folder, name)), name));
  const tenant = entries.includes('tenant.json') ? parseFile(join(path, 'tenant.json')) : undefined;
  const otherParts =
    folder === path ? [] : entries.filter((name) => name !== 'clients' && !/^tenant\.(json|ya?ml)$/.test(name));
  return { clients, tenant: isRecord(tenant) ? tenant : {}, otherParts, missing: 0 };
}

function readDocument(path: string): Auth0Export {
  const document = parseFile(path);
  const pages = Array.isArray(document) ? document : [document];
  const total = pages.reduce<number>((most, page) => Math.max(most, readTotal(page)), 0);
  const clients = collectClients(document, '');
  const other = isRecord(document) && Array.isArray(document.clients) ? document : {};
  return {
    clients,
    tenant: isRecord(other.tenant) ? other.tenant : {},
    otherParts: Object.keys(other).filter((name) => !PAGE_KEYS.has(name) && hasContents(other[name])),
    missing: Math.max(0, total - clients.length),
  };
}

const PAGE_KEYS: ReadonlySet<string> = new Set(['clients', 'tenant', 'total', 'start', 'limit', 'length', 'next']);

/** Collects the clients of a list, of a page, of a list of either, or of a file that is one client. */
function collectClients(value: unknown, where: string): { where: string; client: Record<string, unknown> }[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => collectClients(each, `${where}[${index}]`));
  if (!isRecord(value)) throw new ExportError(`${where || 'The export'} is neither a client nor a list of clients`);
  if (Array.isArray(value.clients)) return collectClients(value.clients, `${where}.clients`);
  if (!Object.hasOwn(value, 'client_id') && !Object.hasOwn(value, 'name'))
    throw new ExportError(`${where || 'The export'} is not a client and contains no list of clients`);
  return [{ where, client: value }];
}

function readTotal(page: unknown): number {
  return isRecord(page) && typeof page.total === 'number' ? page.total : 0;
}

function hasContents(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function parseFile(path: string): unknown {
  const text = readOrThrow(path, () => readFileSync(path, 'utf8')).replace(/^\uFEFF/, '');
  const value = /\.ya?ml$/.test(path) ? parseYaml(path, text) : parseJson(path, text);
  if (isNestedDeeper(value)) throw tooDeep(path, '');
  return value;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Take only the position: the message of JSON.parse can quote the file.
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    const line = position === undefined ? '' : ` at line ${text.slice(0, Number(position)).split('\n').length}`;
    throw new ExportError(`${path} is not valid JSON${line}`);
  }
}

function parseYaml(path: string, text: string): unknown {
  const lines = new LineCounter();
  const { document, deep } = parseShallowYaml(text, { logLevel: 'silent' }, lines);
  if (deep) throw tooDeep(path, ` at line ${deep.line}`);
  const [error] = document.errors;
  if (error) throw new ExportError(`${path} is not valid YAML at line ${lines.linePos(error.pos[0]).line}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ExportError(`${path} is not valid YAML (aliases that cannot be resolved)`);
  }
}

function tooDeep(path: string, where: string): ExportError {
  return new ExportError(`${path} is nested too deeply${where}: more than ${MAX_NESTING} levels`);
}

function readOrThrow<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ExportError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'failed'})`);
  }
}
