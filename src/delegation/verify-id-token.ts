import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import type { Client, Issuer, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { type Algorithm, ASYMMETRIC_ALGORITHMS } from '../keys/algorithms.js';
import type { RemoteKeySets } from '../keys/remote-jwks.js';
import { type DecodedToken, decodeToken, invalidToken } from './decode-token.js';

/** Seconds by which clocks may differ. */
const LEEWAY = 5;

/** Who asks, after every rule has held. The token itself goes no further than here. */
export interface Caller {
  /** The user of the tenant: the issuer's subject prefix and `sub`. */
  readonly userId: string;
  readonly issuer: string;
  /** The application that the token was made for. */
  readonly client: Client;
  /** The token's claims, with `sub` and `user_id` being the user id. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * The calling application: the one that the request names, or the one that the token was made for. Nothing is verified
 * here; it only decides by whose rules the token is judged.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT when the tenant has no such client; without a clientId, INVALID_TOKEN for
 *   a token that no client could use, and INVALID_REQUEST for one over 16 KiB
 */
export function callingClient(tenant: Tenant, clientId: string | null | undefined, token: string): Client {
  const client = tenant.clients.get(clientId ?? clientIdOf(decodeToken(token)));
  if (client) return client;
  const what = clientId == null ? 'The subject token was made for' : 'clientId names';
  throw new DelegationError('UNAUTHORIZED_CLIENT', `${what} no application of this tenant`);
}

/** The application that a token was made for: its only audience, or with several its authorized party. */
function clientIdOf({ claims: { aud, azp } }: DecodedToken): string {
  const audiences = audiencesOf(aud);
  const named = audiences.length === 1 ? audiences[0] : azp;
  if (typeof named === 'string') return named;
  throw invalidToken('its authorized party (azp) must name an application, because it has several audiences');
}

function audiencesOf(aud: unknown): readonly string[] {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length > 0 && audiences.every((each) => typeof each === 'string')) return audiences as string[];
  throw invalidToken('its audience (aud) must be a string or a list of strings');
}

/**
 * Verifies a subject token for a calling application by the rules of its tenant.
 *
 * @param now epoch seconds
 * @throws DelegationError INVALID_TOKEN, whose message says which rule; INVALID_REQUEST over 16 KiB;
 *   UPSTREAM_UNAVAILABLE when the issuer's keys cannot be had
 */
export async function verifyCaller(
  tenant: Tenant,
  client: Client,
  token: string,
  now: number,
  remoteKeys: RemoteKeySets,
): Promise<Caller> {
  const decoded = decodeToken(token);
  checkType(decoded);
  const issuer = issuerOf(tenant, decoded);
  await checkSignature(decoded, token, issuer, client, remoteKeys);
  checkAudience(decoded, client);
  checkTimes(decoded, now);
  const userId = userIdOf(decoded, issuer);
  return {
    userId,
    issuer: issuer.issuer,
    client,
    claims: { ...decoded.claims, sub: userId, user_id: userId },
  };
}

/** An ID token and nothing else: RFC 8725 §3.11; logout tokens carry `events` (OpenID Connect Back-Channel Logout §2.4). */
function checkType({ header: { typ }, claims }: DecodedToken): void {
  if (typ !== undefined && (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== 'jwt')) {
    throw invalidToken('its typ must be JWT, as an ID token has it');
  }
  if (claims.events !== undefined) throw invalidToken('a logout token is not an ID token');
}

/** `iss` by exact equality, and it builds no URL (RFC 8725 §3.8). */
function issuerOf(tenant: Tenant, { claims: { iss } }: DecodedToken): Issuer {
  const issuer = typeof iss === 'string' ? tenant.issuers.get(iss) : undefined;
  if (!issuer) throw invalidToken('its issuer (iss) is not one of this tenant');
  return issuer;
}

/**
 * The algorithm is pinned by configuration (RFC 8725 §3.1): HS256 with the client's secret where both the issuer and the
 * client say so, and nothing else there; otherwise the issuer's asymmetric algorithms. Keys come from configuration,
 * whatever `jwk`, `jku`, `x5c` or `x5u` say (RFC 8725 §3.10).
 */
async function checkSignature(
  { header }: DecodedToken,
  token: string,
  issuer: Issuer,
  client: Client,
  remoteKeys: RemoteKeySets,
): Promise<void> {
  const pinned = pinnedAlgorithms(issuer, client);
  const alg = pinned.find((each) => each === header.alg);
  if (!alg)
    throw invalidToken(`its algorithm (alg) must be ${pinned.join(' or ') || 'one that the issuer is configured for'}`);
  if (header.kid !== undefined && typeof header.kid !== 'string')
    throw invalidToken('its key id (kid) must be a string');
  const source = issuer.jwksUri === undefined ? issuer.keys : remoteKeys(issuer.jwksUri);
  const keys = alg === 'HS256' ? (client.secret ? [client.secret] : []) : await source.find(alg, header.kid);
  if (keys.length === 0) {
    throw invalidToken(
      header.kid === undefined
        ? 'it names no key (kid), and its issuer has not exactly one that fits'
        : 'no key of its issuer fits its key id (kid)',
    );
  }
  for (const key of keys) if (await verifies(token, key, alg)) return;
  throw invalidToken('its signature does not verify');
}

function pinnedAlgorithms(issuer: Issuer, client: Client): readonly Algorithm[] {
  if (issuer.own) return [client.alg];
  if (issuer.algorithms.has('HS256') && client.alg === 'HS256') return ['HS256'];
  return (Object.keys(ASYMMETRIC_ALGORITHMS) as Algorithm[]).filter((each) => issuer.algorithms.has(each));
}

async function verifies(token: string, key: KeyObject, alg: Algorithm): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}

/** The token was made for the calling application (RFC 7519 §4.1.3); with several audiences `azp` says so too (OpenID Connect Core §3.1.3.7). */
function checkAudience({ claims: { aud, azp } }: DecodedToken, client: Client): void {
  const audiences = audiencesOf(aud);
  if (!audiences.includes(client.clientId)) throw invalidToken('its audience (aud) must hold the calling clientId');
  if (azp !== undefined && typeof azp !== 'string') throw invalidToken('its authorized party (azp) must be a string');
  if (audiences.length > 1 && azp !== client.clientId) {
    throw invalidToken('its authorized party (azp) must be the calling clientId, because it has several audiences');
  }
}

/** RFC 7519 §4.1.4 to §4.1.6, with finite numbers only, and nothing from the future. */
function checkTimes({ claims }: DecodedToken, now: number): void {
  const { exp, iat, nbf } = claims;
  if (!isTime(exp)) throw invalidToken('its expiry (exp) must be a number');
  if (!isTime(iat)) throw invalidToken('its issue time (iat) must be a number');
  if (nbf !== undefined && !isTime(nbf)) throw invalidToken('its start (nbf) must be a number');
  if (now >= exp + LEEWAY) throw invalidToken('it has expired (exp)');
  if (iat > now + LEEWAY) throw invalidToken('it was issued in the future (iat)');
  if (nbf !== undefined && nbf > now + LEEWAY) throw invalidToken('it is not valid yet (nbf)');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** `sub` (RFC 7519 §4.1.2, at most 255 units by OpenID Connect Core §2), made unique among the tenant's issuers. */
function userIdOf({ claims: { sub } }: DecodedToken, issuer: Issuer): string {
  if (typeof sub !== 'string' || sub.length === 0 || sub.length > issuer.maxSubject) {
    throw invalidToken(`its subject (sub) must be a string of 1 to ${issuer.maxSubject} characters`);
  }
  if (/\p{Cc}/u.test(sub) || !sub.isWellFormed()) {
    throw invalidToken('its subject (sub) must not hold control characters or lone surrogates');
  }
  if (issuer.foreignPrefixes.some((prefix) => sub.startsWith(prefix))) {
    throw invalidToken("its subject (sub) begins with another issuer's subject prefix");
  }
  return issuer.subjectPrefix + sub;
}
