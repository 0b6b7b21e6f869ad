import type { IssueRequest } from '../addon.js';
import { type ClaimPath, readClaim } from './claim-path.js';
import { unfitClaim } from './invalid-claim.js';

/**
 * The name by which another service knows the user, read from the claims.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim when it holds no name
 */
export function readUserName(claims: IssueRequest['claims'], path: ClaimPath): string {
  const name = readClaim(claims, path);
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return name;
  throw unfitClaim(path.text, 'give a user name, which is a string that is not empty and has no lone surrogates');
}
