import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import type { Client, Issuer, Tenant } from '../config/tenant.js';
import { type Algorithm, ASYMMETRIC_ALGORITHMS } from '../keys/algorithms.js';
import type { RemoteKeySets } from '../keys/remote-jwks.js';
import { parseAudiences } from './calling-client.js';
import { type DecodedToken, invalidToken } from './decode-token.js';

/** Seconds by which clocks may differ. */
export const LEEWAY_SECONDS = 5;

/** The verified caller. The token itself is not passed on. */
export interface Caller {
  /** The user of the tenant: the subject prefix of the issuer followed by `sub`. */
  readonly userId: string;
  readonly issuer: string;
  /** The calling application, which the token was issued to. */
  readonly client: Client;
  /** Whether the calling application authenticated, by a secret or an assertion. */
  readonly authenticated: boolean;
  /** The claims of the token. `sub` and `user_id` are the user id. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Verifies an ID token for a calling application by the rules of its tenant.
 *
 * @throws DelegationError INVALID_TOKEN, whose message says which rule; UPSTREAM_UNAVAILABLE when the keys of the issuer
 *   cannot be fetched
 */
export async function verifyIdToken(
  token: DecodedToken,
  client: Client,
  {
    tenant,
    remoteKeys,
    nowSeconds,
  }: { readonly tenant: Tenant; readonly remoteKeys: RemoteKeySets; readonly nowSeconds: number },
): Promise<Omit<Caller, 'authenticated'>> {
  checkType(token);
  const issuer = findIssuer(tenant, token);
  await checkSignature(token, issuer, client, remoteKeys);
  checkAudience(token, client);
  checkTimes(token, nowSeconds);
  const userId = readUserId(token, issuer);
  return {
    userId,
    issuer: issuer.issuer,
    client,
    claims: { ...token.claims, sub: userId, user_id: userId },
  };
}

/** Only an ID token (RFC 8725 §3.11). Logout tokens have `events` (OpenID Connect Back-Channel Logout §2.4). */
function checkType({ header: { typ }, claims }: DecodedToken): void {
  if (typ !== undefined && (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== 'jwt')) {
    throw invalidToken('its type (typ) must be JWT, as in an ID token');
  }
  if (claims.events !== undefined) throw invalidToken('a logout token is not an ID token');
}

/** Compares `iss` exactly; it builds no URL (RFC 8725 §3.8). */
function findIssuer(tenant: Tenant, { claims: { iss } }: DecodedToken): Issuer {
  const issuer = typeof iss === 'string' ? tenant.issuers.get(iss) : undefined;
  if (!issuer) throw invalidToken('its issuer (iss) is not configured for this tenant');
  return issuer;
}

/**
 * Verifies the signature with an algorithm and a key of the configuration (RFC 8725 §3.1 and §3.10). `jwk`, `jku`, `x5c`
 * and `x5u` in the header are not read.
 */
async function checkSignature(
  { header, compact }: DecodedToken,
  issuer: Issuer,
  client: Client,
  remoteKeys: RemoteKeySets,
): Promise<void> {
  const pinned = pinnedAlgorithms(issuer, client);
  const alg = pinned.find((each) => each === header.alg);
  if (!alg) throw invalidToken(`its algorithm (alg) must be ${pinned.join(' or ') || 'one that its issuer lists'}`);
  const { kid } = header;
  if (kid !== undefined && typeof kid !== 'string') throw invalidToken('its key id (kid) must be a string');
  const keys = await findKeys(alg, kid, { issuer, client, remoteKeys });
  if (keys.length === 0) {
    throw invalidToken(
      kid === undefined
        ? 'it has no key id (kid), and its issuer does not have exactly one suitable key'
        : 'its issuer has no suitable key with its key id (kid)',
    );
  }
  for (const key of keys) if (await hasValidSignature(compact, key, alg)) return;
  throw invalidToken('its signature is not valid');
}

/** HS256 alone when both the issuer and the client say HS256; else the asymmetric algorithms of the issuer. */
function pinnedAlgorithms(issuer: Issuer, client: Client): readonly Algorithm[] {
  if (issuer.own) return [client.alg];
  if (issuer.algorithms.has('HS256') && client.alg === 'HS256') return ['HS256'];
  return ASYMMETRIC.filter((each) => issuer.algorithms.has(each));
}

export const ASYMMETRIC = Object.keys(ASYMMETRIC_ALGORITHMS) as (keyof typeof ASYMMETRIC_ALGORITHMS)[];

async function findKeys(
  alg: Algorithm,
  kid: string | undefined,
  { issuer, client, remoteKeys }: { issuer: Issuer; client: Client; remoteKeys: RemoteKeySets },
): Promise<readonly KeyObject[]> {
  if (alg === 'HS256') return client.secret ? [client.secret] : [];
  const source = issuer.jwksUri === undefined ? issuer.keys : remoteKeys(issuer.jwksUri);
  return source.find(alg, kid);
}

/** Verifies a signature with one key and one algorithm, both from the configuration. */
export async function hasValidSignature(compact: string, key: KeyObject, alg: Algorithm): Promise<boolean> {
  try {
    await compactVerify(compact, key, { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}

/** The token was issued to the calling application: RFC 7519 §4.1.3; for `azp`, OpenID Connect Core §3.1.3.7. */
function checkAudience({ claims: { aud, azp } }: DecodedToken, { clientId }: Client): void {
  const audiences = parseAudiences(aud);
  if (!audiences.includes(clientId)) {
    throw invalidToken(
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    );
  }
  if (azp !== undefined && typeof azp !== 'string') throw invalidToken('its authorized party (azp) must be a string');
  if (audiences.length > 1 && azp !== clientId) {
    throw invalidToken('it has several audiences, so its authorized party (azp) must be the calling application');
  }
}

/** RFC 7519 §4.1.4 to §4.1.6, with finite numbers only and no `iat` in the future. */
function checkTimes({ claims }: DecodedToken, nowSeconds: number): void {
  const { exp, iat, nbf } = claims;
  if (!isTime(exp)) throw invalidToken('its expiry (exp) must be a number');
  if (!isTime(iat)) throw invalidToken('its issue time (iat) must be a number');
  if (nbf !== undefined && !isTime(nbf)) throw invalidToken('its start (nbf) must be a number');
  if (nowSeconds >= exp + LEEWAY_SECONDS) throw invalidToken('it has expired (exp)');
  if (iat > nowSeconds + LEEWAY_SECONDS) throw invalidToken('it was issued in the future (iat)');
  if (nbf !== undefined && nbf > nowSeconds + LEEWAY_SECONDS) throw invalidToken('it is not valid yet (nbf)');
}

/** Whether a claim is a NumericDate: a finite number (RFC 7519 §2). */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Reads `sub` (RFC 7519 §4.1.2; at most 255 units, OpenID Connect Core §2) and makes it unique among the issuers. */
function readUserId({ claims: { sub } }: DecodedToken, issuer: Issuer): string {
  if (typeof sub !== 'string' || sub.length === 0 || sub.length > issuer.maxSubject) {
    throw invalidToken(`its subject (sub) must be a string of 1 to ${issuer.maxSubject} characters`);
  }
  if (/\p{Cc}/u.test(sub) || !sub.isWellFormed()) {
    throw invalidToken('its subject (sub) must not contain control characters or lone surrogates');
  }
  if (issuer.foreignPrefixes.some((prefix) => sub.startsWith(prefix))) {
    throw invalidToken('its subject (sub) begins with the subject prefix of another issuer');
  }
  return issuer.subjectPrefix + sub;
}
