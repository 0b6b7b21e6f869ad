import { DelegationError } from '../../errors.js';

/**
 * The refusal of a claim that a service could not take.
 *
 * @param claim its path, which the message names
 * @param expected continues the sentence "The claim … must …"
 */
export function unfitClaim(claim: string, expected: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', `The claim "${claim}" must ${expected}`);
}
