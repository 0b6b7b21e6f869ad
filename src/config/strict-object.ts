import * as z from 'zod';
import { suggest } from './diagnostics.js';

/**
 * Creates the schema of a mapping that refuses unknown keys. The message of its issue has one line for each of them,
 * which suggests the key that may have been meant.
 *
 * @param unused keys that are accepted without effect, and never suggested
 */
export function strictObject<Shape extends z.core.$ZodLooseShape>(shape: Shape, unused: readonly string[] = []) {
  const known = Object.keys(shape).filter((key) => !unused.includes(key));
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => suggestKey(key, known)).join('\n');
    },
  });
}

function suggestKey(key: string, known: readonly string[]): string {
  const nearest = suggest(key, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return known.length > 0 ? `expected one of ${known.join(', ')}` : 'expected none';
}
