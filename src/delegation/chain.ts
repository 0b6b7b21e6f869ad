import type { Client, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { isRecord } from '../lib/json.js';
import { invalidToken } from './decode-token.js';

type Claims = Readonly<Record<string, unknown>>;

/** Claims that say how the user signed in. They are copied as the identity provider wrote them. */
const SIGN_IN_CLAIMS = ['auth_time', 'acr', 'amr'] as const;

/** The origin of a caller's token: the sign-in that it goes back to, and the applications that delegated since. */
export interface Chain {
  /** The issuer of the identity provider. */
  readonly idp: string;
  /** Epoch seconds at which the identity provider issued its token. */
  readonly startedAt: number;
  /** Epoch seconds after which no token of the chain is accepted. */
  readonly expiresAt: number;
  readonly signIn: Claims;
  /** The `client_id`s of the applications that delegated, the latest first. */
  readonly actors: readonly string[];
}

/**
 * Starts a chain with a token of an identity provider.
 *
 * @param claims with a verified `iss`, `iat` and `exp`
 */
export function startChain(
  { iss, iat, exp, ...claims }: Claims & { readonly iss: string; readonly iat: number; readonly exp: number },
  { maxAgeSeconds }: Tenant['chain'],
): Chain {
  const signIn = SIGN_IN_CLAIMS.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]);
  return {
    idp: iss,
    startedAt: iat,
    expiresAt: Math.max(exp, iat + maxAgeSeconds),
    signIn: Object.fromEntries(signIn),
    actors: [],
  };
}

/**
 * Reads the chain of a token that the tenant signed. Its identity provider must still be configured, and the chain must not
 * have expired.
 *
 * @throws DelegationError INVALID_TOKEN
 */
export function readChain(
  claims: Claims,
  { tenant, client, nowSeconds }: { readonly tenant: Tenant; readonly client: Client; readonly nowSeconds: number },
): Chain {
  const { idp, chain_iat: startedAt, chain_exp: expiresAt } = claims;
  if (typeof idp !== 'string' || !isTime(startedAt) || !isTime(expiresAt)) {
    throw invalidToken('it does not say where it comes from (idp, chain_iat, chain_exp)');
  }
  const issuer = tenant.issuers.get(idp);
  if (!issuer || issuer.own) throw invalidToken('its identity provider (idp) is not configured for this tenant');
  if (!client.issuers.has(idp)) {
    throw invalidToken('its identity provider (idp) is not among the issuers of the calling application');
  }
  if (issuer.tokensValidAfter !== undefined && startedAt < issuer.tokensValidAfter) {
    throw invalidToken('its chain began (chain_iat) before tokens_valid_after of its identity provider');
  }
  if (nowSeconds >= expiresAt) throw invalidToken('its chain has expired (chain_exp)');
  const signIn = SIGN_IN_CLAIMS.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]);
  return { idp, startedAt, expiresAt, signIn: Object.fromEntries(signIn), actors: readActors(claims.act) };
}

/** Reads the nested `act` claim (RFC 8693 §4.1), the outermost actor first. */
function readActors(act: unknown): readonly string[] {
  const actors: string[] = [];
  for (let each = act; each !== undefined; ) {
    if (!isRecord(each) || typeof each.sub !== 'string')
      throw invalidToken('its actor (act) must be an object with sub');
    actors.push(each.sub);
    each = each.act;
  }
  return actors;
}

/**
 * Adds the calling application to a chain. When it is the outermost already, it is not added again.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT when the chain would have more applications than the tenant allows
 */
export function extendChain(chain: Chain, client: Client, limit: Tenant['chain']): Chain {
  if (hasRoom(chain, client, limit)) return { ...chain, actors: addActor(chain, client) };
  throw new DelegationError(
    'UNAUTHORIZED_CLIENT',
    `The token was delegated by as many applications as the tenant allows (${limit.maxDepth})`,
  );
}

/** Whether the calling application may be added to a chain. */
export function hasRoom(chain: Chain, client: Client, { maxDepth }: Tenant['chain']): boolean {
  return addActor(chain, client).length <= maxDepth;
}

function addActor({ actors }: Chain, { clientId }: Client): readonly string[] {
  return actors[0] === clientId ? actors : [clientId, ...actors];
}

/** The claims of a chain in an app token. */
export function buildChainClaims({ idp, startedAt, expiresAt, signIn, actors }: Chain): Record<string, unknown> {
  const act = actors.reduceRight<Record<string, unknown> | undefined>(
    (inner, sub) => ({ sub, ...(inner && { act: inner }) }),
    undefined,
  );
  return { ...signIn, idp, chain_iat: startedAt, chain_exp: expiresAt, ...(act && { act }) };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
