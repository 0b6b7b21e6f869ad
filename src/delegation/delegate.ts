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
  return context.deps.tracing.step('delegate', () => takeSteps(request, context));
}

async function takeSteps(request: DelegationRequest, context: DelegationContext): Promise<Delegation> {
  const { tenant, requestId, deps, remoteKeys, upstreams, connection } = context;
  const { step, annotate } = deps.tracing;
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
    authenticated = named && (await step('authenticate', () => authenticateCaller(named, request, context)));
    subject = await step('resolve subject', () => resolveSubject(named, request.subjectToken, context));
    const decoded = decodeToken(requireIdToken(subject));
    token = decoded;
    const nowSeconds = Math.floor(deps.now() / 1000);
    const client = named ?? findAudienceClient(tenant, decoded);
    authenticated ??= await step('authenticate', () => authenticateCaller(client, request, context));
    const verified = await step('verify', () => verifyIdToken(decoded, client, { tenant, remoteKeys, nowSeconds }));
    const known: Caller = { ...verified, authenticated };
    caller = known;
    checkRequiredIssuer(subject, known);
    context.refreshTokens.rememberUser(subject, known.userId);
    const taken = await step('take', () => context.takeDelegation(known));
    spent = taken;
    const grant = await step('authorize', () => authorize(tenant, known, request));
    const { inputs } = request;
    const surroundings = { inputs, tenant, deps, upstreams, connection, nowSeconds };
    const issued = await step('issue', () => issue(grant, taken, surroundings));
    delegation = { ...issued, refreshToken: subject.refreshToken, caller: known };
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
    const outcome = { token, caller, authenticated: authenticated ?? false, credential: delegation?.credential };
    const event = buildAuditEvent(request, context, { startedMs, ...outcome, refusal });
    context.audit.write(event);
    annotate({
      'delegation_gateway.tenant': event.tenant,
      'delegation_gateway.endpoint': event.endpoint,
      'delegation_gateway.api_type': event.apiType,
      'delegation_gateway.request_id': event.requestId,
    });
  }
}
