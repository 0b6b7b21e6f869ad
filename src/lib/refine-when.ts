import type * as z from 'zod';

/**
 * Options for `superRefine` on an object: the refinement runs as soon as these fields are valid. By default zod skips
 * refinements while any field fails, and their diagnostics appear only after the other fields are corrected.
 */
export function refineWhen(...fields: readonly string[]): { when(payload: z.core.ParsePayload): boolean } {
  return {
    when: ({ value, issues }) =>
      typeof value === 'object' &&
      value !== null &&
      !issues.some(({ code, path }) =>
        path?.length ? fields.includes(String(path[0])) : code !== 'unrecognized_keys',
      ),
  };
}
