import { AUDIENCES, type TokenKind, type User } from './fixtures.js';
import type { HttpRequest } from './load.js';

/** Makes the request of one user. */
export type BuildRequest = (user: User) => HttpRequest;

const DELEGATE =
  'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token } rateLimit { remaining } } }';
const VIEWER = '{ viewer { userId rateLimit { remaining } } }';

export const hello: BuildRequest = (user) => json('/graphql', user, { query: '{ hello }' });

/** The mutation `delegate`, from a token of this kind to a credential for this target. */
export function delegation(kind: TokenKind, target: string): BuildRequest {
  const body = { query: DELEGATE, variables: { input: { target } } };
  return (user) => json('/graphql', user, body, user.tokens[kind]);
}

export const viewer: BuildRequest = (user) => json('/graphql', user, { query: VIEWER }, user.tokens.HS256);

/** Auth0's `POST /delegation`, as auth0.js sends it. */
export const legacyDelegation: BuildRequest = (user) =>
  form('/delegation', user, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_id: AUDIENCES.HS256,
    target: 'api',
    api_type: 'app',
    id_token: user.tokens.HS256,
  });

/** A delegation by bench/servers/express.mjs. */
export function expressDelegation(kind: 'HS256' | 'RS256', target: string): BuildRequest {
  return (user) => json(`/delegation/${kind}`, user, { target }, user.tokens[kind]);
}

/** A token exchange by bench/servers/oidc-provider.mjs (RFC 8693). */
export const tokenExchange: BuildRequest = (user) =>
  form('/token', user, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: AUDIENCES.RS256,
    subject_token: user.tokens.RS256,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    resource: 'https://mobile.example.com/',
  });

function json(path: string, { ip }: User, body: object, token?: string): HttpRequest {
  return {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': ip,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  };
}

function form(path: string, { ip }: User, fields: Record<string, string>): HttpRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': ip },
    body: new URLSearchParams(fields).toString(),
  };
}
