import { isRecord } from '../lib/is-record.js';
import { type Fault, faultAt, type Path, suggest } from './faults.js';

/**
 * The rules that hold between parts of a configuration. They read the file as it was written and skip what has not
 * even the right kind, so that their faults come together with all the others.
 */
export function crossChecks(document: unknown): Fault[] {
  const faults: Fault[] = [];
  const report: Report = (path, expected) => void faults.push(faultAt(document, path, expected));
  const tenants = listAt(document, 'tenants');
  duplicates(tenants, 'name', ['tenants'], report);
  duplicates(tenants, 'issuer', ['tenants'], report);
  hostChecks(tenants, report);
  for (const [index, tenant] of tenants.entries()) {
    issuerChecks(tenant, ['tenants', index], report);
    clientChecks(tenant, ['tenants', index], report);
    refreshChecks(tenant, ['tenants', index], report);
  }
  return faults;
}

/** @param expected continues the sentence "expected …" */
type Report = (path: Path, expected: string) => void;

function hostChecks(tenants: readonly unknown[], report: Report): void {
  const owners = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [index, tenant] of tenants.entries()) {
    const hosts = isRecord(tenant) ? (tenant.hosts ?? []) : undefined;
    if (!Array.isArray(hosts)) continue;
    if (hosts.length === 0) {
      if (catchAll !== undefined)
        report(['tenants', index, 'hosts'], `some, because tenants[${catchAll}] takes every other host`);
      catchAll ??= index;
    }
    for (const [position, host] of hosts.entries()) {
      if (typeof host !== 'string') continue;
      const key = host.toLowerCase().replace(/\.$/, '');
      const owner = owners.get(key);
      if (owner !== undefined)
        report(['tenants', index, 'hosts', position], `a host that tenants[${owner}] does not have`);
      owners.set(key, index);
    }
  }
}

function issuerChecks(tenant: unknown, path: Path, report: Report): void {
  const issuers = listAt(tenant, 'issuers');
  duplicates(issuers, 'issuer', [...path, 'issuers'], report);
  const own = text(tenant, 'issuer');
  for (const [index, issuer] of issuers.entries()) {
    if (own !== undefined && text(issuer, 'issuer') === own)
      report([...path, 'issuers', index, 'issuer'], "an identity provider's issuer, not that of the tenant itself");
  }
  if (issuers.length > 1) prefixChecks(issuers, [...path, 'issuers'], report);
}

/** No two people share a user id: no prefix is missing, and none is the beginning of another but one that is empty. */
function prefixChecks(issuers: readonly unknown[], path: Path, report: Report): void {
  const prefixes = issuers.map((issuer) => text(issuer, 'subject_prefix'));
  for (const [index, prefix] of prefixes.entries()) {
    const at = [...path, index, 'subject_prefix'];
    if (prefix === undefined) {
      const issuer = issuers[index];
      if (isRecord(issuer) && issuer.subject_prefix === undefined)
        report(at, 'a prefix of its own, because the tenant has several issuers');
      continue;
    }
    const other = prefixes.findIndex((each, position) => {
      if (position === index || each === undefined) return false;
      return each === prefix ? position < index : each !== '' && prefix.startsWith(each);
    });
    if (other >= 0) report(at, `a prefix that does not begin with that of issuers[${other}]`);
  }
}

function clientChecks(tenant: unknown, path: Path, report: Report): void {
  const clients = listAt(tenant, 'clients');
  duplicates(clients, 'client_id', [...path, 'clients'], report);
  const known = new Set(clients.map((client) => text(client, 'client_id')).filter((id) => id !== undefined));
  for (const [index, client] of clients.entries()) {
    for (const [position, allowed] of listAt(client, 'allowed_clients').entries()) {
      if (typeof allowed !== 'string' || allowed === '' || allowed === '*' || known.has(allowed)) continue;
      const nearest = suggest(allowed, known);
      const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
      report(
        [...path, 'clients', index, 'allowed_clients', position],
        `the client_id of a client of this tenant or "*"${hint}`,
      );
    }
  }
}

/** Where a client may send refresh tokens, its refresh tokens have to belong to one token endpoint. */
function refreshChecks(tenant: unknown, path: Path, report: Report): void {
  const issuers = listAt(tenant, 'issuers').filter((issuer) => text(issuer, 'token_endpoint') !== undefined);
  const names = new Set(issuers.map((issuer) => text(issuer, 'issuer')));
  for (const [index, client] of listAt(tenant, 'clients').entries()) {
    if (!isRecord(client) || client.refresh_token_delegation !== true) continue;
    const named = text(client, 'refresh_token_issuer');
    const at = [...path, 'clients', index];
    if (names.size === 0)
      report([...at, 'refresh_token_delegation'], 'an issuer of the tenant to have a token_endpoint');
    else if (named === undefined ? names.size > 1 : !names.has(named))
      report([...at, 'refresh_token_issuer'], 'one of the issuers that have a token_endpoint');
  }
}

function duplicates(list: readonly unknown[], field: string, path: Path, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    const value = text(entry, field);
    if (value === undefined) continue;
    const before = first.get(value);
    if (before === undefined) first.set(value, index);
    else report([...path, index, field], `another ${field} than ${path.at(-1)}[${before}] has`);
  }
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = isRecord(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

function text(value: unknown, key: string): string | undefined {
  const found = isRecord(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : undefined;
}
