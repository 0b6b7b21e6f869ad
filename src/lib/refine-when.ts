import type { z } from 'zod';

/**
 * For `superRefine` on a mapping: the rule looks at these fields only, and runs as soon as they are right, whatever is
 * wrong beside them. Without it zod keeps a rule back until everything else is right, and a fault with it.
 */
export function ruleOn(...fields: readonly string[]): { when(payload: z.core.ParsePayload): boolean } {
  return {
    when: ({ value, issues }) =>
      typeof value === 'object' &&
      value !== null &&
      !issues.some(({ code, path }) =>
        path?.length ? fields.includes(String(path[0])) : code !== 'unrecognized_keys',
      ),
  };
}
