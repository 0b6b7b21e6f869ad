import type { Issuer } from '../config/tenant.js';
import { type DecodedToken, invalidToken } from './decode-token.js';

/**
 * Checks that a token is an ID token (RFC 8725 §3.11 and §3.12). The header may say JWT or nothing. Tokens that the
 * tenant signed itself are of one kind, and their payload may have mapped claims of any name.
 *
 * @throws DelegationError INVALID_TOKEN that names the claim
 */
export function checkTokenKind({ header: { typ }, claims }: DecodedToken, { own }: Pick<Issuer, 'own'>): void {
  if (typ !== undefined && (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== 'jwt')) {
    throw invalidToken('its type (typ) must be JWT, as in an ID token');
  }
  // OpenID Connect Back-Channel Logout §2.4
  if (claims.events !== undefined) throw invalidToken('a logout token (events) is not an ID token');
  if (own) return;
  // Keycloak: ID, or Bearer in an access token
  if (claims.typ !== undefined && claims.typ !== 'ID')
    throw invalidToken('its claim typ must be ID, as in an ID token');
  // Amazon Cognito: id or access
  if (claims.token_use !== undefined && claims.token_use !== 'id') throw invalidToken('its claim token_use must be id');
  // Microsoft Entra ID: only access tokens have it
  if (claims.scp !== undefined) throw invalidToken('an access token (scp) is not an ID token');
  // RFC 7800 §3.1: only the holder of a key may use it, and no proof of that is checked here.
  if (claims.cnf !== undefined)
    throw invalidToken('it is bound to a key (cnf), and no proof of possession is supported');
}
