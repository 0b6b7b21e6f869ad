import { createHash } from 'node:crypto';
import type { AddonDefinition } from '../../../addons/addon.js';
import type { Client } from '../../../config/tenant.js';
import { listAllowedTargets } from '../../../delegation/authorize.js';
import type { CallerView } from '../../../delegation/view-caller.js';
import type { Builder } from './builder.js';
import type { ApiTypeRef } from './credential-types.js';
import type { RateLimitRef } from './rate-limit-type.js';

/** Adds the type Viewer. */
export function addViewerType(
  builder: Builder,
  { apiType, rateLimit }: { readonly apiType: ApiTypeRef; readonly rateLimit: RateLimitRef },
  addons: readonly AddonDefinition[],
) {
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
        type: [apiType],
        description: 'The add-ons that it is configured for: the values to send as `apiType`.',
        resolve: (client) => addons.map(({ apiType }) => apiType).filter((apiType) => client.addons.has(apiType)),
      }),
    }),
  });
  return builder.objectRef<CallerView>('Viewer').implement({
    description: 'The user of a token, and what that user may do.',
    fields: (t) => ({
      id: t.id({
        description:
          'Identifies the user in the cache of a client: the same in `Query.viewer` and in every DelegatePayload. Opaque.',
        resolve: ({ caller }, _args, { tenant }) => viewerId(tenant.issuer, caller.userId),
      }),
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
      targets: t.field({
        type: [target],
        description: 'The applications that it may delegate to.',
        resolve: ({ caller }, _args, { tenant }) => listAllowedTargets(tenant, caller),
      }),
      rateLimit: t.expose('rateLimit', { type: rateLimit, description: 'The limit as it stands now.' }),
    }),
  });
}

/** A hash, so that nobody takes it apart: it tells no more than the user id, and is the same after a restart. */
function viewerId(tenantIssuer: string, userId: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['Viewer', tenantIssuer, userId]))
    .digest('base64url');
}
