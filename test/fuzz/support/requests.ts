import { ASSERTION_TYPE } from '../../support/client-authentication.js';
import { DELEGATE } from '../../support/gateway.js';
import { GRANT_TYPE } from '../../support/legacy.js';
import type { FuzzRequest } from './gateway.js';

const JSON_BODY = { 'content-type': 'application/json' };
const FORM_BODY = { 'content-type': 'application/x-www-form-urlencoded' };

type Connection = Pick<FuzzRequest, 'remoteAddress' | 'tokens'> & Partial<Pick<FuzzRequest, 'upstream'>>;

export function graphqlRequest(
  body: object,
  connection: Connection,
  headers: Readonly<Record<string, string>> = {},
): FuzzRequest {
  return { path: '/graphql', headers: { ...JSON_BODY, ...headers }, body: JSON.stringify(body), ...connection };
}

/** The mutation with the usual selection. */
export function delegateRequest(
  input: object,
  connection: Connection,
  headers: Readonly<Record<string, string>> = {},
): FuzzRequest {
  return graphqlRequest({ query: DELEGATE, variables: { input } }, connection, headers);
}

export function formRequest(parameters: Readonly<Record<string, string>>, connection: Connection): FuzzRequest {
  const body = new URLSearchParams({ grant_type: GRANT_TYPE, ...parameters }).toString();
  return { path: '/delegation', headers: FORM_BODY, body, ...connection };
}

export function assertionParameters(assertion: string): Readonly<Record<string, string>> {
  return { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE };
}

/** A request as a failure shows it. */
export function describeRequest({ method = 'POST', path, host, headers, body }: FuzzRequest): string {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : body;
  return `${method} ${path} ${host ?? ''} ${JSON.stringify(headers)}\n${text ?? ''}`;
}
