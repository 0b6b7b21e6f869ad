import { z } from 'zod';
import { suggest } from './faults.js';

/**
 * An object that refuses unknown keys and says which key may have been meant, one line a key.
 *
 * @param unused known keys that mean nothing here, and are no suggestions
 */
export function strictObject<Shape extends z.ZodRawShape>(
  shape: Shape,
  unused: readonly string[] = [],
): z.ZodObject<Shape> {
  const known = Object.keys(shape).filter((key) => !unused.includes(key));
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      return issue.keys.map((key) => hintFor(key, known)).join('\n');
    },
  }) as unknown as z.ZodObject<Shape>;
}

function hintFor(key: string, known: readonly string[]): string {
  const nearest = suggest(key, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return known.length > 0 ? `expected one of ${known.join(', ')}` : 'expected none';
}
