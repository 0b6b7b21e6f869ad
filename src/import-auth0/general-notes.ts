import { formatPath, type Path } from '../config/path.js';
import type { Auth0Export } from './read-export.js';

/** The options of the command that an export cannot replace. */
export interface TenantOptions {
  /** The domain of the Auth0 tenant that issued the callers' tokens. */
  readonly tenantDomain?: string | undefined;
  /** The `iss` of the tokens that the gateway will sign. */
  readonly issuer?: string | undefined;
}

/** A value that the operator has to supply, and the fields that a placeholder stands in for it. */
export interface Placeholder {
  readonly description: string;
  /** The paths below the tenant. */
  readonly paths: readonly Path[];
}

export function findPlaceholders({ tenantDomain, issuer }: TenantOptions): Placeholder[] {
  const found: Placeholder[] = [];
  if (issuer === undefined)
    found.push({ description: 'the iss of the tokens that the gateway signs (--issuer)', paths: [['issuer']] });
  if (tenantDomain === undefined)
    found.push({
      description: 'the domain of your Auth0 tenant (--tenant-domain)',
      paths: ['issuer', 'jwks_uri', 'token_endpoint'].map((field) => ['issuers', 0, field]),
    });
  return found;
}

/** Builds the notes that concern the export as a whole. */
export function buildGeneralNotes(
  { tenant, otherParts, missing }: Auth0Export,
  unusedFields: ReadonlyMap<string, number>,
  options: TenantOptions,
): string[] {
  const notes: string[] = [];
  const list = (names: readonly string[]) => names.map((name) => formatPath([name])).join(', ');
  if (missing > 0)
    notes.push(`The tenant has ${missing} more client${missing === 1 ? '' : 's'}: export the other pages too.`);
  if (unusedFields.size > 0) {
    const fields = [...unusedFields]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `${name} (${count})`);
    notes.push(`Client fields that delegation does not use, left out: ${fields.join(', ')}.`);
  }
  if (Object.keys(tenant).length > 0)
    notes.push(`Tenant settings without a counterpart in gateway.yaml, left out: ${list(Object.keys(tenant))}.`);
  if (otherParts.length > 0)
    notes.push(`Parts of the export without a counterpart in gateway.yaml, left out: ${list(otherParts)}.`);
  for (const { description, paths } of findPlaceholders(options)) {
    const fields = paths.map((path) => formatPath(['tenants', 0, ...path]));
    notes.push(`Replace the placeholder at ${fields.join(', ')}: ${description}.`);
  }
  return notes;
}
