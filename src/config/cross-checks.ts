import { type Fault, kindOf, suggest } from './faults.js';

/**
 * The rules that hold between parts of a configuration. They read the file as it was written and skip what has not
 * even the right kind, so that their faults come together with all the others.
 */
export function crossChecks(document: unknown): Fault[] {
  const faults: Fault[] = [];
  const tenants = listAt(document, 'tenants');
  duplicates(
    tenants.map((tenant) => text(tenant, 'name')),
    (index) => ['tenants', index, 'name'],
    'tenant name',
    faults,
  );
  hostChecks(tenants, faults);
  for (const [index, tenant] of tenants.entries()) {
    issuerChecks(tenant, ['tenants', index], faults);
    clientChecks(tenant, ['tenants', index], faults);
    refreshChecks(tenant, ['tenants', index], faults);
  }
  return faults;
}

type Path = readonly (string | number)[];

function hostChecks(tenants: readonly unknown[], faults: Fault[]): void {
  const owners = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [index, tenant] of tenants.entries()) {
    const hosts = listAt(tenant, 'hosts');
    if (hosts.length === 0 && tenant !== null && typeof tenant === 'object') {
      if (catchAll !== undefined) {
        faults.push({
          path: ['tenants', index, 'hosts'],
          message: `no hosts; expected some, because tenants[${catchAll}] already takes every other host`,
        });
      }
      catchAll ??= index;
    }
    for (const [position, host] of hosts.entries()) {
      if (typeof host !== 'string') continue;
      const key = host.toLowerCase().replace(/\.$/, '');
      if (owners.has(key)) {
        faults.push({
          path: ['tenants', index, 'hosts', position],
          message: `a host that tenants[${owners.get(key)}] has too; expected one that is not taken`,
        });
      }
      owners.set(key, index);
    }
  }
}

function issuerChecks(tenant: unknown, path: Path, faults: Fault[]): void {
  const issuers = listAt(tenant, 'issuers');
  const names = issuers.map((issuer) => text(issuer, 'issuer'));
  duplicates(names, (index) => [...path, 'issuers', index, 'issuer'], 'issuer', faults);
  const own = text(tenant, 'issuer');
  for (const [index, name] of names.entries()) {
    if (own !== undefined && name === own) {
      faults.push({
        path: [...path, 'issuers', index, 'issuer'],
        message: "the tenant's own issuer; expected an identity provider's",
      });
    }
  }
  if (issuers.length < 2) return;
  const prefixes = issuers.map((issuer) => text(issuer, 'subject_prefix'));
  for (const [index, prefix] of prefixes.entries()) {
    const at = [...path, 'issuers', index, 'subject_prefix'];
    if (prefix === undefined) {
      const given = (issuers[index] as Record<string, unknown> | null)?.subject_prefix;
      if (given === undefined)
        faults.push({
          path: at,
          message: 'missing; expected a prefix of its own, because the tenant has several issuers',
        });
      continue;
    }
    const other = prefixes.findIndex(
      (each, position) =>
        position !== index &&
        each !== undefined &&
        (each === prefix ? position < index : each !== '' && prefix.startsWith(each)),
    );
    if (other >= 0) {
      faults.push({
        path: at,
        message: `${kindOf(prefix)} that issuers[${other}] begins with or equals; expected one that keeps their users apart`,
      });
    }
  }
}

function clientChecks(tenant: unknown, path: Path, faults: Fault[]): void {
  const clients = listAt(tenant, 'clients');
  const ids = clients.map((client) => text(client, 'client_id'));
  duplicates(ids, (index) => [...path, 'clients', index, 'client_id'], 'client_id', faults);
  const known = new Set(ids.filter((id) => id !== undefined));
  for (const [index, client] of clients.entries()) {
    for (const [position, allowed] of listAt(client, 'allowed_clients').entries()) {
      if (typeof allowed !== 'string' || allowed === '*' || known.has(allowed)) continue;
      const hint = suggest(allowed, known);
      faults.push({
        path: [...path, 'clients', index, 'allowed_clients', position],
        message: `no client of this tenant; expected a client_id or "*"${hint === undefined ? '' : `; did you mean "${hint}"?`}`,
      });
    }
  }
}

/** Where a client may send refresh tokens, its refresh tokens have to belong to one token endpoint. */
function refreshChecks(tenant: unknown, path: Path, faults: Fault[]): void {
  const issuers = listAt(tenant, 'issuers').filter((issuer) => text(issuer, 'token_endpoint') !== undefined);
  const names = new Set(issuers.map((issuer) => text(issuer, 'issuer')));
  for (const [index, client] of listAt(tenant, 'clients').entries()) {
    if ((client as Record<string, unknown> | null)?.refresh_token_delegation !== true) continue;
    const named = text(client, 'refresh_token_issuer');
    const at = [...path, 'clients', index];
    if (names.size === 0) {
      const message = 'true; expected an issuer of the tenant to have a token_endpoint';
      faults.push({ path: [...at, 'refresh_token_delegation'], message });
    } else if (named === undefined ? names.size > 1 : !names.has(named)) {
      const message = `${named === undefined ? 'missing' : kindOf(named)}; expected one of the issuers that have a token_endpoint`;
      faults.push({ path: [...at, 'refresh_token_issuer'], message });
    }
  }
}

function duplicates(
  values: readonly (string | undefined)[],
  path: (index: number) => Path,
  what: string,
  faults: Fault[],
): void {
  const first = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    if (first.has(value))
      faults.push({
        path: path(index),
        message: `a ${what} that is used before, at position ${first.get(value)}; expected a new one`,
      });
    else first.set(value, index);
  }
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = (value as Record<string, unknown> | null | undefined)?.[key];
  return Array.isArray(list) ? list : [];
}

function text(value: unknown, key: string): string | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof found === 'string' ? found : undefined;
}
