import type { AddonDefinition } from '../../../addons/addon.js';
import { type Delegation, delegate } from '../../../delegation/delegate.js';
import type { Builder } from './builder.js';
import { addCredentialTypes } from './credential-types.js';
import { addDelegateInput, createInputReader } from './delegate-input.js';
import type { SharedTypes } from './shared-types.js';

/** Adds `Mutation.delegate`. */
export function addDelegateMutation(
  builder: Builder,
  { apiType, rateLimit, viewer }: SharedTypes,
  addons: readonly AddonDefinition[],
): void {
  const credential = addCredentialTypes(builder, apiType, addons);
  const input = addDelegateInput(builder, apiType, addons);
  const payload = builder.objectRef<Delegation>('DelegatePayload').implement({
    description: 'A credential, and the limit that is left after it was issued.',
    fields: (t) => ({
      credential: t.expose('credential', { type: credential, description: 'The credential for the target.' }),
      rateLimit: t.expose('rateLimit', {
        type: rateLimit,
        description: 'The limit of this user after this request.',
      }),
      refreshToken: t.exposeString('refreshToken', {
        nullable: true,
        description:
          'The new refresh token when the identity provider rotated the one that was given. Keep it: the old one no longer works.',
      }),
      viewer: t.field({
        type: viewer,
        description:
          'The user of the token, after this request: with `id` and `rateLimit` selected, the cache of a client shows what is left everywhere.',
        resolve: ({ caller, rateLimit }) => ({ caller, rateLimit }),
      }),
    }),
  });
  const readRequest = createInputReader(addons);
  builder.mutationField('delegate', (t) =>
    t.field({
      type: payload,
      nullable: true,
      description:
        'Trades the token of a user for the credential of another service. It spends one request of the limit of that user. Null when it failed: `extensions.code` of the error says why.',
      args: { input: t.arg({ type: input, required: true, description: 'What to delegate to, and for whom.' }) },
      resolve: (_root, args, context) => delegate(readRequest(args.input, context), context),
    }),
  );
}
