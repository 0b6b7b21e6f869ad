import type { AddonDefinition } from '../addons/addon.js';
import { ConfigError, type Diagnostic } from '../config/diagnostics.js';
import { validateConfig } from '../config/load.js';
import { formatPath } from '../config/path.js';
import type { AddonFields } from './addon-fields.js';
import { type ConversionContext, type ImportedClient, referTo } from './convert-client.js';

/** Stands in for a secret that the export lacks: what it would have to be is not held against it. */
const NOT_EXPORTED = 'a secret that the export does not hold';

/**
 * Holds the clients to the configuration's own schema, with the secrets of the export, and makes good what it can:
 * a secret that is needed and was not exported gets its reference, an add-on that cannot work is left out. All of it
 * is noted.
 */
export function selfCheck(
  clients: readonly ImportedClient[],
  tenant: Readonly<Record<string, unknown>>,
  addons: readonly AddonDefinition[],
  context: ConversionContext,
): void {
  for (;;) {
    const faults = faultsOf(clients, tenant, addons).map((fault): ClientFault => {
      const [, , list, index, ...path] = fault.path;
      const client = list === 'clients' ? clients[index as number] : undefined;
      if (!client) throw new ConfigError([fault]);
      return { ...fault, client, path: path.map(String) };
    });
    // What an add-on cannot do without is looked for after it is sure that the add-on stays.
    const changed =
      faults.filter((fault) => leaveOut(fault, context)).length > 0 ||
      faults.filter((fault) => addReference(fault, context)).length > 0;
    if (changed) continue;
    for (const fault of faults) advise(fault, context);
    return;
  }
}

interface ClientFault extends Diagnostic {
  readonly client: ImportedClient;
  /** Below the client. */
  readonly path: readonly string[];
}

function faultsOf(
  clients: readonly ImportedClient[],
  tenant: Readonly<Record<string, unknown>>,
  addons: readonly AddonDefinition[],
): readonly Diagnostic[] {
  const references = clients.flatMap(({ secrets }) => [...secrets.values()]);
  const env = Object.fromEntries(references.map(({ env, value = NOT_EXPORTED }) => [env, value]));
  return validateConfig({ tenants: [{ ...tenant, clients: clients.map(({ fields }) => fields) }] }, { env, addons });
}

/** Leaves out what the gateway could not use, unless it is a secret. */
function leaveOut({ client, path, message }: ClientFault, { addons, note }: ConversionContext): boolean {
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
  note(label, `${formatPath(what)} is left out: ${formatPath(path)}: ${message}`);
  return true;
}

/** Names a secret that is needed and that the export lacks. */
function addReference({ client, path }: ClientFault, context: ConversionContext): boolean {
  const at = path.join('.');
  if (!isSecret(path, context.addons) || client.secrets.has(at)) return false;
  referTo(client, path, undefined, context);
  context.note(client.label, `${at} is needed, and the export does not hold it: see the list of secrets`);
  return true;
}

/** Says of a secret in the export that the gateway would refuse it; its reference stays, for a better one. */
function advise({ client, path, message }: ClientFault, { note }: ConversionContext): void {
  const at = path.join('.');
  const reference = client.secrets.get(at);
  if (reference?.value === undefined) return;
  const expected = message.replace(/^.*?expected /, '');
  note(client.label, `${at} as exported will not do; expected ${expected}`);
  client.secrets.set(at, { ...reference, hint: `the exported one will not do; expected ${expected}` });
}

function isSecret(
  [field = '', name = '', key = '', ...more]: readonly string[],
  addons: ReadonlyMap<string, AddonFields>,
) {
  if (field === 'client_secret') return name === '';
  return field === 'addons' && more.length === 0 && addons.get(name)?.get(key)?.secret === true;
}
