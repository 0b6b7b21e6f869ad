import type { ConfiguredAddon } from '../addons/addon.js';
import type { Client, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
import { type Chain, extendChain, hasRoom } from './chain.js';
import { parseScope } from './claims.js';
import type { DelegationRequest, SubjectTokenType } from './request.js';
import type { Caller } from './verify-id-token.js';

const LEGACY_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation';

/** @throws DelegationError DELEGATION_DISABLED */
export function requireDelegationEnabled({ tenant }: { readonly tenant: Tenant }): void {
  if (!tenant.delegationEnabled) {
    throw new DelegationError('DELEGATION_DISABLED', 'This tenant has not enabled delegation');
  }
}

/** What a caller may have: a credential of one add-on of one target. */
export interface Grant {
  readonly caller: Caller;
  readonly target: Client;
  readonly apiType: string;
  readonly addon: ConfiguredAddon;
  readonly scope: readonly string[];
  /** The chain of the caller, and the calling application unless it renews its own token. */
  readonly chain: Chain;
  /** Whether the calling application gets a new app token of its own in place of the one that it presents. */
  readonly isRenewal: boolean;
}

/**
 * Decides whether a verified caller may delegate to the target, and with which add-on. Everything that the configuration
 * does not allow is refused.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT, INVALID_TARGET, ADDON_NOT_CONFIGURED, INVALID_REQUEST for input of
 *   another add-on, or INVALID_SCOPE
 */
export function authorize(
  tenant: Tenant,
  caller: Caller,
  request: Pick<DelegationRequest, 'subjectToken' | 'target' | 'apiType' | 'scope' | 'inputs' | 'ignoresOtherInputs'>,
): Grant {
  if (request.subjectToken) checkGrantType(caller.client, request.subjectToken.type);
  const { target, apiType } = resolveTarget(tenant, caller.client, request);
  const isRenewal = target === caller.client && apiType === 'APP' && caller.isSoleAudience;
  const chain = isRenewal ? caller.chain : extendChain(caller.chain, caller.client, tenant.chain);
  if (!target || apiType === undefined) {
    throw new DelegationError('INVALID_TARGET', 'target names no application of this tenant');
  }
  if (!isRenewal) checkHop(caller, target);
  const addon = target.addons.get(apiType);
  if (!addon) throw new DelegationError('ADDON_NOT_CONFIGURED', `The target is not configured for apiType ${apiType}`);
  if (!request.ignoresOtherInputs) checkInputs(request.inputs, addon);
  return { caller, target, apiType, addon, scope: parseScope(request.scope), chain, isRenewal };
}

/** @throws DelegationError INVALID_REQUEST that names the input field of another add-on */
function checkInputs(inputs: DelegationRequest['inputs'], { definition }: ConfiguredAddon): void {
  const other = Object.keys(inputs).find((field) => field !== definition.input?.field);
  if (other === undefined) return;
  throw new DelegationError('INVALID_REQUEST', `${other} is no input of apiType ${definition.apiType}; leave it out`);
}

/**
 * Checks what does not hold for a renewal. Anybody who holds the token can name a calling application that does not
 * authenticate, so then every application that the token passed through must be allowed.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT
 */
function checkHop({ client, authenticated, chain, isOwnToken }: Caller, target: Client): void {
  if (isOwnToken && client.alg === 'HS256' && !client.hs256Delegation) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      'An HS256 token of the tenant can only be renewed, unless the calling application has hs256_delegation',
    );
  }
  if (!allowsDelegation(client.clientId, target)) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      'The calling application is not among the allowed_clients of the target',
    );
  }
  if (!authenticated && !chain.actors.every((actor) => allowsDelegation(actor, target))) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      'An application that delegated the token before is not among the allowed_clients of the target',
    );
  }
}

/** The target and the add-on that a request asks for, with their defaults; undefined where the tenant has none. */
export function resolveTarget(
  tenant: Tenant,
  client: Client | undefined,
  request: Pick<DelegationRequest, 'target' | 'apiType'>,
): { readonly target: Client | undefined; readonly apiType: string | undefined } {
  const target = request.target === undefined ? client : tenant.clients.get(request.target);
  return { target, apiType: request.apiType ?? target?.defaultApiType };
}

/**
 * A client that lists its grant types needs the legacy delegation grant for the type of token that it presents.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT
 */
export function checkGrantType(client: Client, type: SubjectTokenType): void {
  if (hasGrantType(client, type)) return;
  throw new DelegationError(
    'UNAUTHORIZED_CLIENT',
    `The grant_types of the calling application lack the delegation grant for ${type}`,
  );
}

/** The targets that a caller may delegate to with an ID token. */
export function listAllowedTargets(tenant: Tenant, caller: Caller): Client[] {
  const { client, chain, isOwnToken } = caller;
  if (!hasGrantType(client, 'id_token')) return [];
  const renewsOnly =
    (isOwnToken && client.alg === 'HS256' && !client.hs256Delegation) || !hasRoom(chain, client, tenant.chain);
  return [...tenant.clients.values()].filter((target) => {
    if (target.addons.size === 0) return false;
    if (target === client) return true;
    return !renewsOnly && [client.clientId, ...chain.actors].every((actor) => allowsDelegation(actor, target));
  });
}

/** The applications that may delegate to a target with an ID token or a refresh token, the target itself first. */
export function listAllowedCallers(tenant: Tenant, target: Client): Client[] {
  if (!tenant.delegationEnabled || target.addons.size === 0) return [];
  const { clientId, allowedClients } = target;
  const allowed = allowedClients.has('*')
    ? [target, ...[...tenant.clients.values()].filter((each) => each !== target)]
    : [...new Set([clientId, ...allowedClients])].flatMap((each) => tenant.clients.get(each) ?? []);
  return allowed.filter((each) => hasGrantType(each, 'id_token') || hasGrantType(each, 'refresh_token'));
}

function hasGrantType(client: Client, type: SubjectTokenType): boolean {
  return !client.grantTypes || client.grantTypes.has(`${LEGACY_GRANT}/${type}`);
}

/** A target always accepts itself, and other applications only if its `allowed_clients` say so. */
function allowsDelegation(clientId: string, { clientId: targetId, allowedClients }: Client): boolean {
  return clientId === targetId || allowedClients.has('*') || allowedClients.has(clientId);
}
