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
  /** How many more clients the tenant has, according to the total of its pages. */
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
 * Reads responses of the Management API (`GET /api/v2/clients`: a list, or pages with totals) and the output of Auth0's
 * deploy tool (a folder with `clients/*.json`, or `tenant.yaml`). Several files and folders are one export.
 *
 * @see https://auth0.com/docs/deploy-monitor/deploy-cli-tool
 *
 * @throws ExportError
 */
export function readExport(...paths: readonly string[]): Auth0Export {
  const parts = paths.map((path): Part => {
    const part = readOrThrow(path, () => statSync(path)).isDirectory() ? readFolder(path) : readDocument(path, '');
    if (part.clients.length === 0) throw new ExportError(`${path} contains no clients`);
    return paths.length === 1 ? part : { ...part, clients: part.clients.map((each) => locate(path, each)) };
  });
  const { clients, total, ...rest } = mergeParts(parts);
  const ids = new Set(clients.map(({ client }) => client.client_id ?? client));
  return { clients, ...rest, missing: Math.max(0, total - ids.size) };
}

/** What one file or folder contains. */
interface Part extends Omit<Auth0Export, 'missing'> {
  /** The largest total of its pages; 0 where there is none. */
  readonly total: number;
}

const EMPTY: Part = { clients: [], tenant: {}, otherParts: [], total: 0 };

function mergeParts(parts: readonly Part[]): Part {
  return parts.reduce(
    (all, part) => ({
      clients: [...all.clients, ...part.clients],
      tenant: { ...all.tenant, ...part.tenant },
      otherParts: [...new Set([...all.otherParts, ...part.otherParts])],
      total: Math.max(all.total, part.total),
    }),
    EMPTY,
  );
}

/** Puts the path of a file or folder before a place in it: `[0]`, `.clients[0]`, or a file of the folder. */
function locate(path: string, { where, client }: Part['clients'][number]): Part['clients'][number] {
  return { where: /^(?:$|\[|\.clients\b)/.test(where) ? path + where : join(path, where), client };
}

function readFolder(path: string): Part {
  const entries = readOrThrow(path, () => readdirSync(path)).sort();
  const yaml = entries.find((name) => /^tenant\.ya?ml$/.test(name));
  if (yaml !== undefined && !entries.includes('clients')) return readDocument(join(path, yaml), '');
  const folder = entries.includes('clients') ? join(path, 'clients') : path;
  const files = readOrThrow(folder, () => readdirSync(folder)).sort();
  const found = mergeParts(
    files
      .filter((name) => extname(name) === '.json' && (folder !== path || name !== 'tenant.json'))
      .map((name) => readDocument(join(folder, name), name)),
  );
  const tenant = entries.includes('tenant.json') ? parseFile(join(path, 'tenant.json')) : undefined;
  const otherParts =
    folder === path ? [] : entries.filter((name) => name !== 'clients' && !/^tenant\.(json|ya?ml)$/.test(name));
  return mergeParts([found, { ...EMPTY, tenant: isRecord(tenant) ? tenant : {}, otherParts }]);
}

function readDocument(path: string, where: string): Part {
  const document = parseFile(path);
  const pages = Array.isArray(document) ? document : [document];
  for (const page of pages) refuseApiError(path, page);
  const other = isRecord(document) && Array.isArray(document.clients) ? document : {};
  return {
    clients: collectClients(document, where),
    tenant: isRecord(other.tenant) ? other.tenant : {},
    otherParts: Object.keys(other).filter((name) => !PAGE_KEYS.has(name) && hasContents(other[name])),
    total: pages.reduce<number>((most, page) => Math.max(most, readTotal(page)), 0),
  };
}

const API_ERRORS: Readonly<Record<number, string>> = {
  401: 'the token is missing, wrong or expired',
  403: 'the token lacks the scope read:clients',
  429: 'there were too many requests',
};

/** An error of the Management API is `{ statusCode, error, message }`; `curl` saves it as if it were the export. */
function refuseApiError(path: string, page: unknown): void {
  if (!isRecord(page) || typeof page.statusCode !== 'number' || Object.hasOwn(page, 'client_id')) return;
  const why = API_ERRORS[page.statusCode];
  throw new ExportError(
    `${path} is an error of the Management API (status ${page.statusCode})${why === undefined ? '' : `: ${why}`}`,
  );
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
