import type { ClientAuthentication } from '../delegation/request.js';
import { DelegationError } from '../errors.js';

/** The parameters with which a client authenticates in a body (RFC 6749 §2.3.1, RFC 7521 §4.2). */
export const CLIENT_AUTHENTICATION_PARAMETERS = ['client_secret', 'client_assertion', 'client_assertion_type'] as const;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Reads how a client authenticates: by `client_secret`, by `client_assertion`, or by Basic credentials.
 *
 * @param values the parameters of the body that are not empty
 * @param clientId the parameter `client_id`
 * @param authorization the Authorization header; any scheme but Basic is ignored
 * @throws DelegationError INVALID_REQUEST for more than one way at once (RFC 6749 §2.3), and for a malformed one
 */
export function readClientAuthentication(
  values: ReadonlyMap<string, string>,
  clientId: string,
  authorization: string | null,
): ClientAuthentication | undefined {
  const assertion = values.get('client_assertion');
  if ((assertion === undefined) !== (values.get('client_assertion_type') === undefined)) {
    throw invalid('client_assertion and client_assertion_type must be given together');
  }
  if (assertion !== undefined && values.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw invalid(`client_assertion_type must be ${ASSERTION_TYPE}`);
  }
  const [only, ...others] = [
    ...toAuthentication('secret', values.get('client_secret')),
    ...toAuthentication('assertion', assertion),
    ...toAuthentication('secret', readBasicSecret(authorization, clientId)),
  ];
  if (others.length > 0) throw invalid('The client must authenticate in one way only');
  return only;
}

function toAuthentication(type: ClientAuthentication['type'], value: string | undefined): ClientAuthentication[] {
  return value === undefined ? [] : [{ type, value }];
}

/**
 * Reads the secret of `Authorization: Basic …` (RFC 7617): both halves are application/x-www-form-urlencoded (RFC 6749
 * §2.3.1). An empty secret counts as absent, like an empty parameter.
 */
function readBasicSecret(authorization: string | null, clientId: string): string | undefined {
  if (authorization === null || !/^basic(?: |$)/i.test(authorization)) return undefined;
  const [, encoded] = /^basic +([a-z\d+/]+={0,2}) *$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) {
    throw invalid('The Authorization header must hold base64 of client_id:client_secret after Basic');
  }
  if (decodeFormValue(id) !== clientId) {
    throw invalid('The client_id of the Authorization header must be the parameter client_id');
  }
  return decodeFormValue(secret) || undefined;
}

function decodeFormValue(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalid('The halves of the Basic credentials must be form-urlencoded (RFC 6749 §2.3.1)');
  }
}

function invalid(message: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', message);
}
