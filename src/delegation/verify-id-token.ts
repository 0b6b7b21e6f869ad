import type { KeyObject } from 'node:crypto';
import type { IdentityClaims } from '../addons/shared/claim-checks.js';
import type { Client, Issuer, Tenant } from '../config/tenant.js';
import { type Algorithm, ASYMMETRIC_ALGORITHMS } from '../keys/algorithms.js';
import { hasValidSignature } from '../keys/jws.js';
import type { RemoteKeySets } from '../keys/remote-jwks.js';
import { parseAudiences } from './calling-client.js';
import { type Chain, readChain, startChain } from './chain.js';
import { type DecodedToken, invalidToken } from './decode-token.js';
import { createIdentityClaims } from './identity-claims.js';
import { checkTokenKind } from './token-kind.js';

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
  /** The sign-in that the token goes back to, and the applications that delegated since. */
  readonly chain: Chain;
  /** Whether the tenant signed the token itself. */
  readonly isOwnToken: boolean;
  /** Whether the token was issued to the calling application alone. */
  readonly isSoleAudience: boolean;
  /** The claims that may name the user at another service. */
  readonly identity: IdentityClaims;
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
  const issuer = findIssuer(tenant, client, token);
  checkTokenKind(token, issuer);
  await checkSignature(token, issuer, client, remoteKeys);
  const audiences = checkAudience(token, issuer, client);
  const { exp, iat } = checkTimes(token, issuer, nowSeconds);
  const chain = issuer.own
    ? readChain(token.claims, { tenant, client, nowSeconds })
    : startChain({ ...token.claims, iss: issuer.issuer, iat, exp }, tenant.chain);
  const userId = readUserId(token, issuer);
  if (tenant.deniedSubjects.has(userId)) throw invalidToken('its user is among the denied_subjects of the tenant');
  const claims = { ...token.claims, sub: userId, user_id: userId };
  return {
    userId,
    issuer: issuer.issuer,
    client,
    claims,
    chain,
    isOwnToken: issuer.own,
    isSoleAudience: audiences.length === 1,
    identity: createIdentityClaims(claims, {
      identityClaims: tenant.issuers.get(chain.idp)?.identityClaims ?? new Set(),
      requireVerifiedEmail: tenant.requireVerifiedEmail,
    }),
  };
}

/** Compares `iss` exactly; it builds no URL (RFC 8725 §3.8). An application may not send tokens of every issuer. */
function findIssuer(tenant: Tenant, client: Client, { claims: { iss } }: DecodedToken): Issuer {
  const issuer = typeof iss === 'string' ? tenant.issuers.get(iss) : undefined;
  if (!issuer) throw invalidToken('its issuer (iss) is not configured for this tenant');
  if (!issuer.own && !client.issuers.has(issuer.issuer)) {
    throw invalidToken('its issuer (iss) is not among the issuers of the calling application');
  }
  return issuer;
}

/**
 * Verifies the signature with an algorithm and a key of the configuration (RFC 8725 §3.1 and §3.10). `jwk`, `jku`, `x5c`
 * and `x5u` in the header are not read.
 */
async function checkSignature(
  token: DecodedToken,
  issuer: Issuer,
  client: Client,
  remoteKeys: RemoteKeySets,
): Promise<void> {
  const { header } = token;
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
  if (keys.some((key) => hasValidSignature(token, key, alg))) return;
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
  if (alg === 'HS256') return client.secrets;
  const source = issuer.jwksUri === undefined ? issuer.keys : remoteKeys(issuer.jwksUri);
  return source.find(alg, kid);
}

/**
 * The token was issued to the calling application: RFC 7519 §4.1.3; for `azp`, OpenID Connect Core §3.1.3.7. In tokens
 * that the tenant signed `azp` is the application that they were delegated from.
 */
function checkAudience(
  { claims: { aud, azp } }: DecodedToken,
  { own }: Issuer,
  { clientId, trustedAzp }: Client,
): readonly string[] {
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
  if (!own && azp !== undefined && azp !== clientId && !trustedAzp.has(azp)) {
    throw invalidToken('its authorized party (azp) must be the calling application or among its trusted_azp');
  }
  return audiences;
}

/** RFC 7519 §4.1.4 to §4.1.6, with finite numbers only and no `iat` in the future; no token that was withdrawn. */
function checkTimes(
  { claims }: DecodedToken,
  { own, tokensValidAfter }: Issuer,
  nowSeconds: number,
): { readonly exp: number; readonly iat: number } {
  const { exp, iat, nbf } = claims;
  if (!isTime(exp)) throw invalidToken('its expiry (exp) must be a number');
  if (!isTime(iat)) throw invalidToken('its issue time (iat) must be a number');
  if (nbf !== undefined && !isTime(nbf)) throw invalidToken('its start (nbf) must be a number');
  if (nowSeconds >= exp + LEEWAY_SECONDS) throw invalidToken('it has expired (exp)');
  if (iat > nowSeconds + LEEWAY_SECONDS) throw invalidToken('it was issued in the future (iat)');
  if (nbf !== undefined && nbf > nowSeconds + LEEWAY_SECONDS) throw invalidToken('it is not valid yet (nbf)');
  if (tokensValidAfter !== undefined && iat < tokensValidAfter) {
    throw invalidToken(`it was issued before tokens_valid_after of ${own ? 'the tenant' : 'its issuer'}`);
  }
  return { exp, iat };
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
