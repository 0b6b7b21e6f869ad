import { isRecord } from '../lib/json.js';
import { type Diagnostics, suggest } from './diagnostics.js';
import type { PartialConfig } from './partial-config.js';
import type { GatewaySettings, IssuerConfig, TenantConfig } from './schema.js';
import { canonicalizeHost } from './tenant-lookup.js';

/** Checks the rules between parts of a configuration, each as far as the parts that it compares are valid. */
export function crossCheck(config: PartialConfig<GatewaySettings>, diagnostics: Diagnostics): void {
  const tenants = config.at('tenants').entries();
  checkDuplicates(tenants, 'name', diagnostics);
  checkDuplicates(tenants, 'issuer', diagnostics);
  checkIssuerHosts(tenants, diagnostics);
  checkHosts(tenants, diagnostics);
  for (const tenant of tenants) {
    checkSigningKeys(tenant, diagnostics);
    checkIssuers(tenant, diagnostics);
    checkClients(tenant, diagnostics);
    checkClaimNames(tenant, diagnostics);
    checkClientIssuers(tenant, diagnostics);
    checkRefreshTokens(tenant, diagnostics);
  }
}

/** The SAML entity id of a tenant is `urn:` and the host of its issuer: a service could not tell two such tenants apart. */
function checkIssuerHosts(tenants: readonly PartialConfig<TenantConfig>[], diagnostics: Diagnostics): void {
  const first = new Map<string, { readonly index: number; readonly issuer: string }>();
  for (const [index, tenant] of tenants.entries()) {
    const { path, value: issuer } = tenant.at('issuer');
    if (issuer === undefined) continue;
    const { host } = new URL(issuer);
    const before = first.get(host);
    if (!before) first.set(host, { index, issuer });
    else if (before.issuer !== issuer) {
      const reason = 'because the host is the SAML entity id of the tenant';
      diagnostics.report(path, `another host than the issuer of tenants[${before.index}] has, ${reason}`);
    }
  }
}

function checkHosts(tenants: readonly PartialConfig<TenantConfig>[], diagnostics: Diagnostics): void {
  const owners = new Map<string, number>();
  let catchAll: number | undefined;
  for (const [index, tenant] of tenants.entries()) {
    const hosts = tenant.at('hosts');
    if (hosts.value?.length === 0) {
      if (catchAll !== undefined)
        diagnostics.report(hosts.path, `some, because tenants[${catchAll}] takes every other host`);
      catchAll ??= index;
    }
    for (const { path, value } of hosts.entries()) {
      if (value === undefined) continue;
      const host = canonicalizeHost(value);
      const owner = owners.get(host);
      if (owner !== undefined) diagnostics.report(path, `a host that tenants[${owner}] does not have`);
      owners.set(host, index);
    }
  }
}

function checkSigningKeys(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  const keys = tenant
    .at('signing_keys')
    .entries()
    .map((entry) => entry.at('key'));
  for (const [index, { path, value: key }] of keys.entries()) {
    const before = key ? keys.findIndex(({ value }) => value?.equals(key)) : index;
    if (before < index) diagnostics.report(path, `another key than signing_keys[${before}] has`);
  }
}

function checkIssuers(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  const issuers = tenant.at('issuers').entries();
  checkDuplicates(issuers, 'issuer', diagnostics);
  const own = tenant.at('issuer').value;
  for (const issuer of issuers) {
    const { path, value } = issuer.at('issuer');
    if (own !== undefined && value === own)
      diagnostics.report(path, "an identity provider's issuer, not that of the tenant itself");
  }
  if (issuers.length > 1) checkPrefixes(issuers, diagnostics);
}

/**
 * Two people must not get the same user id: each of several issuers has a prefix, and none begins with another's.
 * One of them may be empty.
 */
function checkPrefixes(issuers: readonly PartialConfig<IssuerConfig>[], diagnostics: Diagnostics): void {
  const prefixes = issuers.map((issuer) => issuer.at('subject_prefix').value);
  for (const [index, issuer] of issuers.entries()) {
    const valid = issuer.pick('subject_prefix');
    if (!valid) continue;
    const { path } = issuer.at('subject_prefix');
    const prefix = valid.subject_prefix;
    if (prefix === undefined) {
      diagnostics.report(path, 'a prefix of its own, because the tenant has several issuers');
      continue;
    }
    const other = prefixes.findIndex((each, position) => {
      if (position === index || each === undefined) return false;
      return each === prefix ? position < index : each !== '' && prefix.startsWith(each);
    });
    if (other >= 0) diagnostics.report(path, `a prefix that does not begin with that of issuers[${other}]`);
  }
}

function checkClients(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  const clients = tenant.at('clients').entries();
  checkDuplicates(clients, 'client_id', diagnostics);
  // As written: an invalid client_id is reported itself, and the clients that refer to it are right to do so.
  const known = new Set(
    clients
      .map((client) => diagnostics.readWritten(client.at('client_id').path))
      .filter((clientId) => typeof clientId === 'string'),
  );
  for (const client of clients) {
    for (const { path, value: allowed } of client.at('allowed_clients').entries()) {
      if (allowed === undefined || allowed === '*' || known.has(allowed)) continue;
      const nearest = suggest(allowed, known);
      const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
      diagnostics.report(path, `the client_id of a client of this tenant or "*"${hint}`);
    }
  }
}

/** Zod leaves the key `__proto__` of a map of claims out, so that a claim would be missing without an error. */
function checkClaimNames(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  for (const { path } of tenant.at('clients').entries()) {
    const addons = diagnostics.readWritten([...path, 'addons']);
    const names = isRecord(addons) ? Object.keys(addons) : [];
    for (const map of [[...path, 'claims'], ...names.map((name) => [...path, 'addons', name, 'claims'])]) {
      const written = diagnostics.readWritten(map);
      if (isRecord(written) && Object.hasOwn(written, '__proto__'))
        diagnostics.report([...map, '__proto__'], 'a claim name other than __proto__');
    }
  }
}

/** With several issuers each client names those whose tokens it takes. */
function checkClientIssuers(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  const entries = tenant.at('issuers').entries();
  // As written: an invalid issuer is reported itself, and the clients that refer to it are right to do so.
  const known = new Set(
    entries.map((entry) => diagnostics.readWritten(entry.at('issuer').path)).filter((each) => typeof each === 'string'),
  );
  for (const client of tenant.at('clients').entries()) {
    const issuers = client.at('issuers');
    if (entries.length > 1 && client.pick('issuers') && issuers.value === undefined)
      diagnostics.report(
        issuers.path,
        'the issuers whose tokens it takes, because the tenant has several; [] for none',
      );
    for (const { path, value } of issuers.entries()) {
      if (value === undefined || known.has(value)) continue;
      const nearest = suggest(value, known);
      const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
      diagnostics.report(path, `one of the issuers of this tenant${hint}`);
    }
  }
}

/** The refresh tokens of a client must belong to exactly one token endpoint. */
function checkRefreshTokens(tenant: PartialConfig<TenantConfig>, diagnostics: Diagnostics): void {
  // As written: an invalid token_endpoint is reported itself, and is not missing.
  const issuers = new Set(
    tenant
      .at('issuers')
      .entries()
      .filter((issuer) => diagnostics.readWritten(issuer.at('token_endpoint').path) !== undefined)
      .map((issuer) => diagnostics.readWritten(issuer.at('issuer').path)),
  );
  for (const client of tenant.at('clients').entries()) {
    const valid = client.pick('refresh_token_delegation', 'refresh_token_issuer');
    if (!valid?.refresh_token_delegation) continue;
    const named = valid.refresh_token_issuer;
    if (issuers.size === 0)
      diagnostics.report(
        client.at('refresh_token_delegation').path,
        'an issuer of the tenant to have a token_endpoint',
      );
    else if (named === undefined ? issuers.size > 1 : !issuers.has(named))
      diagnostics.report(client.at('refresh_token_issuer').path, 'one of the issuers that have a token_endpoint');
    else {
      const [only] = issuers;
      const issuer = named ?? only;
      const taken = client.at('issuers');
      if (taken.value && !taken.value.some((each) => each === issuer))
        diagnostics.report(taken.path, 'the issuer of its refresh tokens to be among them');
    }
  }
}

function checkDuplicates<Field extends string, Entry extends Readonly<Record<Field, string>>>(
  list: readonly PartialConfig<Entry>[],
  field: Field,
  diagnostics: Diagnostics,
): void {
  const first = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    const { path, value } = entry.at(field);
    if (value === undefined) continue;
    const before = first.get(value);
    if (before === undefined) first.set(value, index);
    else diagnostics.report(path, `another ${field} than ${entry.path.at(-2)}[${before}] has`);
  }
}
