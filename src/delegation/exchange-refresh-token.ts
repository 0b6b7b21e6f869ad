import { createHash } from 'node:crypto';
import type { Client, Tenant, TokenEndpoint } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { readTokenAnswer, type UpstreamClient, type Upstreams, unavailable } from '../lib/upstream.js';
import type { DelegationLimiter } from '../rate-limit/delegation-limit.js';
import { MAX_TOKEN_BYTES } from './decode-token.js';
import { RefreshTokenUsers } from './refresh-token-users.js';
import type { RefusedTokenStore } from './refused-refresh-tokens.js';

const SERVICE = 'The identity provider';

/** The answer of an identity provider to a refresh token. Nothing in it is verified. */
export interface RefreshTokenExchange {
  readonly idToken: string | undefined;
  /** The refresh token that replaces the one that was given; null when that one stays valid. */
  readonly refreshToken: string | null;
  /** The hash of the refresh token that the caller has now: the new one, or the given one where it stays valid. */
  readonly hash: string | undefined;
}

/** What an exchange reads from the context of a delegation. */
export interface ExchangeContext extends Pick<DelegationLimiter, 'requireRemaining'> {
  readonly tenant: Tenant;
  /** Canonical: an IPv4 address or an IPv6 /64. */
  readonly ip: string;
  readonly refusedTokens: RefusedTokenStore;
}

/** Exchanges refresh tokens for ID tokens (RFC 6749 §6). */
export interface RefreshTokenExchanger {
  /**
   * Exchanges a refresh token once for all uses by one address at the same time, and for all uses in one operation: an
   * identity provider that rotates refresh tokens takes a second use for theft. Another address starts an exchange of its
   * own, so that it does not get the rotated token of the first. An exchange that has begun is completed even when the
   * client disconnects.
   *
   * Does not send a token that the identity provider refused in the last minute, nor one of a user without a request left.
   * The user of a token is known when an earlier exchange returned it.
   *
   * @param context the same object for all uses of one operation
   * @throws DelegationError UNAUTHORIZED_CLIENT when the client may not use refresh tokens, INVALID_REQUEST over 16 KiB,
   *   INVALID_TOKEN when the identity provider refuses the token, RATE_LIMITED, UPSTREAM_REFUSED, UPSTREAM_UNAVAILABLE
   */
  exchange(context: ExchangeContext, client: Client, refreshToken: string): Promise<RefreshTokenExchange>;

  /** Remembers whose the refresh token is that the caller has now. Call it when the ID token is verified. */
  rememberUser(exchange: Pick<RefreshTokenExchange, 'hash'>, userId: string): void;
}

export function createRefreshTokenExchanger(upstreams: Upstreams): RefreshTokenExchanger {
  const users = new RefreshTokenUsers();
  /** By address and token. */
  const running = new Map<string, Promise<RefreshTokenExchange>>();
  const byOperation = new WeakMap<object, Map<string, Promise<RefreshTokenExchange>>>();

  async function start(
    client: UpstreamClient,
    tokenEndpoint: TokenEndpoint,
    refreshToken: string,
    refusedTokens: RefusedTokenStore,
  ): Promise<RefreshTokenExchange> {
    const hash = (token: string) => hashToken(client, tokenEndpoint, token);
    const given = hash(refreshToken);
    if (await refusedTokens.isRefused(given)) throw createRefusal();
    try {
      const { id_token, refresh_token } = await postRefreshToken(upstreams, client, tokenEndpoint, refreshToken);
      const rotated = typeof refresh_token === 'string' && refresh_token !== refreshToken ? refresh_token : null;
      return {
        idToken: typeof id_token === 'string' ? id_token : undefined,
        refreshToken: rotated,
        hash: rotated === null ? given : hash(rotated),
      };
    } catch (error) {
      if (!(error instanceof DelegationError) || error.details.upstreamCode !== 'invalid_grant') throw error;
      users.forget(given);
      await refusedTokens.rememberRefused(given);
      throw createRefusal();
    }
  }

  return {
    async exchange(context, client, refreshToken) {
      const { tokenEndpoint, clientId } = client;
      if (!tokenEndpoint) {
        throw new DelegationError('UNAUTHORIZED_CLIENT', 'The calling application may not use refresh tokens');
      }
      if (Buffer.byteLength(refreshToken) > MAX_TOKEN_BYTES) {
        throw new DelegationError('INVALID_REQUEST', `The refresh token is longer than ${MAX_TOKEN_BYTES} bytes`);
      }
      const owner = { tenant: context.tenant.name, clientId };
      const hash = hashToken(owner, tokenEndpoint, refreshToken);
      const key = `${context.ip} ${hash}`;
      const own = byOperation.get(context) ?? new Map<string, Promise<RefreshTokenExchange>>();
      byOperation.set(context, own);
      const findBegun = () => own.get(key) ?? running.get(key);
      const userId = users.find(hash);
      // The result of an exchange that has begun is not refused: the caller needs the rotated token.
      if (userId !== undefined && !findBegun()) await context.requireRemaining({ userId });
      let exchange = findBegun();
      if (!exchange) {
        exchange = start(owner, tokenEndpoint, refreshToken, context.refusedTokens).finally(() => running.delete(key));
        running.set(key, exchange);
      }
      own.set(key, exchange);
      return exchange;
    },
    rememberUser({ hash }, userId) {
      if (hash !== undefined) users.remember(hash, userId);
    },
  };
}

/** Hashes a refresh token with what it belongs to: it may be valid at another client or token endpoint. */
function hashToken({ tenant, clientId }: UpstreamClient, { url }: TokenEndpoint, refreshToken: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, clientId, url, refreshToken]))
    .digest('base64url');
}

async function postRefreshToken(
  upstreams: Upstreams,
  client: UpstreamClient,
  tokenEndpoint: TokenEndpoint,
  refreshToken: string,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await upstreams.call(client, {
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
  return readTokenAnswer(SERVICE, answer);
}

/** A refused refresh token is an error of the caller; any other refusal is one of the configuration. */
function createRefusal(): DelegationError {
  return new DelegationError('INVALID_TOKEN', 'The identity provider refused the refresh token (invalid_grant)');
}

/** @throws DelegationError UPSTREAM_UNAVAILABLE when the exchange gave no ID token */
export function requireIdToken({ idToken }: Pick<RefreshTokenExchange, 'idToken'>): string {
  if (idToken !== undefined) return idToken;
  throw unavailable(SERVICE, 'gave no id_token for the refresh token; its session lacks the scope openid');
}
