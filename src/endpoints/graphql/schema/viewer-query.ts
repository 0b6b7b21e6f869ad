import type { AddonDefinition } from '../../../addons/addon.js';
import type { Client } from '../../../config/tenant.js';
import { type CallerView, viewCaller } from '../../../delegation/view-caller.js';
import type { Builder } from './builder.js';
import type { SharedTypes } from './shared-types.js';
import { readSubjectToken } from './subject-token.js';

/** Adds `Query.viewer`. */
export function addViewerQuery(builder: Builder, shared: SharedTypes, addons: readonly AddonDefinition[]): void {
  const application = builder.objectRef<Client>('Application').implement({
    description: 'An application of the tenant.',
    fields: (t) => ({
      clientId: t.exposeID('clientId', { description: 'Its client_id.' }),
      name: t.exposeString('name', { description: 'Its display name.' }),
    }),
  });
  const target = builder.objectRef<Client>('DelegationTarget').implement({
    description: 'An application that the viewer may delegate to.',
    fields: (t) => ({
      clientId: t.exposeID('clientId', { description: 'The value to send as `target`.' }),
      name: t.exposeString('name', { description: 'Its display name.' }),
      apiTypes: t.field({
        type: [shared.apiType],
        description: 'The add-ons that it is configured for: the values to send as `apiType`.',
        resolve: (client) => addons.map(({ apiType }) => apiType).filter((apiType) => client.addons.has(apiType)),
      }),
    }),
  });
  const viewer = builder.objectRef<CallerView>('Viewer').implement({
    description: 'The user of a token, and what that user may do.',
    fields: (t) => ({
      userId: t.id({
        description: 'The user of the tenant: the subject prefix of the issuer followed by `sub`.',
        resolve: ({ caller }) => caller.userId,
      }),
      issuer: t.string({ description: 'The issuer of the token.', resolve: ({ caller }) => caller.issuer }),
      client: t.field({
        type: application,
        description: 'The application that the token was issued to.',
        resolve: ({ caller }) => caller.client,
      }),
      targets: t.expose('targets', { type: [target], description: 'The applications that it may delegate to.' }),
      rateLimit: t.expose('rateLimit', {
        type: shared.rateLimit,
        description: 'The limit as it stands. Asking spends nothing.',
      }),
    }),
  });
  builder.queryField('viewer', (t) =>
    t.field({
      type: viewer,
      nullable: true,
      description:
        'The user of the token, the applications that it may delegate to, and the limit that is left. Asking spends nothing.',
      args: {
        subjectToken: t.arg({
          type: shared.subjectTokenInput,
          description: 'The token of the user. Default: the one in the header `Authorization: Bearer …`.',
        }),
      },
      resolve: (_root, args, context) => viewCaller(readSubjectToken(args.subjectToken, context), context),
    }),
  );
}
