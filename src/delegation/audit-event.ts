import { createHash } from 'node:crypto';
import type { DelegationError, ErrorCode } from '../errors.js';
import type { RefusedAttempts } from '../rate-limit/refused-attempts.js';
import { resolveTarget } from './authorize.js';
import type { DelegationContext, DelegationRequest } from './request.js';
import type { Caller } from './verify-id-token.js';

/** One outcome, as it is logged. It names only clients and targets of the tenant, and a user only when verified. */
export interface AuditEvent {
  /** Auth0's event codes: a successful delegation, a failed one, one that a limit refused. */
  readonly audit: 'sd' | 'fd' | 'limit_delegation';
  readonly tenant: string;
  readonly client?: string | undefined;
  /** Whether the calling application authenticated. */
  readonly authenticated?: boolean;
  readonly target?: string | undefined;
  readonly apiType?: string | undefined;
  readonly user?: string | undefined;
  /** The applications that delegated: the calling one first, then the earlier ones. */
  readonly actors?: readonly string[] | undefined;
  /** The SHA-256 of the subject token, base64url. */
  readonly tokenSha256?: string | undefined;
  readonly ip: string;
  /** Of the guard's refusals, the id of the first request. */
  readonly requestId: string;
  readonly durationMs?: number;
  /** How many attempts the guard refused within the minute. */
  readonly attempts?: number;
  readonly code?: ErrorCode | undefined;
}

/** What became known of a delegation. */
export interface DelegationOutcome {
  readonly caller: Caller | undefined;
  readonly authenticated: boolean;
  readonly durationMs: number;
  /** Undefined when the delegation succeeded. */
  readonly refusal: DelegationError | undefined;
}

/** Builds the audit event of one delegation. */
export function buildAuditEvent(
  request: DelegationRequest,
  { tenant, ip, requestId }: Pick<DelegationContext, 'tenant' | 'ip' | 'requestId'>,
  { caller, authenticated, durationMs, refusal }: DelegationOutcome,
): AuditEvent {
  const named = request.clientId === undefined ? undefined : tenant.clients.get(request.clientId);
  const client = caller?.client ?? named;
  const { target, apiType } = resolveTarget(tenant, client, request);
  return {
    audit: chooseEventCode(refusal?.code),
    tenant: tenant.name,
    client: client?.clientId,
    authenticated,
    target: target?.clientId,
    apiType,
    user: caller?.userId,
    actors: caller && [...new Set([caller.client.clientId, ...caller.chain.actors])],
    tokenSha256: request.subjectToken && createHash('sha256').update(request.subjectToken.token).digest('base64url'),
    ip,
    requestId,
    durationMs,
    code: refusal?.code,
  };
}

/**
 * Builds the audit event of the attempts that the guard refused to one address within a minute. No token was read, so it
 * names no user.
 */
export function buildGuardAuditEvent({ tenant, ip, requestId, attempts }: RefusedAttempts): AuditEvent {
  return { audit: 'limit_delegation', tenant: tenant.name, ip, requestId, attempts, code: 'RATE_LIMITED' };
}

function chooseEventCode(code: ErrorCode | undefined): AuditEvent['audit'] {
  if (code === undefined) return 'sd';
  return code === 'RATE_LIMITED' ? 'limit_delegation' : 'fd';
}
