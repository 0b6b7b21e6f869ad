import { createHash } from 'node:crypto';
import type { Tenant } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import { DelegationError, type ErrorCode } from '../errors.js';
import type { Caller } from './verify-id-token.js';

/** What is known of a request before anything is verified. Client and target are recorded only if the tenant has them. */
export interface AuditSubject {
  readonly tenant: Tenant;
  readonly ip: string;
  readonly requestId: string;
  readonly clientId: string | null | undefined;
  readonly target: string | null | undefined;
  readonly apiType: string | null | undefined;
}

/** Collects what becomes known of one delegation, and writes its outcome as one JSON line. */
export interface AuditTrail {
  /** A token is recorded as its SHA-256. */
  token(token: string): void;
  caller(caller: Caller): void;
  succeeded(apiType: string): void;
  failed(error: unknown): void;
}

/** Begins the audit trail of one delegation. */
export function startAudit({ now, log }: Pick<Deps, 'now' | 'log'>, subject: AuditSubject): AuditTrail {
  const { tenant, ip, requestId } = subject;
  const started = now();
  let { clientId, apiType } = subject;
  let user: string | undefined;
  let tokenSha256: string | undefined;
  const write = (code: ErrorCode | undefined) => {
    const client = clientId == null ? undefined : tenant.clients.get(clientId);
    const target = subject.target == null ? client : tenant.clients.get(subject.target);
    log.info(
      {
        audit: auditType(code),
        tenant: tenant.name,
        client: client?.clientId,
        target: target?.clientId,
        apiType: apiType ?? target?.defaultApiType,
        user,
        tokenSha256,
        ip,
        requestId,
        durationMs: now() - started,
        code,
      },
      'delegation',
    );
  };
  return {
    token(token) {
      tokenSha256 = createHash('sha256').update(token).digest('base64url');
    },
    caller(caller) {
      clientId = caller.client.clientId;
      user = caller.userId;
    },
    succeeded(issued) {
      apiType = issued;
      write(undefined);
    },
    failed: (error) => write(error instanceof DelegationError ? error.code : 'INTERNAL'),
  };
}

/** Auth0's event codes: a delegation that succeeded, one that failed, one that the limit refused. */
function auditType(code: ErrorCode | undefined): 'sd' | 'fd' | 'limit_delegation' {
  if (code === undefined) return 'sd';
  return code === 'RATE_LIMITED' ? 'limit_delegation' : 'fd';
}
