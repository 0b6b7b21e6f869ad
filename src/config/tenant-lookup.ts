import type { Tenant } from './tenant.js';

/** Finds the tenant of a `Host` header's value, with or without port, in any case; undefined where there is none. */
export type TenantLookup = (host: string) => Tenant | undefined;

/** Creates the lookup from hosts to tenants. A tenant without hosts gets every host that no other tenant names. */
export function tenantLookup(tenants: readonly Tenant[]): TenantLookup {
  const byHost = new Map(tenants.flatMap((tenant) => tenant.hosts.map((host) => [canonicalizeHost(host), tenant])));
  const catchAll = tenants.find(({ hosts }) => hosts.length === 0);
  return (host) => byHost.get(canonicalizeHost(host)) ?? catchAll;
}

/** Removes port, case and trailing dot from a host; an IPv6 address keeps its brackets. */
export function canonicalizeHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
