import { formatPath, type Path } from '../config/path.js';
import type { Notes } from './notes.js';
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

/** What Auth0 runs when it issues a token, and the gateway does not. */
const CODE = new Set(['rules', 'rulesConfigs', 'hooks', 'actions', 'triggers']);

/** Adds the notes that concern the export as a whole. */
export function addGeneralNotes(
  { tenant, otherParts, missing }: Auth0Export,
  unusedFields: ReadonlyMap<string, number>,
  options: TenantOptions,
  notes: Notes,
): void {
  const list = (names: readonly string[]) => names.map((name) => formatPath([name])).join(', ');
  if (missing > 0)
    notes.addGeneral(
      `The tenant has ${missing} more client${missing === 1 ? '' : 's'}: export the other pages too.`,
      'fix',
    );
  for (const { description, paths } of findPlaceholders(options)) {
    const fields = paths.map((path) => formatPath(['tenants', 0, ...path]));
    notes.addGeneral(`Replace the placeholder at ${fields.join(', ')}: ${description}.`, 'fix');
  }
  const code = otherParts.filter((name) => CODE.has(name));
  if (code.length > 0)
    notes.addGeneral(
      `The gateway runs none of ${list(code)}: where they set claims, have the identity provider put these into the ID token, and read them with claims, uid or data_claim.`,
      'fix',
    );
  if (unusedFields.size > 0) {
    const fields = [...unusedFields]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `${name} (${count})`);
    notes.addGeneral(`Client fields that delegation does not use, left out: ${fields.join(', ')}.`, 'information');
  }
  if (Object.keys(tenant).length > 0)
    notes.addGeneral(
      `Tenant settings without a counterpart in gateway.yaml, left out: ${list(Object.keys(tenant))}.`,
      'information',
    );
  const others = otherParts.filter((name) => !CODE.has(name));
  if (others.length > 0)
    notes.addGeneral(
      `Parts of the export without a counterpart in gateway.yaml, left out: ${list(others)}.`,
      'information',
    );
}
