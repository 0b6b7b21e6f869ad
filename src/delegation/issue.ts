import type { AddonInput, Credential } from '../addons/addon.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Caller } from './caller.js';
import { parseScope, scopedClaims } from './claims.js';
import { authorize, type SubjectTokenKind } from './policy.js';

/** What a verified caller asks for. */
export interface DelegationRequest {
  readonly kind: SubjectTokenKind;
  readonly target?: string | null | undefined;
  readonly apiType?: string | null | undefined;
  readonly scope?: readonly string[] | null | undefined;
  /** Extra input, by api type. */
  readonly inputs: Readonly<Record<string, AddonInput>>;
  /** Epoch seconds. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
}

/** A credential and what it is for. */
export interface IssuedCredential extends Credential {
  readonly apiType: string;
}

/**
 * Issues the credential that a verified caller asks for: authorize, choose the claims, sign.
 *
 * @throws DelegationError of the policy, of the scope, or of the add-on
 */
export async function issue(tenant: Tenant, caller: Caller, request: DelegationRequest): Promise<IssuedCredential> {
  const { apiType, addon } = authorize(tenant, caller.client, request);
  const credential = await addon.sign({
    userId: caller.userId,
    claims: caller.claims,
    scopedClaims: scopedClaims(caller.claims, parseScope(request.scope)),
    clientId: caller.client.clientId,
    input: request.inputs[apiType] ?? {},
    now: request.now,
    signal: request.signal,
  });
  return { ...credential, apiType };
}
