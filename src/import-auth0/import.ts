import type { AddonDefinition } from '../addons/addon.js';
import { formatPath } from '../config/path.js';
import { addonFields } from './addon-fields.js';
import { type ConversionContext, convertClient, type ImportedClient, labelOf } from './convert-client.js';
import { printYaml } from './print-yaml.js';
import type { Auth0Export } from './read-export.js';
import { SecretNames, type SecretReference } from './secret-references.js';
import { selfCheck } from './self-check.js';

export interface ImportOptions {
  /** The domain of the Auth0 tenant, whose tokens callers have. */
  readonly tenantDomain?: string | undefined;
  /** The `iss` of the tokens that the gateway will sign. */
  readonly issuer?: string | undefined;
  readonly addons: readonly AddonDefinition[];
}

export interface ImportResult {
  readonly yaml: string;
  /** What the person who imports has to know, a sentence each. */
  readonly notes: readonly string[];
  readonly imported: number;
}

/** Nobody can own these (RFC 2606 §2), so a configuration with a placeholder left in it trusts nobody. */
const PLACEHOLDER_DOMAIN = 'your-tenant.auth0.invalid';
const PLACEHOLDER_ISSUER = 'https://delegation.your-company.invalid/';

/** Makes a gateway.yaml of an export. Whatever is not taken over is noted, and no secret is printed. */
export function importAuth0(from: Auth0Export, { tenantDomain, issuer, addons }: ImportOptions): ImportResult {
  const notes: string[] = [];
  const said = new Map<string, string[]>();
  const unused = new Map<string, number>();
  const names = new SecretNames();
  const signingKey: SecretReference = {
    env: names.name('tenant', 'signing_key'),
    what: 'the signing_key of the tenant',
    value: undefined,
    hint: 'Auth0 exports none, so make one: openssl genrsa 2048',
  };
  const accepted = acceptedClients(from, notes);
  const context: ConversionContext = {
    addons: addonFields(addons),
    clientIds: new Set(accepted.map(({ client_id }) => client_id as string)),
    names,
    note: (label, sentence) => {
      said.set(label, [...(said.get(label) ?? []), `${label}: ${sentence}`]);
    },
    unused: (field) => unused.set(field, (unused.get(field) ?? 0) + 1),
  };
  const clients = accepted.map((client) => convertClient(client, context));
  const domain = tenantDomain ?? PLACEHOLDER_DOMAIN;
  const tenant = {
    name: tenantName(from, tenantDomain),
    issuer: issuer ?? PLACEHOLDER_ISSUER,
    delegation: { enabled: true },
    issuers: [
      {
        issuer: `https://${domain}/`,
        algorithms: clients.some(isHs256) ? ['RS256', 'HS256'] : ['RS256'],
        jwks_uri: `https://${domain}/.well-known/jwks.json`,
        token_endpoint: `https://${domain}/oauth/token`,
      },
    ],
  };
  if (clients.length > 0) selfCheck(clients, tenant, addons, context);
  const certified = addons.filter(({ needsCertificate }) => needsCertificate);
  const certificate = clients.some(({ fields }) => certified.some(({ name }) => fields.addons?.[name]))
    ? certificateOf(names)
    : undefined;
  const { name, ...rest } = tenant;
  const yaml = printYaml({
    tenant: {
      name,
      issuer: rest.issuer,
      signing_key: { env: signingKey.env },
      ...(certificate && { certificate: { env: certificate.env } }),
      delegation: rest.delegation,
      issuers: rest.issuers,
    },
    clients,
    secrets: [
      signingKey,
      ...(certificate ? [certificate] : []),
      ...clients.flatMap((each) => [...each.secrets.values()]),
    ],
    placeholders: placeholders({ tenantDomain, issuer }),
  });
  notes.push(...[...said.values()].flat(), ...generalNotes(from, unused, { tenantDomain, issuer }));
  return { yaml, notes, imported: clients.length };
}

function acceptedClients({ clients }: Auth0Export, notes: string[]): Record<string, unknown>[] {
  const seen = new Set<string>();
  return clients.flatMap(({ where, client }) => {
    const at = where === '' ? '' : ` at ${where}`;
    const skip = (why: string) => {
      notes.push(`${labelOf(client)}${at}: ${why}`);
      return [];
    };
    const { client_id: id } = client;
    if (client.global === true || client.name === 'All Applications')
      return skip('the global client, which is no application: skipped');
    if (typeof id !== 'string' || id === '' || id.length > 255)
      return skip(
        'has no client_id, so nobody could name it: skipped (with the deploy tool, export with --export_ids)',
      );
    if (seen.has(id)) return skip('its client_id was there before: skipped');
    seen.add(id);
    return [client];
  });
}

function isHs256({ fields }: ImportedClient): boolean {
  return (fields.jwt_configuration as { alg?: unknown }).alg === 'HS256';
}

function certificateOf(names: SecretNames): SecretReference {
  return {
    env: names.name('tenant', 'certificate'),
    what: 'the certificate of that key, for SAML',
    value: undefined,
    hint: 'openssl req -x509 -key … -subj /CN=… -days 3650',
  };
}

function tenantName({ clients, tenant }: Auth0Export, domain: string | undefined): string {
  const [first] = clients;
  const given = [domain?.split('.')[0], first?.client.tenant, tenant.friendly_name];
  return given.find((name): name is string => typeof name === 'string' && /^[\w .-]{1,64}$/.test(name)) ?? 'auth0';
}

type Given = Pick<ImportOptions, 'tenantDomain' | 'issuer'>;

function placeholders({ tenantDomain, issuer }: Given): Map<string, string> {
  const found = new Map<string, string>();
  if (issuer === undefined) found.set('issuer', 'the iss of the tokens that the gateway signs (--issuer)');
  if (tenantDomain === undefined) {
    for (const field of ['issuer', 'jwks_uri', 'token_endpoint'])
      found.set(`issuers.0.${field}`, 'the domain of your Auth0 tenant (--tenant-domain)');
  }
  return found;
}

function generalNotes(
  { tenant, otherParts, missing }: Auth0Export,
  unused: ReadonlyMap<string, number>,
  given: Given,
): string[] {
  const notes: string[] = [];
  const list = (words: readonly string[]) => words.map((word) => formatPath([word])).join(', ');
  if (missing > 0) notes.push(`The export says that there are ${missing} more clients: export the other pages too.`);
  if (unused.size > 0) {
    const fields = [...unused].sort(([a], [b]) => a.localeCompare(b)).map(([field, count]) => `${field} (${count})`);
    notes.push(`Fields of clients that delegation does not use, left out: ${fields.join(', ')}.`);
  }
  if (Object.keys(tenant).length > 0)
    notes.push(`Settings of the tenant that have no counterpart, left out: ${list(Object.keys(tenant))}.`);
  if (otherParts.length > 0) notes.push(`Parts of the export that have no counterpart, left out: ${list(otherParts)}.`);
  const left = new Map([...placeholders(given)].map(([field, what]) => [what, `tenants[0].${field}`]));
  for (const [what, field] of left) notes.push(`A placeholder, to be put right: ${what}, at ${field}.`);
  return notes;
}
