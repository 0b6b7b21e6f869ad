import type { DelegationError, ErrorCode } from '../errors.js';
import { maskUnexpected } from '../observability/unexpected-error.js';
import type { Spent } from '../rate-limit/delegation-limit.js';
import type { LimitStatus } from '../rate-limit/token-bucket.js';
import { buildAuditEvent } from './audit-event.js';
import { authenticateCaller } from './authenticate-client.js';
import { authorize, requireDelegationEnabled } from './authorize.js';
import { findAudienceClient, findNamedClient } from './calling-client.js';
import { type DecodedToken, decodeToken } from './decode-token.js';
import { requireIdToken } from './exchange-refresh-token.js';
import { type IssuedCredential, issue } from './issue.js';
import type { DelegationContext, DelegationRequest } from './request.js';
import { checkRequiredIssuer, resolveSubject, type Subject } from './resolve-subject.js';
import { type Caller, verifyIdToken } from './verify-id-token.js';

const UPSTREAM_CODES: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_UNAVAILABLE']);

/** The outcome of a delegation. */
export interface Delegation {
  readonly credential: IssuedCredential;
  /** The limit of the user after this request. */
  readonly rateLimit: LimitStatus;
  /** The new refresh token when the identity provider rotated the one that was given. */
  readonly refreshToken: string | null;
  readonly caller: Caller;
}

/**
 * Trades a user's token for the credential of another service. Every outcome writes one audit event before it is answered.
 *
 * @throws DelegationError with the rate-limit status once a request was spent, and with the refresh token once it was
 *   rotated; unexpected errors are logged and masked
 */
export async function delegate(request: DelegationRequest, context: DelegationContext): Promise<Delegation> {
  const { tenant, requestId, deps, remoteKeys, upstreams, connection } = context;
  const startedMs = deps.now();
  let subject: Subject | undefined;
  let token: DecodedToken | undefined;
  let caller: Caller | undefined;
  let authenticated: boolean | undefined;
  let spent: Spent | undefined;
  let delegation: Delegation | undefined;
  let refusal: DelegationError | undefined;
  try {
    requireDelegationEnabled(context);
    const named = findNamedClient(tenant, request.clientId);
    // Before the exchange and the limit: without authentication nothing reaches the identity provider or costs the user.
    authenticated = named && (await authenticateCaller(named, request, context));
    subject = await resolveSubject(named, request.subjectToken, context);
    token = decodeToken(requireIdToken(subject));
    const nowSeconds = Math.floor(deps.now() / 1000);
    const client = named ?? findAudienceClient(tenant, token);
    authenticated ??= await authenticateCaller(client, request, context);
    caller = { ...(await verifyIdToken(token, client, { tenant, remoteKeys, nowSeconds })), authenticated };
    checkRequiredIssuer(subject, caller);
    context.refreshTokens.rememberUser(subject, caller.userId);
    spent = await context.takeDelegation(caller);
    const grant = authorize(tenant, caller, request);
    const { inputs } = request;
    const issued = await issue(grant, spent, { inputs, tenant, deps, upstreams, connection, nowSeconds });
    delegation = { ...issued, refreshToken: subject.refreshToken, caller };
    return delegation;
  } catch (error) {
    refusal = maskUnexpected(error, deps.log, requestId).with({
      ...(spent && { rateLimit: spent.status }),
      ...(subject?.refreshToken != null && { refreshToken: subject.refreshToken }),
    });
    if (UPSTREAM_CODES.has(refusal.code)) {
      const { code, message, details } = refusal;
      deps.log.warn({ requestId, code, reason: message, cause: details.cause }, 'an upstream service failed');
    }
    throw refusal;
  } finally {
    const known = { token, caller, authenticated: authenticated ?? false, credential: delegation?.credential };
    context.audit.write(buildAuditEvent(request, context, { startedMs, ...known, refusal }));
  }
}
