import { isDeepStrictEqual } from 'node:util';
import type { AddonDefinition } from '../addons/addon.js';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import { escapeInvisible } from '../lib/invisible-characters.js';
import { readAddonFields } from './addon-fields.js';
import { convertClient } from './convert-client.js';
import { describeClient } from './describe-client.js';
import { addGeneralNotes, findPlaceholders, type TenantOptions } from './general-notes.js';
import type { Auth0Client, ConversionContext, ImportedClient } from './imported-client.js';
import { type NoteKind, Notes } from './notes.js';
import { printYaml } from './print-yaml.js';
import type { Auth0Export } from './read-export.js';
import { SecretNames, type SecretReference } from './secret-references.js';
import { selfCheck } from './self-check.js';

export interface ImportOptions extends TenantOptions {
  readonly addons: readonly AddonDefinition[];
  /** The algorithm of clients that name none; default: RS256, with a note. */
  readonly defaultAlg?: SigningAlgorithm | undefined;
}

export interface ImportResult {
  readonly yaml: string;
  /** What the operator has to do, in this order, one line each. */
  readonly toDo: readonly string[];
  /** What else the operator has to know, one line each. */
  readonly information: readonly string[];
  /** Whether something of the export was left out, replaced by a placeholder or changed in its meaning. */
  readonly hasLoss: boolean;
  /** The secrets that the YAML refers to. */
  readonly secrets: readonly SecretReference[];
  /** The number of clients in the YAML. */
  readonly imported: number;
}

/** Nobody can own these names (RFC 2606 §2), so a configuration that still has a placeholder trusts nobody. */
const PLACEHOLDER_DOMAIN = 'your-tenant.auth0.invalid';
const PLACEHOLDER_ISSUER = 'https://delegation.your-company.invalid/';

const NEW_ISSUER =
  'Where app tokens are verified: accept the new iss and, for RS256, the keys at /.well-known/jwks.json of the gateway.';

/** Converts an export to a gateway.yaml. It notes everything that it leaves out, and prints no secret. */
export function importAuth0(
  from: Auth0Export,
  { tenantDomain, issuer, addons, defaultAlg }: ImportOptions,
): ImportResult {
  const notes = new Notes();
  const unusedFields = new Map<string, number>();
  const names = new SecretNames();
  const signingKey: SecretReference = {
    env: names.create('tenant', 'signing_key'),
    description: 'the signing_key of the tenant',
    value: undefined,
    hint: 'Auth0 does not export it, so create one: openssl genrsa 2048',
  };
  const accepted = acceptClients(from, notes);
  const context: ConversionContext = {
    addons: readAddonFields(addons),
    clientIds: new Set(accepted.map(({ client_id }) => client_id)),
    names,
    defaultAlg,
    note: (label, sentence, kind) => notes.addForClient(label, sentence, kind),
    countUnused: (field) => unusedFields.set(field, (unusedFields.get(field) ?? 0) + 1),
  };
  const clients = accepted.map((client) => convertClient(client, context));
  const domain = tenantDomain ?? PLACEHOLDER_DOMAIN;
  const tenant = {
    name: chooseTenantName(from, tenantDomain),
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
    ? describeCertificate(names)
    : undefined;
  for (const { label, fields } of clients) {
    for (const { name, registration } of addons)
      if (registration !== undefined && fields.addons?.[name])
        notes.addForClient(label, `addons.${name}: ${registration}`, 'todo');
  }
  const secrets = [
    signingKey,
    ...(certificate ? [certificate] : []),
    ...clients.flatMap((each) => [...each.secrets.values()]),
  ];
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
    secrets,
    placeholders: findPlaceholders({ tenantDomain, issuer }),
  });
  addGeneralNotes(from, unusedFields, { tenantDomain, issuer }, notes);
  if (clients.length > 0) {
    const keys = [signingKey, ...(certificate ? [certificate] : [])].map(({ env }) => env).join(' and ');
    notes.addGeneral(`Create the key of the tenant, which Auth0 does not export, and set ${keys}.`, 'todo');
    notes.addLast(NEW_ISSUER, 'todo');
  }
  return {
    yaml,
    toDo: notes.listToDo(),
    information: notes.listInformation(),
    hasLoss: notes.hasLoss,
    secrets,
    imported: clients.length,
  };
}

/** Selects the clients that can be imported, with a note for each of the others. */
function acceptClients({ clients }: Auth0Export, notes: Notes): Auth0Client[] {
  const seen = new Map<string, unknown>();
  return clients.flatMap(({ where, client }) => {
    const at = where === '' ? '' : ` at ${escapeInvisible(where)}`;
    const skip = (why: string, kind: NoteKind) => {
      notes.addForClient(`${describeClient(client)}${at}`, `skipped, because ${why}`, kind);
      return [];
    };
    const { client_id } = client;
    if (client.global === true || client.name === 'All Applications')
      return skip('it is the global client, not an application', 'information');
    if (typeof client_id !== 'string' || client_id === '' || client_id.length > 255)
      return skip('it has no client_id of 1 to 255 characters (with the deploy tool, export with --export_ids)', 'fix');
    if (seen.has(client_id)) {
      const isRepeated = isDeepStrictEqual(seen.get(client_id), client);
      return skip('an earlier client has the same client_id', isRepeated ? 'information' : 'loss');
    }
    seen.set(client_id, client);
    return [{ ...client, client_id }];
  });
}

function isHs256({ fields }: ImportedClient): boolean {
  return (fields.jwt_configuration as { alg?: unknown }).alg === 'HS256';
}

function describeCertificate(names: SecretNames): SecretReference {
  return {
    env: names.create('tenant', 'certificate'),
    description: 'the certificate of that key, for SAML',
    value: undefined,
    hint: 'openssl req -x509 -key … -subj /CN=… -days 3650',
  };
}

function chooseTenantName({ clients, tenant }: Auth0Export, domain: string | undefined): string {
  const [first] = clients;
  const given = [domain?.split('.')[0], first?.client.tenant, tenant.friendly_name];
  return given.find((name): name is string => typeof name === 'string' && /^[\w .-]{1,64}$/.test(name)) ?? 'auth0';
}
