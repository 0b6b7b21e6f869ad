import { hash } from 'node:crypto';
import type { DelegationError, ErrorCode } from '../errors.js';
import { escapeInvisible } from '../lib/invisible-characters.js';
import type { RefusedAttempts } from '../rate-limit/refused-attempts.js';
import { resolveTarget } from './authorize.js';
import type { DecodedToken } from './decode-token.js';
import type { IssuedCredential } from './issue.js';
import type { DelegationContext, DelegationRequest } from './request.js';
import type { Caller } from './verify-id-token.js';

/** One outcome. It names only clients and targets of the tenant, and a user only when the token was verified. */
export interface AuditEvent {
  /** Auth0's event codes: a successful delegation, a failed one, one that a limit refused. */
  readonly audit: 'sd' | 'fd' | 'limit_delegation';
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly endpoint: string;
  readonly tenant: string;
  readonly client?: string | undefined;
  /** Whether the calling application authenticated. */
  readonly authenticated?: boolean;
  readonly target?: string | undefined;
  readonly apiType?: string | undefined;
  readonly user?: string | undefined;
  readonly issuer?: string | undefined;
  /** The applications that delegated: the calling one first, then the earlier ones. */
  readonly actors?: readonly string[] | undefined;
  readonly ip: string;
  /** Of the guard's refusals, the id of the first request. */
  readonly requestId: string;
  readonly durationMs?: number;
  /** How many attempts the guard refused within the minute. */
  readonly attempts?: number;
  /** The code and the message that the caller got. */
  readonly code?: ErrorCode | undefined;
  readonly message?: string | undefined;
  /** The error code of an upstream service. */
  readonly upstreamCode?: string | undefined;
  readonly issued?: Readonly<Record<string, string | null>> | undefined;
  /** The SHA-256 of the subject token, base64url. */
  readonly tokenSha256?: string | undefined;
  /** What a token says that did not verify. Anybody may have written it. */
  readonly claimed?: ClaimedOrigin | undefined;
}

/** How the answer of an old endpoint and that of this gateway differ. It names places, and no value. */
export interface ShadowEvent
  extends Pick<AuditEvent, 'time' | 'endpoint' | 'tenant' | 'ip' | 'requestId' | 'tokenSha256'> {
  readonly audit: 'shadow';
  readonly client?: string | undefined;
  readonly target?: string | undefined;
  /** Whose answer the caller got. */
  readonly answered: 'old' | 'new';
  /** HTTP status of each answer; undefined where there was none. */
  readonly oldStatus?: number | undefined;
  readonly newStatus: number;
  /** Where they differ otherwise than any two answers of two issuers do: `id_token.claims.role`. */
  readonly differences?: readonly string[] | undefined;
  /** Why the answers were not compared. */
  readonly problem?: string | undefined;
}

/** What a shadowed request led to. */
export type ShadowOutcome = Pick<ShadowEvent, 'answered' | 'oldStatus' | 'newStatus' | 'differences' | 'problem'>;

/** Builds the event of a request that an old endpoint got as well. */
export function buildShadowEvent(
  request: DelegationRequest,
  { tenant, deps, endpoint, ip, requestId }: Pick<DelegationContext, 'tenant' | 'deps' | keyof Origin>,
  outcome: ShadowOutcome,
): ShadowEvent {
  const client = request.clientId === undefined ? undefined : tenant.clients.get(request.clientId);
  return {
    audit: 'shadow',
    time: new Date(deps.now()).toISOString(),
    endpoint,
    tenant: tenant.name,
    ip,
    requestId,
    client: client?.clientId,
    target: resolveTarget(tenant, client, request).target?.clientId,
    tokenSha256: request.subjectToken && hash('sha256', request.subjectToken.token, 'base64url'),
    ...outcome,
  };
}

/** Where a token says that it comes from. Only strings are kept, each of at most 256 characters. */
export interface ClaimedOrigin {
  readonly iss?: string | undefined;
  /** Several audiences are separated by spaces. */
  readonly aud?: string | undefined;
  readonly kid?: string | undefined;
}

/** What became known of a delegation. */
export interface DelegationOutcome {
  /** Epoch milliseconds. */
  readonly startedMs: number;
  readonly token: DecodedToken | undefined;
  readonly caller: Caller | undefined;
  readonly authenticated: boolean;
  /** Undefined when the delegation was refused. */
  readonly credential: IssuedCredential | undefined;
  /** Undefined when the delegation succeeded. */
  readonly refusal: DelegationError | undefined;
}

/** Where a request came from. */
interface Origin {
  readonly tenant: { readonly name: string };
  readonly endpoint: string;
  readonly ip: string;
  readonly requestId: string;
}

const MAX_CLAIMED = 256;
/** Characters of a value in `issued`. What an upstream granted may be long. */
const MAX_ISSUED = 1024;

/** Builds the audit event of one delegation. */
export function buildAuditEvent(
  request: DelegationRequest,
  context: Pick<DelegationContext, 'tenant' | 'deps' | keyof Origin>,
  { startedMs, token, caller, authenticated, credential, refusal }: DelegationOutcome,
): AuditEvent {
  const { tenant, deps, endpoint, ip, requestId } = context;
  const named = request.clientId === undefined ? undefined : tenant.clients.get(request.clientId);
  const client = caller?.client ?? named;
  const { target, apiType } = resolveTarget(tenant, client, request);
  const endedMs = deps.now();
  return {
    // As beginEvent, without the cost of a spread.
    audit: chooseEventCode(refusal?.code),
    time: new Date(endedMs).toISOString(),
    endpoint,
    tenant: tenant.name,
    ip,
    requestId,
    client: client?.clientId,
    authenticated,
    target: target?.clientId,
    apiType,
    user: caller?.userId,
    issuer: caller?.issuer,
    actors: caller && [...new Set([caller.client.clientId, ...caller.chain.actors])],
    durationMs: endedMs - startedMs,
    code: refusal?.code,
    message: refusal?.message,
    upstreamCode: refusal?.details.upstreamCode,
    issued: credential && describeIssued(credential),
    tokenSha256: request.subjectToken && hash('sha256', request.subjectToken.token, 'base64url'),
    claimed: caller || !token ? undefined : readClaimedOrigin(token),
  };
}

/** Builds the audit event of a request that does not say what to delegate, such as one without required parameters. */
export function buildUnreadableAuditEvent(
  context: Pick<DelegationContext, 'deps' | keyof Origin>,
  { code, message }: DelegationError,
): AuditEvent {
  return { ...beginEvent(code, context, context.deps.now()), code, message };
}

/**
 * Builds the audit event of the attempts that the guard refused to one address within a minute. No token was read, so it
 * names no user.
 */
export function buildGuardAuditEvent(refused: RefusedAttempts): AuditEvent {
  const { attempts, code, message, reportedMs } = refused;
  return { ...beginEvent(code, refused, reportedMs), attempts, code, message };
}

/** What every event has. */
function beginEvent(code: ErrorCode | undefined, { tenant, endpoint, ip, requestId }: Origin, timeMs: number) {
  const time = new Date(timeMs).toISOString();
  return { audit: chooseEventCode(code), time, endpoint, tenant: tenant.name, ip, requestId };
}

function chooseEventCode(code: ErrorCode | undefined): AuditEvent['audit'] {
  if (code === undefined) return 'sd';
  return code === 'RATE_LIMITED' ? 'limit_delegation' : 'fd';
}

function describeIssued({ issued = {}, expiresAt }: IssuedCredential): AuditEvent['issued'] {
  const texts = Object.entries(issued).map(([name, value]) => [name, cut(value, MAX_ISSUED)] as const);
  return {
    ...Object.fromEntries(texts),
    expiresAt: expiresAt === null ? null : new Date(expiresAt * 1000).toISOString(),
  };
}

function readClaimedOrigin({ header: { kid }, claims: { iss, aud } }: DecodedToken): ClaimedOrigin {
  const audiences = Array.isArray(aud) && aud.every((each) => typeof each === 'string') ? aud.join(' ') : aud;
  return { iss: cutText(iss), aud: cutText(audiences), kid: cutText(kid) };
}

function cutText(value: unknown): string | undefined {
  return typeof value === 'string' ? cut(value, MAX_CLAIMED) : undefined;
}

/** Escapes before it cuts, so that a value is never longer. */
function cut(text: string, length: number): string {
  return escapeInvisible(text.slice(0, length)).slice(0, length);
}
