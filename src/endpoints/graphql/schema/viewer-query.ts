import { viewCaller } from '../../../delegation/view-caller.js';
import type { Builder } from './builder.js';
import type { SharedTypes } from './shared-types.js';

/** Adds `Query.viewer`. */
export function addViewerQuery(builder: Builder, { viewer }: SharedTypes): void {
  builder.queryField('viewer', (t) =>
    t.field({
      type: viewer,
      nullable: true,
      description:
        'The user of the token in the header `Authorization: Bearer …`, the applications that it may delegate to, and the limit that is left. Asking spends nothing. Null when it failed: `extensions.code` of the error says why.',
      resolve: (_root, _args, context) => viewCaller(context.bearerToken, context),
    }),
  );
}
