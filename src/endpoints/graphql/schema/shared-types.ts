import type { AddonDefinition } from '../../../addons/addon.js';
import type { Builder } from './builder.js';
import { addApiType } from './credential-types.js';
import { addRateLimitType } from './rate-limit-type.js';
import { addViewerType } from './viewer-type.js';

/** Adds the types that the mutation and the query share. */
export function addSharedTypes(builder: Builder, addons: readonly AddonDefinition[]) {
  const apiType = addApiType(builder, addons);
  const rateLimit = addRateLimitType(builder);
  return { apiType, rateLimit, viewer: addViewerType(builder, { apiType, rateLimit }, addons) };
}

export type SharedTypes = ReturnType<typeof addSharedTypes>;
