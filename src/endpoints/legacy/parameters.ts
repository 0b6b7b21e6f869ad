import type { AddonDefinition } from '../../addons/addon.js';
import { listInputTypes } from '../../addons/input.js';
import { DelegationError } from '../../errors.js';
import type { DelegateInput } from '../graphql/schema/delegate-input.js';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The parameters of `POST /delegation` that are the same for every add-on. */
const COMMON = ['client_id', 'grant_type', 'id_token', 'refresh_token', 'target', 'scope', 'api_type'] as const;

/** Turns the parameters of the legacy endpoint into the variables of the mutation. */
export interface LegacyParameters {
  /** @throws DelegationError INVALID_REQUEST naming the parameter */
  toInput(given: Iterable<readonly [name: string, value: unknown]>): DelegateInput;
}

/** Knows the parameters of a table of add-ons. */
export function legacyParameters(addons: readonly AddonDefinition[]): LegacyParameters {
  const apiTypes = new Map([...addons.map(({ name, apiType }) => [name, apiType] as const), ['auth0', 'APP'] as const]);
  const extras = listInputTypes(addons).flatMap(({ field, fields }) =>
    Object.entries(fields).map(([name, { legacyParameter }]) => ({ field, name, legacyParameter })),
  );
  const known = new Set<string>([...COMMON, ...extras.map(({ legacyParameter }) => legacyParameter)]);
  return {
    toInput(given) {
      const values = readKnown(given, known);
      const required = (name: string): string => {
        const value = values.get(name);
        if (value === undefined) throw invalid(`${name} is missing`);
        return value;
      };
      const clientId = required('client_id');
      if (required('grant_type') !== GRANT_TYPE) throw invalid(`grant_type must be ${GRANT_TYPE}`);
      const [idToken, refreshToken] = [values.get('id_token'), values.get('refresh_token')];
      if ((idToken === undefined) === (refreshToken === undefined))
        throw invalid('id_token or refresh_token must be given, and not both');
      const apiType = values.get('api_type');
      if (apiType !== undefined && !apiTypes.has(apiType))
        throw invalid(`api_type must be one of ${[...apiTypes.keys()].join(', ')}`);
      const scope = values.get('scope');
      return {
        clientId,
        subjectToken: idToken === undefined ? { refreshToken } : { idToken },
        target: values.get('target'),
        apiType: apiType === undefined ? undefined : apiTypes.get(apiType),
        scope: scope === undefined ? undefined : [scope],
        ...extraInputs(values, extras),
      };
    },
  };
}

/** The known parameters that are not empty: an empty one counts as absent, an unknown one never matters. */
function readKnown(given: Iterable<readonly [string, unknown]>, known: ReadonlySet<string>): Map<string, string> {
  const values = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of given) {
    if (!known.has(name)) continue;
    if (seen.has(name)) throw invalid(`${name} is given twice`);
    seen.add(name);
    if (value === '' || value === null || value === undefined) continue;
    if (typeof value !== 'string') throw invalid(`${name} must be a string`);
    values.set(name, value);
  }
  return values;
}

type Extra = { readonly field: string; readonly name: string; readonly legacyParameter: string };

function extraInputs(
  values: ReadonlyMap<string, string>,
  extras: readonly Extra[],
): Record<string, Record<string, string>> {
  const inputs: Record<string, Record<string, string>> = {};
  for (const { field, name, legacyParameter } of extras) {
    const value = values.get(legacyParameter);
    if (value !== undefined) inputs[field] = { ...inputs[field], [name]: value };
  }
  return inputs;
}

function invalid(message: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', message);
}
