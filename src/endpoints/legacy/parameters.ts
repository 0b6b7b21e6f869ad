import type { AddonDefinition } from '../../addons/addon.js';
import { listInputTypes } from '../../addons/input.js';
import type { DelegationRequest } from '../../delegation/request.js';
import { DelegationError } from '../../errors.js';
import { CLIENT_AUTHENTICATION_PARAMETERS, readClientAuthentication } from '../client-authentication.js';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The parameters of `POST /delegation` that do not depend on the add-on. */
const COMMON = ['client_id', 'grant_type', 'id_token', 'refresh_token', 'target', 'scope', 'api_type'] as const;

/** The names and values of a form, a query or a JSON object. */
export type Parameters = Iterable<readonly [name: string, value: unknown]>;

/**
 * Creates the parser of the legacy parameters of a table of add-ons.
 *
 * @returns a function of the parameters and the Authorization header, which throws DelegationError INVALID_REQUEST that
 *   names the parameter
 */
export function createParameterParser(
  addons: readonly AddonDefinition[],
): (parameters: Parameters, authorization: string | null) => DelegationRequest {
  const apiTypes = new Map([...addons.map(({ name, apiType }) => [name, apiType] as const), ['auth0', 'APP'] as const]);
  const inputs = listInputTypes(addons);
  const known = new Set<string>([
    ...COMMON,
    ...CLIENT_AUTHENTICATION_PARAMETERS,
    ...inputs.flatMap(({ fields }) => Object.values(fields).map(({ legacyParameter }) => legacyParameter)),
  ]);
  return (parameters, authorization) => {
    const values = readKnown(parameters, known);
    const clientId = required(values, 'client_id');
    if (required(values, 'grant_type') !== GRANT_TYPE) throw invalid(`grant_type must be ${GRANT_TYPE}`);
    const clientAuthentication = readClientAuthentication(values, clientId, authorization);
    const subjectToken = readSubjectToken(values);
    const apiType = values.get('api_type');
    if (apiType !== undefined && !apiTypes.has(apiType)) {
      throw invalid(`api_type must be one of ${[...apiTypes.keys()].join(', ')}`);
    }
    const scope = values.get('scope');
    return {
      clientId,
      clientAuthentication,
      subjectToken,
      target: values.get('target'),
      apiType: apiType === undefined ? undefined : apiTypes.get(apiType),
      scope: scope === undefined ? [] : [scope],
      inputs: Object.fromEntries(
        inputs.map(({ field, fields }) => [
          field,
          Object.fromEntries(
            Object.entries(fields).map(([name, { legacyParameter }]) => [name, values.get(legacyParameter)]),
          ),
        ]),
      ),
      ignoresOtherInputs: true,
    };
  };
}

function readSubjectToken(values: ReadonlyMap<string, string>): DelegationRequest['subjectToken'] {
  const [idToken, refreshToken] = [values.get('id_token'), values.get('refresh_token')];
  if (idToken !== undefined && refreshToken === undefined) return { type: 'id_token', token: idToken };
  if (idToken === undefined && refreshToken !== undefined) return { type: 'refresh_token', token: refreshToken };
  throw invalid('Exactly one of id_token and refresh_token must be given');
}

function required(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw invalid(`${name} is missing`);
  return value;
}

/** Reads the known parameters. An empty one counts as absent, and unknown ones are ignored. */
function readKnown(parameters: Parameters, known: ReadonlySet<string>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (!known.has(name)) continue;
    if (seen.has(name)) throw invalid(`${name} is given twice`);
    seen.add(name);
    if (value === '' || value === null || value === undefined) continue;
    if (typeof value !== 'string') throw invalid(`${name} must be a string`);
    values.set(name, value);
  }
  return values;
}

function invalid(message: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', message);
}
