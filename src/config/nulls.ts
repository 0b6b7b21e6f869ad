import { isRecord } from '../lib/is-record.js';

/**
 * The document with `undefined` for every null of a client's own fields: an export of Auth0 has null where a field is
 * not set. That goes for the client, its `jwt_configuration` and its add-ons; a null further down, such as a claim
 * without its path, stays a fault, and so does a key that nobody knows.
 */
export function withoutNulls(document: unknown): unknown {
  return inside(document, 'tenants', (tenants) =>
    each(tenants, (tenant) => inside(tenant, 'clients', (clients) => each(clients, clientWithoutNulls))),
  );
}

function clientWithoutNulls(client: unknown): unknown {
  const own = mapValues(client, unset);
  return inside(
    inside(own, 'jwt_configuration', (jwt) => mapValues(jwt, unset)),
    'addons',
    (addons) => mapValues(addons, (addon) => unset(mapValues(addon, unset))),
  );
}

function unset(value: unknown): unknown {
  return value === null ? undefined : value;
}

function inside(value: unknown, key: string, change: (field: unknown) => unknown): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? { ...value, [key]: change(value[key]) } : value;
}

function mapValues(value: unknown, change: (field: unknown) => unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, change(field)]));
}

function each(value: unknown, change: (entry: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
