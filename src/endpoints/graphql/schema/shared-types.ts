import type { AddonDefinition } from '../../../addons/addon.js';
import type { Builder } from './builder.js';
import { apiTypeEnum } from './credential-types.js';
import { rateLimitType } from './rate-limit-type.js';
import { subjectTokenInput } from './subject-token.js';

/** The types that the mutation and the query share. */
export function sharedTypes(builder: Builder, addons: readonly AddonDefinition[]) {
  return {
    apiType: apiTypeEnum(builder, addons),
    subjectTokenInput: subjectTokenInput(builder),
    rateLimit: rateLimitType(builder),
  };
}

export type SharedTypes = ReturnType<typeof sharedTypes>;
