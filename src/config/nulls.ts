import { isRecord } from '../lib/json.js';

/**
 * Replaces the nulls of clients by `undefined`: an export of Auth0 has null where a field is not set.
 *
 * Applies to the fields of a client, of its `jwt_configuration` and of each add-on. A null further down, such as a
 * claim without its path, stays null and is reported. Keys are kept, so that unknown ones are reported too. An export
 * may also have an empty jwks_uri.
 */
export function nullsToUndefined(document: unknown): unknown {
  return changeField(document, 'tenants', (tenants) =>
    changeEntries(tenants, (tenant) =>
      changeField(tenant, 'clients', (clients) => changeEntries(clients, changeClient)),
    ),
  );
}

function changeClient(client: unknown): unknown {
  const withFields = changeField(changeValues(client, nullToUndefined), 'jwks_uri', (uri) =>
    uri === '' ? undefined : uri,
  );
  return changeField(
    changeField(withFields, 'jwt_configuration', (jwt) => changeValues(jwt, nullToUndefined)),
    'addons',
    (addons) => changeValues(addons, (addon) => nullToUndefined(changeValues(addon, nullToUndefined))),
  );
}

function nullToUndefined(value: unknown): unknown {
  return value === null ? undefined : value;
}

function changeField(value: unknown, key: string, change: (field: unknown) => unknown): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? { ...value, [key]: change(value[key]) } : value;
}

function changeValues(value: unknown, change: (field: unknown) => unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, change(field)]));
}

function changeEntries(value: unknown, change: (entry: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
