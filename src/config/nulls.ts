import { isMapping } from './faults.js';

/**
 * The document with every client in the form that its own fields have: an export of Auth0 says `null` where a field is
 * not set. Only the fields of the client, of its `jwt_configuration` and of its add-ons; a null further down, such as
 * a claim without its path, stays a fault.
 */
export function withoutNulls(document: unknown): unknown {
  return inside(document, 'tenants', (tenants) =>
    each(tenants, (tenant) =>
      inside(tenant, 'clients', (clients) =>
        each(clients, (client) =>
          inside(inside(drop(client), 'jwt_configuration', drop), 'addons', (addons) => mapValues(drop(addons), drop)),
        ),
      ),
    ),
  );
}

function drop(value: unknown): unknown {
  return isMapping(value) ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) : value;
}

function inside(value: unknown, key: string, change: (field: unknown) => unknown): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? { ...value, [key]: change(value[key]) } : value;
}

function mapValues(value: unknown, change: (field: unknown) => unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, change(field)]));
}

function each(value: unknown, change: (entry: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
