import type { RateLimitStatus } from '../rate-limit/token-bucket.js';
import { requireDelegationEnabled } from './authorize.js';
import { findAudienceClient } from './calling-client.js';
import { decodeToken, missingToken } from './decode-token.js';
import type { DelegationContext } from './request.js';
import { type Caller, verifyIdToken } from './verify-id-token.js';

/** A caller and its limit. */
export interface CallerView {
  readonly caller: Caller;
  readonly rateLimit: RateLimitStatus;
}

/**
 * Verifies an ID token and reads the limit of its user. Spends nothing and issues nothing, so the calling application need
 * not authenticate.
 *
 * @throws DelegationError as `delegate` does for the token
 */
export async function viewCaller(idToken: string | undefined, context: DelegationContext): Promise<CallerView> {
  requireDelegationEnabled(context);
  if (idToken === undefined) throw missingToken('There is no Authorization: Bearer header');
  const token = decodeToken(idToken);
  const nowSeconds = Math.floor(context.deps.now() / 1000);
  const verified = await verifyIdToken(token, findAudienceClient(context.tenant, token), { ...context, nowSeconds });
  const caller = { ...verified, authenticated: false };
  return { caller, rateLimit: await context.peekDelegations(caller) };
}
