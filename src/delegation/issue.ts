import type { Credential } from '../addons/addon.js';
import { checkCredential } from '../addons/check-credential.js';
import { readInput } from '../addons/input.js';
import type { Spent } from '../rate-limit/delegation-limit.js';
import type { RateLimitStatus } from '../rate-limit/token-bucket.js';
import type { Grant } from './authorize.js';
import { selectScopedClaims } from './claims.js';
import type { DelegationContext, DelegationRequest } from './request.js';

/** A credential and the add-on that issued it. */
export interface IssuedCredential extends Credential {
  readonly apiType: string;
}

/**
 * Issues the credential of a grant. It takes the proof that a request was spent, so that nothing is issued without one.
 *
 * @throws DelegationError of the add-on
 */
export async function issue(
  { caller, target, apiType, addon, scope }: Grant,
  spent: Spent,
  {
    inputs,
    nowSeconds,
    tenant,
    deps,
    upstreams,
    signal,
  }: Pick<DelegationRequest, 'inputs'> &
    Pick<DelegationContext, 'tenant' | 'deps' | 'upstreams' | 'signal'> & { readonly nowSeconds: number },
): Promise<{ readonly credential: IssuedCredential; readonly rateLimit: RateLimitStatus }> {
  const { definition } = addon;
  const credential = await addon.issue({
    userId: caller.userId,
    claims: caller.claims,
    scopedClaims: selectScopedClaims(caller.claims, scope),
    callerClientId: caller.client.clientId,
    input: readInput(definition, definition.input && inputs[definition.input.field]),
    nowSeconds,
    deps,
    callUpstream: (call) => upstreams.call({ tenant: tenant.name, clientId: target.clientId }, { ...call, signal }),
  });
  checkCredential(definition, credential);
  return { credential: { ...credential, apiType }, rateLimit: spent.status };
}
