import type { AddonDefinition } from '../addons/addon.js';
import { ConfigError, type Diagnostic } from '../config/diagnostics.js';
import { validateConfig } from '../config/load.js';
import { formatPath } from '../config/path.js';
import type { AddonFields } from './addon-fields.js';
import { type ConversionContext, type ImportedClient, setSecretReference } from './imported-client.js';

/** Stands in for a secret that is not in the export; `advise` ignores the diagnostics that it causes. */
const NOT_EXPORTED = 'a secret that the export does not hold';

/**
 * Validates the clients with the configuration's own schema and the secrets of the export. It adds a reference for a
 * required secret that was not exported, leaves out an add-on that cannot work, and notes each change.
 */
export function selfCheck(
  clients: readonly ImportedClient[],
  tenant: Readonly<Record<string, unknown>>,
  addons: readonly AddonDefinition[],
  context: ConversionContext,
): void {
  for (;;) {
    const diagnostics = validateClients(clients, tenant, addons).map((each): ClientDiagnostic => {
      const [, , list, index, ...path] = each.path;
      const client = list === 'clients' ? clients[index as number] : undefined;
      if (!client) throw new ConfigError([each]);
      return { ...each, client, path: path.map(String) };
    });
    // Add references in a later round, when no more add-ons are left out: those need no secret.
    const changed =
      diagnostics.filter((each) => leaveOut(each, context)).length > 0 ||
      diagnostics.filter((each) => addReference(each, context)).length > 0;
    if (changed) continue;
    for (const each of diagnostics) advise(each, context);
    return;
  }
}

interface ClientDiagnostic extends Diagnostic {
  readonly client: ImportedClient;
  /** The path below the client. */
  readonly path: readonly string[];
}

function validateClients(
  clients: readonly ImportedClient[],
  tenant: Readonly<Record<string, unknown>>,
  addons: readonly AddonDefinition[],
): readonly Diagnostic[] {
  const references = clients.flatMap(({ secrets }) => [...secrets.values()]);
  const env = Object.fromEntries(references.map(({ env, value = NOT_EXPORTED }) => [env, value]));
  return validateConfig({ tenants: [{ ...tenant, clients: clients.map(({ fields }) => fields) }] }, { env, addons });
}

/** Leaves out what the configuration does not accept, unless it is a secret. */
function leaveOut({ client, path, message }: ClientDiagnostic, { addons, note }: ConversionContext): boolean {
  const { label, fields, secrets } = client;
  const [field = '', name = ''] = path;
  if (isSecret(path, addons)) return false;
  const [parent, key] =
    field === 'addons' || (field === 'jwt_configuration' && name !== '')
      ? [fields[field] as Record<string, unknown>, name]
      : [fields, field];
  if (!Object.hasOwn(parent, key)) return false;
  delete parent[key];
  for (const at of secrets.keys()) if (at.startsWith(`addons.${name}.`)) secrets.delete(at);
  const what = field === 'addons' ? ['addons', name] : path;
  note(label, `${formatPath(what)} is left out: ${formatPath(path)}: ${message}`, 'fix');
  return true;
}

/** Adds the reference of a required secret that is not in the export. */
function addReference({ client, path }: ClientDiagnostic, context: ConversionContext): boolean {
  const at = path.join('.');
  if (!isSecret(path, context.addons) || client.secrets.has(at)) return false;
  setSecretReference(client, path, undefined, context);
  context.note(client.label, `${at} is required but not in the export: see the list of secrets`, 'fix');
  return true;
}

/** Notes that the gateway would refuse an exported secret; its reference stays, for another value. */
function advise({ client, path, message }: ClientDiagnostic, { note }: ConversionContext): void {
  const at = path.join('.');
  const reference = client.secrets.get(at);
  if (reference?.value === undefined) return;
  const expected = message.replace(/^.*?expected /, '');
  note(client.label, `${at} is not valid as exported; expected ${expected}`, 'fix');
  client.secrets.set(at, { ...reference, hint: `the exported value is not valid; expected ${expected}` });
}

function isSecret(
  [field = '', name = '', key = '', ...more]: readonly string[],
  addons: ReadonlyMap<string, AddonFields>,
) {
  if (field === 'client_secret') return name === '';
  return field === 'addons' && more.length === 0 && addons.get(name)?.get(key)?.secret === true;
}
