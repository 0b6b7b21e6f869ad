import type { Client } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import type { RateLimitStatus } from '../rate-limit/token-bucket.js';
import { listAllowedTargets, requireDelegationEnabled } from './authorize.js';
import { findAudienceClient } from './calling-client.js';
import { decodeToken } from './decode-token.js';
import { requireIdToken } from './exchange-refresh-token.js';
import type { DelegationContext, SubjectToken } from './request.js';
import { resolveSubject } from './resolve-subject.js';
import { type Caller, verifyIdToken } from './verify-id-token.js';

/** A caller, the targets that it may delegate to, and its limit. */
export interface CallerView {
  readonly caller: Caller;
  readonly targets: readonly Client[];
  readonly rateLimit: RateLimitStatus;
}

/**
 * Verifies an ID token and tells what its user may do. Spends nothing and issues nothing, so the calling application need
 * not authenticate.
 *
 * @throws DelegationError as `delegate` does for the token; INVALID_REQUEST for a refresh token, because the caller would
 *   lose it in the exchange
 */
export async function viewCaller(
  subjectToken: SubjectToken | undefined,
  context: DelegationContext,
): Promise<CallerView> {
  requireDelegationEnabled(context);
  if (subjectToken?.type === 'refresh_token') {
    throw new DelegationError(
      'INVALID_REQUEST',
      'subjectToken must be an idToken here, because an exchange could lose the refresh token',
    );
  }
  const token = decodeToken(requireIdToken(await resolveSubject(undefined, subjectToken, context)));
  const nowSeconds = Math.floor(context.deps.now() / 1000);
  const verified = await verifyIdToken(token, findAudienceClient(context.tenant, token), { ...context, nowSeconds });
  const caller = { ...verified, authenticated: false };
  return {
    caller,
    targets: listAllowedTargets(context.tenant, caller),
    rateLimit: await context.peekDelegations(caller),
  };
}
