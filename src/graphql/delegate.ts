import type { AddonDefinition } from '../addons/addon.js';
import { startAudit } from '../delegation/audit.js';
import { callingClient, verifyCaller } from '../delegation/caller.js';
import { type IssuedCredential, issue } from '../delegation/issue.js';
import { DelegationError, type RateLimitFigures } from '../errors.js';
import type { Builder } from './builder.js';
import type { GraphqlContext } from './context.js';
import { credentialInterface } from './credential-types.js';
import { addonInputs, type DelegateInput, delegateInput } from './delegate-input.js';
import type { SharedTypes } from './shared-types.js';
import { subjectToken } from './subject-token.js';

/** The answer of the mutation. It cannot be built without the outcome of the limit. */
export interface DelegatePayload {
  readonly credential: IssuedCredential;
  readonly rateLimit: RateLimitFigures;
  /** The new refresh token, when the identity provider rotated the one that was given. */
  readonly refreshToken: string | null;
}

/** Adds `Mutation.delegate`. */
export function delegateMutation(
  builder: Builder,
  { apiType, subjectTokenInput, rateLimit }: SharedTypes,
  addons: readonly AddonDefinition[],
): void {
  const credential = credentialInterface(builder, apiType, addons);
  const input = delegateInput(builder, { apiType, subjectTokenInput }, addons);
  const payload = builder.objectRef<DelegatePayload>('DelegatePayload').implement({
    description: 'A credential, and what is left of the limit after it.',
    fields: (t) => ({
      credential: t.expose('credential', { type: credential, description: 'The credential for the target.' }),
      rateLimit: t.expose('rateLimit', { type: rateLimit, description: 'The limit of this user after this request.' }),
      refreshToken: t.exposeString('refreshToken', {
        nullable: true,
        description:
          'The new refresh token, when the identity provider replaced the one that was given: keep it, the old one is spent.',
      }),
    }),
  });
  builder.mutationField('delegate', (t) =>
    t.field({
      type: payload,
      nullable: true,
      description:
        'Trades the token of a user for the credential of another service. It costs one request of the limit of that user. Null when it failed: see `errors`, whose `extensions.code` says why.',
      args: { input: t.arg({ type: input, required: true, description: 'What to delegate to, and for whom.' }) },
      resolve: (_root, args, context) => delegate(args.input, addons, context),
    }),
  );
}

/** The way of one delegation, from top to bottom; every outcome of it is audited. */
async function delegate(
  input: DelegateInput,
  addons: readonly AddonDefinition[],
  context: GraphqlContext,
): Promise<DelegatePayload> {
  const { tenant, ip, requestId, deps, signal } = context;
  const trail = startAudit(deps, {
    tenant,
    ip,
    requestId,
    clientId: input.clientId,
    target: input.target,
    apiType: input.apiType,
  });
  let rateLimit: RateLimitFigures | undefined;
  try {
    if (!tenant.delegationEnabled)
      throw new DelegationError('DELEGATION_DISABLED', 'This tenant has not enabled delegation');
    const token = subjectToken(input.subjectToken, context);
    trail.token(token);
    const client = callingClient(tenant, input.clientId, token);
    const now = Math.floor(deps.now() / 1000);
    const caller = await verifyCaller(tenant, client, token, now);
    trail.caller(caller);
    rateLimit = await context.takeDelegation({ tenant: tenant.name, userId: caller.userId, ip });
    const { target, apiType, scope } = input;
    const inputs = addonInputs(input, addons);
    const credential = await issue(tenant, caller, { kind: 'id_token', target, apiType, scope, inputs, now, signal });
    trail.succeeded(credential.apiType);
    return { credential, rateLimit, refreshToken: null };
  } catch (error) {
    trail.failed(error);
    throw error instanceof DelegationError && rateLimit ? error.with({ rateLimit }) : error;
  }
}
