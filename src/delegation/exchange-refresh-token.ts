import { createHash } from 'node:crypto';
import type { Client, Tenant, TokenEndpoint } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import { DelegationError } from '../errors.js';
import { callUpstream, readTokenAnswer, unavailable } from '../lib/upstream.js';
import { MAX_TOKEN_BYTES } from './decode-token.js';

const SERVICE = 'The identity provider';

/** The answer of an identity provider to a refresh token. Nothing in it is verified. */
export interface RefreshTokenExchange {
  readonly idToken: string | undefined;
  /** The refresh token that replaces the one that was given; null when that one stays valid. */
  readonly refreshToken: string | null;
}

/** Exchanges refresh tokens for ID tokens (RFC 6749 §6). */
export interface RefreshTokenExchanger {
  /**
   * Exchanges a refresh token once, however often it is used at the same time or in the same operation: an identity
   * provider that rotates refresh tokens takes a second use for theft. An exchange that has begun is completed even when
   * the client disconnects.
   *
   * @param operation the object that uses have in common, such as the context of a GraphQL operation
   * @throws DelegationError UNAUTHORIZED_CLIENT when the client may not use refresh tokens, INVALID_REQUEST over 16 KiB,
   *   INVALID_TOKEN when the identity provider refuses the token, UPSTREAM_REFUSED, UPSTREAM_UNAVAILABLE
   */
  exchange(operation: object, tenant: Tenant, client: Client, refreshToken: string): Promise<RefreshTokenExchange>;
}

export function createRefreshTokenExchanger(deps: Pick<Deps, 'fetch'>): RefreshTokenExchanger {
  const running = new Map<string, Promise<RefreshTokenExchange>>();
  const byOperation = new WeakMap<object, Map<string, Promise<RefreshTokenExchange>>>();
  return {
    async exchange(operation, tenant, client, refreshToken) {
      const { tokenEndpoint } = client;
      if (!tokenEndpoint) {
        throw new DelegationError('UNAUTHORIZED_CLIENT', 'The calling application may not use refresh tokens');
      }
      if (Buffer.byteLength(refreshToken) > MAX_TOKEN_BYTES) {
        throw new DelegationError('INVALID_REQUEST', `The refresh token is longer than ${MAX_TOKEN_BYTES} bytes`);
      }
      const key = createHash('sha256')
        .update(JSON.stringify([tenant.name, client.clientId, refreshToken]))
        .digest('base64url');
      const own = byOperation.get(operation) ?? new Map<string, Promise<RefreshTokenExchange>>();
      byOperation.set(operation, own);
      let exchange = own.get(key) ?? running.get(key);
      if (!exchange) {
        exchange = postRefreshToken(deps, tokenEndpoint, refreshToken).finally(() => running.delete(key));
        running.set(key, exchange);
      }
      own.set(key, exchange);
      return exchange;
    },
  };
}

async function postRefreshToken(
  deps: Pick<Deps, 'fetch'>,
  tokenEndpoint: TokenEndpoint,
  refreshToken: string,
): Promise<RefreshTokenExchange> {
  const answer = await callUpstream(deps, {
    service: SERVICE,
    url: tokenEndpoint.url,
    form: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...tokenEndpoint.parameters,
    }),
    headers: { accept: 'application/json', ...tokenEndpoint.headers },
    onlyOnce: true,
  });
  const { id_token, refresh_token } = readTokens(answer);
  return {
    idToken: typeof id_token === 'string' ? id_token : undefined,
    refreshToken: typeof refresh_token === 'string' && refresh_token !== refreshToken ? refresh_token : null,
  };
}

/** A refused refresh token is an error of the caller; any other refusal is one of the configuration. */
function readTokens(answer: Parameters<typeof readTokenAnswer>[1]): Readonly<Record<string, unknown>> {
  try {
    return readTokenAnswer(SERVICE, answer);
  } catch (error) {
    if (!(error instanceof DelegationError) || error.details.upstreamCode !== 'invalid_grant') throw error;
    throw new DelegationError('INVALID_TOKEN', 'The identity provider refused the refresh token (invalid_grant)');
  }
}

/** @throws DelegationError UPSTREAM_UNAVAILABLE when the exchange gave no ID token */
export function requireIdToken({ idToken }: Pick<RefreshTokenExchange, 'idToken'>): string {
  if (idToken !== undefined) return idToken;
  throw unavailable(SERVICE, 'gave no id_token for the refresh token; its session lacks the scope openid');
}
