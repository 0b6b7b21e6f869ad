import { createHash } from 'node:crypto';
import type { Client, Tenant, TokenEndpoint } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { callUpstream, readTokenAnswer, unavailable } from '../lib/upstream.js';
import { invalidToken, MAX_TOKEN_BYTES } from './decode-token.js';
import type { Caller } from './verify-id-token.js';

const SERVICE = 'The identity provider';

/** What an identity provider gave for a refresh token. Nothing in it is verified yet. */
export interface Exchange {
  readonly idToken: string | undefined;
  /** The refresh token that takes the place of the one that was given; null where that one stays good. */
  readonly refreshToken: string | null;
}

/** Exchanges refresh tokens (RFC 6749 §6). */
export interface RefreshExchanger {
  /**
   * One exchange, however often the same refresh token is used at the same time or in the same operation: a second
   * one would look like a stolen token to an identity provider that rotates them. Once begun it is carried through,
   * whoever leaves meanwhile.
   *
   * @param operation what makes uses belong together, such as the context of a GraphQL operation
   * @throws DelegationError UNAUTHORIZED_CLIENT where the client may not send refresh tokens, INVALID_REQUEST over 16 KiB,
   *   INVALID_TOKEN when the identity provider does not take the token, UPSTREAM_REFUSED, UPSTREAM_UNAVAILABLE
   */
  exchange(operation: object, tenant: Tenant, client: Client, refreshToken: string): Promise<Exchange>;
}

export function createRefreshExchanger(deps: Pick<Deps, 'fetch'>): RefreshExchanger {
  const running = new Map<string, Promise<Exchange>>();
  const ofOperation = new WeakMap<object, Map<string, Promise<Exchange>>>();
  return {
    exchange(operation, tenant, client, refreshToken) {
      const { tokenEndpoint } = client;
      if (!tokenEndpoint)
        throw new DelegationError('UNAUTHORIZED_CLIENT', 'The calling application may not send refresh tokens');
      checkSize(refreshToken);
      const key = createHash('sha256')
        .update(JSON.stringify([tenant.name, client.clientId, refreshToken]))
        .digest('base64url');
      const own = ofOperation.get(operation) ?? new Map<string, Promise<Exchange>>();
      ofOperation.set(operation, own);
      let exchange = own.get(key) ?? running.get(key);
      if (!exchange) {
        exchange = post(deps, tokenEndpoint, refreshToken).finally(() => running.delete(key));
        running.set(key, exchange);
      }
      own.set(key, exchange);
      return exchange;
    },
  };
}

function checkSize(refreshToken: string): void {
  if (Buffer.byteLength(refreshToken) > MAX_TOKEN_BYTES) {
    throw new DelegationError('INVALID_REQUEST', `The refresh token is longer than ${MAX_TOKEN_BYTES} bytes`);
  }
}

async function post(deps: Pick<Deps, 'fetch'>, endpoint: TokenEndpoint, refreshToken: string): Promise<Exchange> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...endpoint.parameters,
  });
  const answer = await callUpstream(deps, {
    service: SERVICE,
    url: endpoint.url,
    form,
    headers: { accept: 'application/json', ...endpoint.headers },
    onlyOnce: true,
  });
  const { id_token, refresh_token } = readAnswer(answer);
  return {
    idToken: typeof id_token === 'string' ? id_token : undefined,
    refreshToken: typeof refresh_token === 'string' && refresh_token !== refreshToken ? refresh_token : null,
  };
}

/** A refused refresh token is the caller's fault, any other refusal the configuration's. */
function readAnswer(answer: Parameters<typeof readTokenAnswer>[1]): Readonly<Record<string, unknown>> {
  try {
    return readTokenAnswer(SERVICE, answer);
  } catch (error) {
    if (!(error instanceof DelegationError) || error.details.upstreamCode !== 'invalid_grant') throw error;
    throw new DelegationError('INVALID_TOKEN', 'The identity provider does not take the refresh token (invalid_grant)');
  }
}

/** A refresh token does not say whose it is (RFC 6749 §1.5), so the request has to. */
export function requireClientId(clientId: string | null | undefined): void {
  if (!clientId) throw new DelegationError('INVALID_REQUEST', 'clientId is missing; a refresh token needs it');
}

/** The user that the exchange was for is one of the issuer that was asked, whoever else the tenant trusts. */
export function checkExchanged(caller: Caller, client: Client): void {
  if (caller.issuer !== client.tokenEndpoint?.issuer)
    throw invalidToken('its issuer (iss) is not the one that was asked for it');
}

/** @throws DelegationError UPSTREAM_UNAVAILABLE when the exchange gave no ID token */
export function requireIdToken({ idToken }: Exchange): string {
  if (idToken === undefined)
    throw unavailable(SERVICE, 'gave no id_token for the refresh token; its session lacks the scope openid');
  return idToken;
}
