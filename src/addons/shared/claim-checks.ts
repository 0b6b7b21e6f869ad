import { DelegationError } from '../../errors.js';
import type { ClaimPath } from './claim-path.js';

/**
 * The claims of a verified token that may name its user at another service. Which of them are believed depends on the
 * issuer of the token, so add-ons read a user name only through it.
 */
export interface IdentityClaims {
  /**
   * Reads a claim path; undefined if it leads nowhere.
   *
   * @throws DelegationError INVALID_REQUEST that names the claim if the token is not believed in it
   */
  read(path: ClaimPath): unknown;
}

/**
 * The error for a claim that the service would not accept.
 *
 * @param claim its path, which the message names
 * @param expected continues the sentence "The claim … must …"; never the value
 */
export function invalidClaim(claim: string, expected: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', `The claim "${claim}" must ${expected}`);
}

/**
 * Reads the user's name at another service.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim if it is not believed, or not a non-empty, well-formed string
 */
export function readUserName(identity: IdentityClaims, path: ClaimPath): string {
  const name = identity.read(path);
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name;
  throw invalidClaim(path.text, 'be a non-empty string without lone surrogates');
}
