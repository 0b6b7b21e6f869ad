import { DelegationError } from '../../errors.js';
import { type ClaimPath, readClaim } from './claim-path.js';

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
 * Reads the user's name at another service from the claims.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim if it is not a non-empty, well-formed string
 */
export function readUserName(claims: Readonly<Record<string, unknown>>, path: ClaimPath): string {
  const name = readClaim(claims, path);
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name;
  throw invalidClaim(path.text, 'be a non-empty string without lone surrogates');
}
