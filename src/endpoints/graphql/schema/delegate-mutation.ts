import type { AddonDefinition } from '../../../addons/addon.js';
import { startAudit } from '../../../delegation/audit-event.js';
import { checkGrant } from '../../../delegation/authorize.js';
import { checkExchanged, requireClientId, requireIdToken } from '../../../delegation/exchange-refresh-token.js';
import { issue } from '../../../delegation/issue.js';
import type { DelegatePayload } from '../../../delegation/payload.js';
import { callingClient, verifyCaller } from '../../../delegation/verify-id-token.js';
import { DelegationError, type RateLimitFigures } from '../../../errors.js';
import type { GraphqlContext } from '../../context.js';
import { internalError } from '../present-error.js';
import type { Builder } from './builder.js';
import { credentialInterface } from './credential-types.js';
import { addonInputs, type DelegateInput, delegateInput } from './delegate-input.js';
import type { SharedTypes } from './shared-types.js';
import { subjectToken } from './subject-token.js';

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
  let refreshToken: string | null = null;
  try {
    if (!tenant.delegationEnabled) {
      throw new DelegationError('DELEGATION_DISABLED', 'This tenant has not enabled delegation');
    }
    const { kind, token } = subjectToken(input.subjectToken, context);
    trail.token(token);
    if (kind === 'refresh_token') requireClientId(input.clientId);
    const client = callingClient(tenant, input.clientId, token);
    let idToken = token;
    if (kind === 'refresh_token') {
      checkGrant(client, kind);
      const exchange = await context.refresh.exchange(context, tenant, client, token);
      refreshToken = exchange.refreshToken;
      idToken = requireIdToken(exchange);
    }
    const now = Math.floor(deps.now() / 1000);
    const caller = await verifyCaller(tenant, client, idToken, now, context.remoteKeys);
    if (kind === 'refresh_token') checkExchanged(caller, client);
    trail.caller(caller);
    rateLimit = await context.takeDelegation({ tenant: tenant.name, userId: caller.userId, ip });
    const { target, apiType, scope } = input;
    const inputs = addonInputs(input, addons);
    const credential = await issue(tenant, caller, { kind, target, apiType, scope, inputs, now, signal, deps });
    trail.succeeded(credential.apiType);
    const payload = { credential, rateLimit, refreshToken };
    context.onPayload?.(payload);
    return payload;
  } catch (error) {
    trail.failed(error);
    const known = error instanceof DelegationError ? error : internalError(error, context);
    throw known.with({ ...(rateLimit && { rateLimit }), ...(refreshToken !== null && { refreshToken }) });
  }
}
