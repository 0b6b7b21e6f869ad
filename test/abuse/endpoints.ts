import type { IncomingHttpHeaders } from 'node:http';
import { ADDONS } from '../../src/addons/index.js';
import { listInputTypes } from '../../src/addons/input.js';
import { ERROR_CODES, type ErrorCode } from '../../src/errors.js';
import { toParameters } from '../support/client-authentication.js';
import { DELEGATE } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';
import { keepSent } from '../support/secrets.js';
import type { Ask } from './attack.js';
import type { HttpAnswer, HttpRequest } from './wire.js';

export type EndpointId = 'graphql-argument' | 'graphql-header' | 'delegation-form' | 'delegation-json';

/** An answer, whichever endpoint it came from. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The name of the error in the form of the endpoint; undefined when the request was granted. */
  readonly error: string | undefined;
  readonly message: string | undefined;
  /** The token of the credential. */
  readonly token: string | undefined;
  /** The rotated refresh token. */
  readonly refreshToken: string | undefined;
}

/** How the suite reaches the gateway: a wire format for requests and answers. */
export interface AbuseEndpoint {
  readonly id: EndpointId;
  readonly title: string;
  write(ask: Ask): HttpRequest;
  read(answer: HttpAnswer): Answer;
  /** How the endpoint presents a code. */
  present(code: ErrorCode): { readonly status: number; readonly error: string };
}

// biome-ignore lint/suspicious/noExplicitAny: an answer is read as a client reads it
type Body = any;

const GRAPHQL: Pick<AbuseEndpoint, 'read' | 'present'> = {
  read(answer) {
    const { data, errors }: Body = JSON.parse(answer.text);
    const credential = data?.delegate?.credential;
    return {
      ...answer,
      error: errors?.[0]?.extensions?.code,
      message: errors?.[0]?.message,
      token: credential?.token,
      refreshToken: data?.delegate?.refreshToken ?? errors?.[0]?.extensions?.refreshToken ?? undefined,
    };
  },
  // An operation that was executed answers 200 whatever its fields did.
  present: (code) => ({ status: 200, error: code }),
};

function writeGraphql(ask: Ask, token: 'argument' | 'header'): HttpRequest {
  const { idToken, refreshToken, clientId, authentication, target, apiType = 'APP', scope } = ask;
  const inHeader = token === 'header' && idToken !== undefined;
  const input = {
    ...(clientId !== undefined && { clientId }),
    ...(authentication && { clientAuthentication: authentication }),
    ...(target !== undefined && { target }),
    ...(apiType !== null && { apiType }),
    ...(scope !== undefined && { scope: [scope] }),
    ...(idToken !== undefined && !inHeader && { subjectToken: { idToken } }),
    ...(refreshToken !== undefined && { subjectToken: { refreshToken } }),
    ...ask.inputs,
  };
  keepSent(input);
  const headers = {
    Host: ask.host ?? 'gateway.test',
    'Content-Type': 'application/json',
    ...(inHeader && { Authorization: `Bearer ${idToken}` }),
  };
  return { method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query: DELEGATE, variables: { input } }) };
}

const DELEGATION: Pick<AbuseEndpoint, 'read' | 'present'> = {
  read(answer) {
    const body: Body = JSON.parse(answer.text);
    return {
      ...answer,
      error: body.error,
      message: body.error_description,
      token: body.id_token ?? body.access_token ?? body.Credentials?.SessionToken,
      refreshToken: body.refresh_token,
    };
  },
  present: (code) => ({ status: ERROR_CODES[code].status, error: ERROR_CODES[code].legacy }),
};

const LEGACY_NAMES = new Map([...ADDONS.map(({ name, apiType }) => [apiType, name] as const), ['APP', 'auth0']]);

function toLegacyParameters(ask: Ask): Record<string, string> {
  const { idToken, refreshToken, clientId = 'web', target, apiType = 'APP', scope } = ask;
  const legacyName = apiType === null ? undefined : (LEGACY_NAMES.get(apiType) ?? apiType);
  return {
    grant_type: GRANT_TYPE,
    client_id: clientId,
    ...(idToken !== undefined && { id_token: idToken }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(target !== undefined && { target }),
    ...(legacyName !== undefined && { api_type: legacyName }),
    ...(scope !== undefined && { scope }),
    ...toLegacyInputs(ask),
    ...toParameters(ask.authentication),
  };
}

function toLegacyInputs({ inputs = {} }: Ask): Record<string, string> {
  const parameters = listInputTypes(ADDONS).flatMap(({ field, fields }) =>
    Object.entries(inputs[field] ?? {}).map(([name, value]) => [fields[name]?.legacyParameter ?? name, value] as const),
  );
  return Object.fromEntries(parameters);
}

function writeDelegation(ask: Ask, type: string, encode: (parameters: Record<string, string>) => string): HttpRequest {
  const parameters = toLegacyParameters(ask);
  keepSent(parameters);
  const headers = { Host: ask.host ?? 'gateway.test', 'Content-Type': type };
  return { method: 'POST', path: '/delegation', headers, body: encode(parameters) };
}

/** Every way to ask for a credential. Each row of the suite runs at each of them. */
export const ENDPOINTS: readonly AbuseEndpoint[] = [
  {
    id: 'graphql-argument',
    title: '/graphql with the token as an argument',
    write: (ask) => writeGraphql(ask, 'argument'),
    ...GRAPHQL,
  },
  {
    id: 'graphql-header',
    title: '/graphql with the token in the Authorization header',
    write: (ask) => writeGraphql(ask, 'header'),
    ...GRAPHQL,
  },
  {
    id: 'delegation-form',
    title: '/delegation as a form',
    write: (ask) =>
      writeDelegation(ask, 'application/x-www-form-urlencoded', (parameters) => `${new URLSearchParams(parameters)}`),
    ...DELEGATION,
  },
  {
    id: 'delegation-json',
    title: '/delegation as JSON',
    write: (ask) => writeDelegation(ask, 'application/json', JSON.stringify),
    ...DELEGATION,
  },
];
