import type { Credential, GivenInput } from '../addons/addon.js';
import { checkCredential } from '../addons/check-credential.js';
import { readInput } from '../addons/input.js';
import type { Tenant } from '../config/tenant.js';
import type { Deps } from '../deps.js';
import { authorize, type SubjectTokenKind } from './authorize.js';
import { parseScope, scopedClaims } from './claims.js';
import type { Caller } from './verify-id-token.js';

/** What a verified caller asks for. */
export interface DelegationRequest {
  readonly kind: SubjectTokenKind;
  readonly target?: string | null | undefined;
  readonly apiType?: string | null | undefined;
  readonly scope?: readonly string[] | null | undefined;
  /** Extra input, by api type. */
  readonly inputs: Readonly<Record<string, GivenInput>>;
  /** Epoch seconds. */
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
  readonly deps: Pick<Deps, 'fetch' | 'randomUUID'>;
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
  const credential = await addon.issue({
    userId: caller.userId,
    claims: caller.claims,
    scopedClaims: scopedClaims(caller.claims, parseScope(request.scope)),
    callerClientId: caller.client.clientId,
    input: readInput(addon.definition, request.inputs[apiType]),
    nowSeconds: request.now,
    deps: request.deps,
    signal: request.signal,
  });
  checkCredential(addon.definition, credential);
  return { ...credential, apiType };
}
