import type { ConfiguredAddon } from '../addons/addon.js';
import type { Client, Tenant } from '../config/tenant.js';
import { DelegationError } from '../errors.js';

const LEGACY_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation';

/** Which kind of subject token a request came with. */
export type SubjectTokenKind = 'id_token' | 'refresh_token';

export interface Authorization {
  readonly target: Client;
  readonly apiType: string;
  readonly addon: ConfiguredAddon;
}

/**
 * Whether a calling application may delegate to the target, and with which add-on. Nothing is allowed that the
 * configuration does not say.
 *
 * @throws DelegationError UNAUTHORIZED_CLIENT, INVALID_TARGET or ADDON_NOT_CONFIGURED
 */
export function authorize(
  tenant: Tenant,
  client: Client,
  request: {
    readonly kind: SubjectTokenKind;
    readonly target?: string | null | undefined;
    readonly apiType?: string | null | undefined;
  },
): Authorization {
  checkGrant(client, request.kind);
  const target = request.target == null ? client : tenant.clients.get(request.target);
  if (!target) throw new DelegationError('INVALID_TARGET', 'target names no application of this tenant');
  if (!mayDelegate(client, target)) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      "The calling application is not among the target's allowed_clients",
    );
  }
  const apiType = request.apiType ?? target.defaultApiType;
  const addon = target.addons.get(apiType);
  if (!addon) throw new DelegationError('ADDON_NOT_CONFIGURED', `The target is not configured for apiType ${apiType}`);
  return { target, apiType, addon };
}

/** A client that lists its grant types needs the legacy delegation grant among them, for the kind of token it sends. */
export function checkGrant(client: Client, kind: SubjectTokenKind): void {
  if (!holdsGrant(client, kind)) {
    throw new DelegationError(
      'UNAUTHORIZED_CLIENT',
      `The calling application's grant_types lack the delegation grant for ${kind}`,
    );
  }
}

/** Where a calling application may delegate to with a kind of token: what `authorize` allows, for all targets. */
export function allowedTargets(tenant: Tenant, client: Client, kind: SubjectTokenKind): Client[] {
  if (!holdsGrant(client, kind)) return [];
  return [...tenant.clients.values()].filter((target) => target.addons.size > 0 && mayDelegate(client, target));
}

function holdsGrant(client: Client, kind: SubjectTokenKind): boolean {
  return !client.grantTypes || client.grantTypes.has(`${LEGACY_GRANT}/${kind}`);
}

/** An application may always delegate to itself; to another one only as its `allowed_clients` say. */
function mayDelegate(client: Client, target: Client): boolean {
  return target === client || target.allowedClients.has('*') || target.allowedClients.has(client.clientId);
}
