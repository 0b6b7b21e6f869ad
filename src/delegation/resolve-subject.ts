import type { Client } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { checkGrantType } from './authorize.js';
import { invalidToken, missingToken } from './decode-token.js';
import type { RefreshTokenExchange } from './exchange-refresh-token.js';
import type { DelegationContext, SubjectToken } from './request.js';
import type { Caller } from './verify-id-token.js';

/** The ID token of a request, and the refresh token that came with it. */
export interface Subject extends RefreshTokenExchange {
  /** The issuer that the ID token must come from; undefined when any configured issuer will do. */
  readonly requiredIssuer: string | undefined;
}

/**
 * Turns the subject token into an ID token: exchanges a refresh token, and returns an ID token as it is.
 *
 * @param client the application that the request names
 * @throws DelegationError of the exchange; INVALID_TOKEN when there is no token; INVALID_REQUEST when a refresh token comes
 *   without clientId: a refresh token does not say whom it was issued to (RFC 6749 §1.5)
 */
export async function resolveSubject(
  client: Client | undefined,
  subjectToken: SubjectToken | undefined,
  context: Pick<DelegationContext, 'tenant' | 'ip' | 'refreshTokens' | 'refusedTokens' | 'requireRemaining'>,
): Promise<Subject> {
  if (!subjectToken) throw missingToken('There is no subjectToken, and no Authorization: Bearer header');
  const { type, token } = subjectToken;
  if (type === 'id_token') return { idToken: token, refreshToken: null, hash: undefined, requiredIssuer: undefined };
  if (!client) throw new DelegationError('INVALID_REQUEST', 'clientId is missing; a refresh token needs it');
  checkGrantType(client, type);
  const exchange = await context.refreshTokens.exchange(context, client, token);
  return { ...exchange, requiredIssuer: client.tokenEndpoint?.issuer };
}

/**
 * The ID token of an exchange must come from the issuer whose token endpoint was called.
 *
 * @throws DelegationError INVALID_TOKEN
 */
export function checkRequiredIssuer({ requiredIssuer }: Subject, { issuer }: Caller): void {
  if (requiredIssuer === undefined || issuer === requiredIssuer) return;
  throw invalidToken('its issuer (iss) is not the one whose token endpoint was called');
}
