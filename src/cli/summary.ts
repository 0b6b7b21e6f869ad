import type { Client, Tenant } from '../config/tenant.js';
import { listAllowedCallers } from '../delegation/authorize.js';
import { escapeInvisible } from '../lib/invisible-characters.js';

/** Targets in a summary that does not have all of them. */
const MAX_TARGETS = 50;
/** Likewise, names in one cell. */
const MAX_NAMES = 10;
const SELF = 'itself';

const HEADINGS = ['tenant', 'target', 'api types', 'callers', 'must authenticate'];

/**
 * Formats who may delegate to what, as a table with a line for each target: its api types, the applications that may call
 * for it, and those of them that must authenticate with every request.
 *
 * @param options.all default: the first 50 targets, and the first 10 names of a cell
 */
export function formatSummary(tenants: readonly Tenant[], options: { readonly all?: boolean } = {}): string {
  const [maxTargets, maxNames] = options.all
    ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    : [MAX_TARGETS, MAX_NAMES];
  const targets = tenants.flatMap((tenant) => [...tenant.clients.values()].map((target) => ({ tenant, target })));
  const rows = targets.slice(0, maxTargets).map(({ tenant, target }) => describeTarget(tenant, target, maxNames));
  const left = targets.length - rows.length;
  return formatTable([HEADINGS, ...rows]) + (left > 0 ? `${left} more targets are left out; --all prints them\n` : '');
}

function describeTarget(tenant: Tenant, target: Client, maxNames: number): string[] {
  const callers = listAllowedCallers(tenant, target);
  const apiTypes = [...target.addons.keys()].join(', ');
  const named = target.allowedClients.has('*') && callers.length > 0 ? `all ${callers.length} clients (*)` : undefined;
  const listed = (clients: readonly Client[]) =>
    joinNames(
      clients.map((each) => (each === target ? SELF : each.clientId)),
      maxNames,
    );
  return [
    tenant.name,
    target.clientId,
    apiTypes || 'none',
    tenant.delegationEnabled ? (named ?? (listed(callers) || 'nobody')) : 'nobody: delegation is not enabled',
    listed(callers.filter(({ authentication }) => authentication.required)) || 'nobody',
  ].map(escapeInvisible);
}

function joinNames(names: readonly string[], most: number): string {
  const left = names.length - most;
  return names.slice(0, most).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** Sets columns two spaces apart. The last one is not padded. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
