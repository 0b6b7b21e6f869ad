import type { TenantConfig } from './schema.js';
import type { Tenant, TenantLookup } from './tenant.js';

/** Maps hosts to tenants. A tenant without hosts takes every host that no other tenant names. */
export function tenantLookup(
  configs: readonly Pick<TenantConfig, 'hosts'>[],
  tenants: readonly Tenant[],
): TenantLookup {
  const byHost = new Map<string, Tenant>();
  let rest: Tenant | undefined;
  for (const [index, { hosts }] of configs.entries()) {
    const tenant = tenants[index] as Tenant;
    for (const host of hosts) byHost.set(canonicalHost(host), tenant);
    if (hosts.length === 0) rest = tenant;
  }
  return (host) => byHost.get(canonicalHost(host)) ?? rest;
}

/** A host without port, case or trailing dot; an IPv6 literal keeps its brackets. */
export function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
