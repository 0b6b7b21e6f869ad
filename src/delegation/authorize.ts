import type { ConfiguredAddon } from '../addons/addon.js';
import type { Client, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';
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
}

/**
 * Decides whether a verified caller may delegate to the target, and with which add-on. Everything that the configuration
 * does not allow is refused.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT, INVALID_TARGET, ADDON_NOT_CONFIGURED or INVALID_SCOPE
 */
export function authorize(
  tenant: Tenant,
  caller: Caller,
  request: Pick<DelegationRequest, 'subjectToken' | 'target' | 'apiType' | 'scope'>,
): Grant {
  if (request.subjectToken) checkGrantType(caller.client, request.subjectToken.type);
  const { target, apiType } = resolveTarget(tenant, caller.client, request);
  if (!target || apiType === undefined) {
    throw new DelegationError('INVALID_TARGET', 'target names no application of this tenant');
  }
  if (!allowsDelegation(caller.client, target)) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      'The calling application is not among the allowed_clients of the target',
    );
  }
  const addon = target.addons.get(apiType);
  if (!addon) throw new DelegationError('ADDON_NOT_CONFIGURED', `The target is not configured for apiType ${apiType}`);
  return { caller, target, apiType, addon, scope: parseScope(request.scope) };
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

/** The targets that a client may delegate to with a type of token. */
export function listAllowedTargets(tenant: Tenant, client: Client, type: SubjectTokenType): Client[] {
  if (!hasGrantType(client, type)) return [];
  return [...tenant.clients.values()].filter((target) => target.addons.size > 0 && allowsDelegation(client, target));
}

function hasGrantType(client: Client, type: SubjectTokenType): boolean {
  return !client.grantTypes || client.grantTypes.has(`${LEGACY_GRANT}/${type}`);
}

/** An application may always delegate to itself; to another one only if its `allowed_clients` say so. */
function allowsDelegation(client: Client, target: Client): boolean {
  return target === client || target.allowedClients.has('*') || target.allowedClients.has(client.clientId);
}
