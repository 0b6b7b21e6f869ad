import type { Credential } from '../addons/addon.js';
import { checkCredential } from '../addons/check-credential.js';
import { readInput } from '../addons/input.js';
import { invalidClaim } from '../addons/shared/claim-checks.js';
import { readClaim } from '../addons/shared/claim-path.js';
import type { Spent } from '../rate-limit/delegation-limit.js';
import type { LimitStatus } from '../rate-limit/token-bucket.js';
import type { Grant } from './authorize.js';
import { buildChainClaims } from './chain.js';
import { selectKnownScope, selectScopedClaims } from './claims.js';
import type { DelegationContext, DelegationRequest } from './request.js';
import type { Caller } from './verify-id-token.js';

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
  { caller, target, apiType, addon, scope, chain, isRenewal }: Grant,
  spent: Spent,
  {
    inputs,
    nowSeconds,
    tenant,
    deps,
    upstreams,
    connection,
  }: Pick<DelegationRequest, 'inputs'> &
    Pick<DelegationContext, 'tenant' | 'deps' | 'upstreams' | 'connection'> & { readonly nowSeconds: number },
): Promise<{ readonly credential: IssuedCredential; readonly rateLimit: LimitStatus }> {
  const { definition } = addon;
  const renewsOwnToken = isRenewal && caller.isOwnToken;
  if (!renewsOwnToken) checkConfiguredClaims(addon, caller);
  const credential = await addon.issue({
    userId: caller.userId,
    claims: caller.claims,
    identity: caller.identity,
    scope: selectKnownScope(scope),
    scopedClaims: selectScopedClaims(caller.claims, scope),
    callerClientId: caller.client.clientId,
    chain: { claims: buildChainClaims(chain), expiresAt: chain.expiresAt },
    isRenewal: renewsOwnToken,
    input: readInput(definition, definition.input && inputs[definition.input.field]),
    nowSeconds,
    deps,
    callUpstream: (call) =>
      upstreams.call({ tenant: tenant.name, clientId: target.clientId }, { ...call, signal: connection.signal }),
  });
  checkCredential(definition, credential);
  return { credential: { ...credential, apiType }, rateLimit: spent.status };
}

/**
 * A claim that the configuration of an add-on reads must be in a token that the tenant signed: otherwise a user could shed
 * a restricting claim by renewing. In a token of an identity provider it must be there where the configuration requires it.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim
 */
function checkConfiguredClaims({ claimPaths }: Grant['addon'], { claims, isOwnToken }: Caller): void {
  const missing = claimPaths.find((path) => (isOwnToken || path.required) && readClaim(claims, path) === undefined);
  if (missing) throw invalidClaim(missing.text, 'be in the token: the configuration of the target reads it');
}
