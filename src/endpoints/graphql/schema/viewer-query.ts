import type { AddonDefinition } from '../../../addons/addon.js';
import type { Client } from '../../../config/tenant.js';
import { allowedTargets } from '../../../delegation/authorize.js';
import { type Caller, callingClient, verifyCaller } from '../../../delegation/verify-id-token.js';
import { DelegationError, type RateLimitFigures } from '../../../errors.js';
import type { GraphqlContext } from '../../context.js';
import { internalError } from '../present-error.js';
import type { Builder } from './builder.js';
import type { SharedTypes } from './shared-types.js';
import { type SubjectTokenInput, subjectToken } from './subject-token.js';

interface Viewer extends Pick<Caller, 'userId' | 'issuer' | 'client'> {
  readonly targets: readonly Client[];
  readonly rateLimit: RateLimitFigures;
}

/** Adds `Query.viewer`. */
export function viewerQuery(builder: Builder, shared: SharedTypes, addons: readonly AddonDefinition[]): void {
  const application = builder.objectRef<Client>('Application').implement({
    description: 'An application of the tenant.',
    fields: (t) => ({
      clientId: t.exposeID('clientId', { description: 'Its client_id.' }),
      name: t.exposeString('name', { description: 'Its name, for people.' }),
    }),
  });
  const target = builder.objectRef<Client>('DelegationTarget').implement({
    description: 'An application that the viewer may delegate to.',
    fields: (t) => ({
      clientId: t.exposeID('clientId', { description: 'What to send as `target`.' }),
      name: t.exposeString('name', { description: 'Its name, for people.' }),
      apiTypes: t.field({
        type: [shared.apiType],
        description: 'The add-ons that it is configured for: what to send as `apiType`.',
        resolve: (client) => addons.map(({ apiType }) => apiType).filter((apiType) => client.addons.has(apiType)),
      }),
    }),
  });
  const viewer = builder.objectRef<Viewer>('Viewer').implement({
    description: 'Who a token says its bearer is, and what that user may do here.',
    fields: (t) => ({
      userId: t.exposeID('userId', { description: "The user of the tenant: the issuer's subject prefix and `sub`." }),
      issuer: t.exposeString('issuer', { description: 'Who issued the token.' }),
      client: t.expose('client', { type: application, description: 'The application that the token was made for.' }),
      targets: t.expose('targets', { type: [target], description: 'Where that application may delegate to.' }),
      rateLimit: t.expose('rateLimit', {
        type: shared.rateLimit,
        description: 'The limit as it stands; asking spends nothing.',
      }),
    }),
  });
  builder.queryField('viewer', (t) =>
    t.field({
      type: viewer,
      nullable: true,
      description:
        'Who the token says I am, what I may delegate to, and how much of my limit is left. It spends nothing.',
      args: {
        subjectToken: t.arg({
          type: shared.subjectTokenInput,
          description: 'The token of the user. Default: the one in the header `Authorization: Bearer …`.',
        }),
      },
      resolve: (_root, args, context) =>
        resolveViewer(args.subjectToken, context).catch((error: unknown) => {
          throw error instanceof DelegationError ? error : internalError(error, context);
        }),
    }),
  );
}

async function resolveViewer(input: SubjectTokenInput | null | undefined, context: GraphqlContext): Promise<Viewer> {
  const { tenant, ip, deps } = context;
  if (!tenant.delegationEnabled)
    throw new DelegationError('DELEGATION_DISABLED', 'This tenant has not enabled delegation');
  const { kind, token } = subjectToken(input, context);
  if (kind === 'refresh_token') {
    throw new DelegationError(
      'INVALID_REQUEST',
      'subjectToken must be an idToken here: a refresh token could be lost in the exchange',
    );
  }
  const caller = await verifyCaller(
    tenant,
    callingClient(tenant, undefined, token),
    token,
    Math.floor(deps.now() / 1000),
    context.remoteKeys,
  );
  return {
    ...caller,
    targets: allowedTargets(tenant, caller.client, kind),
    rateLimit: await context.peekDelegations({ tenant: tenant.name, userId: caller.userId, ip }),
  };
}
