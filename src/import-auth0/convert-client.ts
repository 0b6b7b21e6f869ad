import { MAX_LIFETIME_SECONDS } from '../config/client-schema.js';
import { formatPath } from '../config/path.js';
import { SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { isRecord } from '../lib/is-record.js';
import type { AddonField, AddonFields } from './addon-fields.js';
import { type SecretNames, type SecretReference, secretIn } from './secret-references.js';

const REFRESH_TOKEN_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/refresh_token';
const DELEGATION_GRANT = /^http:\/\/auth0\.com\/oauth\/legacy\/grant-type\/delegation\//;
const READ_FIELDS: ReadonlySet<string> = new Set(
  'client_id name client_secret allowed_clients grant_types jwt_configuration addons token_endpoint_auth_method'.split(
    ' ',
  ),
);

/** A client in the form of gateway.yaml, while it is being put together. */
export interface ImportedClient {
  readonly label: string;
  /** What names its secrets. */
  readonly owner: string;
  /** What gateway.yaml will say of it. */
  readonly fields: Record<string, unknown> & { addons?: Record<string, Record<string, unknown>> };
  /** Its secrets, by their path below the client: `addons.firebase.private_key`. */
  readonly secrets: Map<string, SecretReference>;
  /** Whether `allowed_clients` was empty, which means everybody in Auth0. */
  readonly openToAll: boolean;
}

/** What the conversion of one client needs of all of them. */
export interface ConversionContext {
  readonly addons: ReadonlyMap<string, AddonFields>;
  readonly clientIds: ReadonlySet<string>;
  readonly names: SecretNames;
  /** Takes a sentence for the person who imports. */
  readonly note: (label: string, sentence: string) => void;
  /** Takes the name of a field that means nothing to delegation. */
  readonly unused: (field: string) => void;
}

/** How a client is called in what the importer says. */
export function labelOf({ client_id, name }: Record<string, unknown>): string {
  const id = typeof client_id === 'string' ? client_id : undefined;
  const first = `client ${quote(id ?? name ?? 'without a name')}`;
  return id !== undefined && typeof name === 'string' && name !== id ? `${first} (${quote(name)})` : first;
}

/** A text of the export on one line, with nothing in it that a terminal would obey. */
function quote(value: unknown): string {
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value);
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** Turns a client of Auth0 into one of gateway.yaml; what has no counterpart is noted. */
export function convertClient(raw: Record<string, unknown>, context: ConversionContext): ImportedClient {
  const label = labelOf(raw);
  const note = (sentence: string) => context.note(label, sentence);
  const clientId = raw.client_id as string;
  const owner = typeof raw.name === 'string' && /[a-z0-9]/i.test(raw.name) ? raw.name : clientId;
  const client: ImportedClient = {
    label,
    owner,
    fields: { client_id: clientId, ...(typeof raw.name === 'string' && raw.name !== '' && { name: raw.name }) },
    secrets: new Map(),
    openToAll: isEmpty(raw.allowed_clients),
  };
  const secret = secretIn(raw.client_secret);
  if (secret !== undefined) referTo(client, ['client_secret'], secret, context);
  client.fields.allowed_clients = client.openToAll ? ['*'] : allowedClients(raw.allowed_clients, context, note);
  grantTypes(raw, client, note);
  if (raw.token_endpoint_auth_method != null) client.fields.token_endpoint_auth_method = raw.token_endpoint_auth_method;
  client.fields.jwt_configuration = jwtConfiguration(raw.jwt_configuration, context, note);
  client.fields.addons = addonsOf(raw.addons, client, context, note);
  for (const [field, value] of Object.entries(raw)) {
    if (!READ_FIELDS.has(field) && value !== null) context.unused(formatPath([field]));
  }
  return client;
}

/** Puts `{ env: NAME }` where a secret goes, and remembers what it stands for. */
export function referTo(
  { label, owner, fields, secrets }: ImportedClient,
  path: readonly string[],
  value: string | undefined,
  { names }: Pick<ConversionContext, 'names'>,
): void {
  const [last = '', ...above] = path.toReversed();
  let parent: Record<string, unknown> = fields;
  for (const step of above.toReversed()) parent = parent[step] as Record<string, unknown>;
  const env = names.name(owner, ...path.filter((step) => step !== 'addons'));
  parent[last] = { env };
  const hint = value === undefined ? 'not in the export' : undefined;
  secrets.set(path.join('.'), { env, what: `${label}, ${path.join('.')}`, value, hint });
}

type Note = (sentence: string) => void;

function allowedClients(given: unknown, { clientIds }: ConversionContext, note: Note): string[] {
  if (!Array.isArray(given)) {
    note('allowed_clients is not a list: nobody but itself may delegate to it');
    return [];
  }
  const known = new Set(given.filter((id) => id === '*' || clientIds.has(id)));
  for (const id of given) {
    if (!known.has(id)) note(`allowed_clients names ${quote(id)}, which was not imported: left out`);
  }
  return [...known];
}

function grantTypes({ grant_types }: Record<string, unknown>, client: ImportedClient, note: Note): void {
  if (grant_types == null) return;
  if (!Array.isArray(grant_types) || grant_types.some((type) => typeof type !== 'string')) {
    note('grant_types is not a list of texts: taken as empty, so it may not call the gateway');
    client.fields.grant_types = [];
    return;
  }
  client.fields.grant_types = grant_types.filter((type) => type !== '');
  if (grant_types.includes(REFRESH_TOKEN_GRANT)) client.fields.refresh_token_delegation = true;
  if (!grant_types.some((type) => DELEGATION_GRANT.test(type)))
    note('its grant_types lack the delegation grants: it can be a target, and may not call the gateway');
}

function jwtConfiguration(given: unknown, { unused }: ConversionContext, note: Note): Record<string, unknown> {
  const { alg, lifetime_in_seconds, secret_encoded, ...rest } = isRecord(given) ? given : {};
  for (const [field, value] of Object.entries(rest)) {
    if (value !== null) unused(formatPath(['jwt_configuration', field]));
  }
  const known = (SIGNING_ALGORITHMS as readonly unknown[]).includes(alg);
  if (alg == null) note('no jwt_configuration.alg: RS256; old Auth0 tenants may have meant HS256');
  else if (!known) note('jwt_configuration.alg is none that Auth0 has: left out, so RS256');
  const lifetime = { secret: false, integer: true, minimum: 1, maximum: MAX_LIFETIME_SECONDS };
  return {
    ...(known && { alg }),
    ...(lifetime_in_seconds != null && {
      lifetime_in_seconds: fitted('jwt_configuration.lifetime_in_seconds', lifetime_in_seconds, lifetime, note),
    }),
    ...(secret_encoded != null && { secret_encoded }),
  };
}

function addonsOf(
  given: unknown,
  client: ImportedClient,
  context: ConversionContext,
  note: Note,
): Record<string, Record<string, unknown>> {
  const addons: Record<string, Record<string, unknown>> = {};
  client.fields.addons = addons;
  for (const [name, config] of Object.entries(isRecord(given) ? given : {})) {
    const fields = context.addons.get(name);
    if (config === null) continue;
    if (!fields) {
      note(`${formatPath(['addons', name])} gives no credential for another service: left out`);
    } else if (!isRecord(config) || Object.values(config).every((value) => isBlank(value))) {
      note(`addons.${name} is there and not configured: left out`);
    } else {
      addons[name] = {};
      for (const [field, value] of Object.entries(config)) addonField([name, field], value, client, context, note);
    }
  }
  return addons;
}

function addonField(
  [name, field]: readonly [string, string],
  value: unknown,
  client: ImportedClient,
  context: ConversionContext,
  note: Note,
): void {
  if (isBlank(value)) return;
  const known = context.addons.get(name)?.get(field);
  const path = ['addons', name, field] as const;
  if (!known) note(`${formatPath(path)} has no counterpart: left out`);
  else if (known.secret) referTo(client, path, secretIn(value), context);
  else {
    const fit = known.integer ? fitted(formatPath(path), value, known, note) : value;
    (client.fields.addons?.[name] as Record<string, unknown>)[field] = fit;
  }
}

/** A whole number within the limits of its field; what is none stays as it is, for the check to find. */
function fitted(path: string, value: unknown, { minimum, maximum }: AddonField, note: Note): unknown {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return value;
  const fit = Math.min(Math.max(Math.trunc(number), minimum), maximum);
  if (fit !== number) note(`${path} is ${number}: ${fit}, the nearest that is possible`);
  return fit;
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
