import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Client } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { hasValidSignature } from '../keys/jws.js';
import { type DecodedToken, decodeToken, refuseToken, type TokenKind } from './decode-token.js';
import type { ClientAuthentication, DelegationContext, DelegationRequest } from './request.js';
import { ASYMMETRIC, isTime, LEEWAY_SECONDS } from './verify-id-token.js';

/** How far ahead an assertion may expire, in seconds: it is remembered for as long. */
const MAX_LIFETIME_SECONDS = 3_600;
const MAX_JTI_UNITS = 255;

/** `typ` of an assertion, where it has one (RFC 7519 §5.1; draft-ietf-oauth-rfc7523bis). */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'client-authentication+jwt']);

const CLIENT_ASSERTION: TokenKind = {
  name: 'client assertion',
  expected: 'a signed JWT',
  code: 'UNAUTHORIZED_CLIENT',
};

type AuthenticationContext = Pick<DelegationContext, 'tenant' | 'deps' | 'remoteKeys' | 'usedAssertions'>;

/**
 * Authenticates the calling application of a request, and refuses the request where its configuration demands more.
 *
 * @returns whether it authenticated
 * @throws DelegationError as `authenticateClient`; UNAUTHORIZED_CLIENT when it has to authenticate and did not
 */
export async function authenticateCaller(
  client: Client,
  { clientAuthentication, subjectToken }: Pick<DelegationRequest, 'clientAuthentication' | 'subjectToken'>,
  context: AuthenticationContext,
): Promise<boolean> {
  if (await authenticateClient(client, clientAuthentication, context)) return true;
  const { required, requiredForRefreshTokens } = client.authentication;
  if (required) {
    throw new DelegationError('UNAUTHORIZED_CLIENT', 'The calling application must authenticate');
  }
  if (requiredForRefreshTokens && subjectToken?.type === 'refresh_token') {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      'The calling application must authenticate when it sends a refresh token, because it has a secret',
    );
  }
  return false;
}

/**
 * Authenticates a client by its secret (RFC 6749 §2.3.1) or by a signed assertion (RFC 7523 §3).
 *
 * @returns true when it authenticated, false when it did not try
 * @throws DelegationError UNAUTHORIZED_CLIENT when the secret or the assertion is wrong, INVALID_REQUEST for an assertion
 *   over 16 KiB, UPSTREAM_UNAVAILABLE when the keys of the client cannot be fetched, or the store of
 *   used assertions does not answer
 */
export async function authenticateClient(
  client: Client,
  authentication: ClientAuthentication | undefined,
  context: AuthenticationContext,
): Promise<boolean> {
  if (!authentication) return false;
  if (authentication.type === 'secret') checkSecret(client, authentication.value);
  else await checkAssertion(client, authentication.value, context);
  return true;
}

/** Compares hashes, which have one length, in constant time, and with every secret of the client. */
function checkSecret({ authentication: { secretsSha256 } }: Client, secret: string): void {
  const given = createHash('sha256').update(secret).digest();
  const equal = secretsSha256.filter((each) => timingSafeEqual(each, given));
  if (equal.length > 0) return;
  throw new DelegationError('UNAUTHORIZED_CLIENT', 'The client secret is not one of the calling application');
}

async function checkAssertion(
  client: Client,
  compact: string,
  { tenant, deps, remoteKeys, usedAssertions }: AuthenticationContext,
): Promise<void> {
  const assertion = decodeToken(compact, CLIENT_ASSERTION);
  checkType(assertion);
  await checkSignature(assertion, client, remoteKeys);
  checkParties(assertion, client.clientId, tenant.issuer);
  // Read after the last wait but that for the store, so that an assertion is remembered for as long as it is accepted.
  const nowSeconds = Math.floor(deps.now() / 1000);
  const expirySeconds = checkTimes(assertion, nowSeconds);
  const jti = readJti(assertion);
  const untilSeconds = expirySeconds + LEEWAY_SECONDS;
  const use = await usedAssertions.use([tenant.name, client.clientId], jti, untilSeconds, nowSeconds);
  if (use === 'replayed') throw invalidAssertion('it was used before (jti)');
  if (use === 'full')
    throw invalidAssertion('too many assertions of its client have not expired; let them expire sooner');
}

/** RFC 8725 §3.11. */
function checkType({ header: { typ } }: DecodedToken): void {
  if (typ === undefined) return;
  if (typeof typ === 'string' && TYPES.has(typ.toLowerCase().replace(/^application\//, ''))) return;
  throw invalidAssertion('its type (typ) must be JWT or client-authentication+jwt');
}

/** Only keys of the client count, and only with the algorithms that fit them (RFC 8725 §3.1). HS256 is none of them. */
async function checkSignature(
  assertion: DecodedToken,
  { authentication: { keys, jwksUri } }: Client,
  remoteKeys: DelegationContext['remoteKeys'],
): Promise<void> {
  const { header } = assertion;
  const alg = ASYMMETRIC.find((each) => each === header.alg);
  if (!alg) throw invalidAssertion(`its algorithm (alg) must be ${ASYMMETRIC.join(', ')}`);
  const { kid } = header;
  if (kid !== undefined && typeof kid !== 'string') throw invalidAssertion('its key id (kid) must be a string');
  const source = jwksUri === undefined ? keys : remoteKeys(jwksUri);
  const found: readonly KeyObject[] = await source.find(alg, kid);
  if (found.length === 0) throw invalidAssertion('the calling application has no key that its alg and kid select');
  if (found.some((key) => hasValidSignature(assertion, key, alg))) return;
  throw invalidAssertion('its signature is not valid');
}

/** RFC 7523 §3, rules 1 to 3. The issuer of the tenant must be the only audience (draft-ietf-oauth-rfc7523bis). */
function checkParties({ claims: { iss, sub, aud } }: DecodedToken, clientId: string, audience: string): void {
  if (iss !== clientId) throw invalidAssertion('its issuer (iss) must be the client_id of the calling application');
  if (sub !== clientId) throw invalidAssertion('its subject (sub) must be the client_id of the calling application');
  const [only, ...others]: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (only !== audience || others.length > 0) {
    throw invalidAssertion('its audience (aud) must be the issuer of the tenant and nothing else');
  }
}

/**
 * RFC 7523 §3, rules 4 to 6.
 *
 * @returns `exp`, in epoch seconds
 */
function checkTimes({ claims: { exp, iat, nbf } }: DecodedToken, nowSeconds: number): number {
  const latest = nowSeconds + LEEWAY_SECONDS;
  if (!isTime(exp)) throw invalidAssertion('its expiry (exp) must be a number');
  if (nowSeconds >= exp + LEEWAY_SECONDS) throw invalidAssertion('it has expired (exp)');
  if (exp > latest + MAX_LIFETIME_SECONDS) {
    throw invalidAssertion(`its expiry (exp) must be at most ${MAX_LIFETIME_SECONDS} seconds ahead`);
  }
  if (iat !== undefined && !isTime(iat)) throw invalidAssertion('its issue time (iat) must be a number');
  if (iat !== undefined && iat > latest) throw invalidAssertion('it was issued in the future (iat)');
  if (nbf !== undefined && !isTime(nbf)) throw invalidAssertion('its start (nbf) must be a number');
  if (nbf !== undefined && nbf > latest) throw invalidAssertion('it is not valid yet (nbf)');
  return exp;
}

function readJti({ claims: { jti } }: DecodedToken): string {
  if (typeof jti === 'string' && jti.length > 0 && jti.length <= MAX_JTI_UNITS) return jti;
  throw invalidAssertion(`its id (jti) must be a string of 1 to ${MAX_JTI_UNITS} characters`);
}

function invalidAssertion(rule: string): DelegationError {
  return refuseToken(CLIENT_ASSERTION, rule);
}
