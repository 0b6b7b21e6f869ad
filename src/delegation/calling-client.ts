import type { Client, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { type DecodedToken, invalidToken } from './decode-token.js';

/**
 * Finds the calling application that a request names; undefined when it names none.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT when the tenant has no such client
 */
export function findNamedClient(tenant: Tenant, clientId: string | undefined): Client | undefined {
  if (clientId === undefined) return undefined;
  const client = tenant.clients.get(clientId);
  if (!client) throw new DelegationError('UNAUTHORIZED_CLIENT', 'clientId names no application of this tenant');
  return client;
}

/**
 * Finds the application that a token was issued to: its only audience, or with several audiences its authorized party.
 * The token is not verified yet; the result only decides by whose rules it is verified.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT when the tenant has no such client, INVALID_TOKEN when the token names none
 */
export function findAudienceClient(tenant: Tenant, { claims: { aud, azp } }: DecodedToken): Client {
  const audiences = parseAudiences(aud);
  const clientId = audiences.length === 1 ? audiences[0] : azp;
  if (typeof clientId !== 'string') {
    throw invalidToken('it has several audiences, so its authorized party (azp) must name an application');
  }
  const client = tenant.clients.get(clientId);
  if (client) return client;
  throw new DelegationError(
    'UNAUTHORIZED_CLIENT',
    'No application of this tenant has the audience (aud) of the subject token as its client_id',
  );
}

/**
 * Reads an `aud` claim, which is a string or a list of strings (RFC 7519 §4.1.3).
 *
 * @throws DelegationError INVALID_TOKEN
 */
export function parseAudiences(aud: unknown): readonly string[] {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length > 0 && audiences.every((each) => typeof each === 'string')) return audiences;
  throw invalidToken('its audience (aud) must be a string or a list of strings');
}
