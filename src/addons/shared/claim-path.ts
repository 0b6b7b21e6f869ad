import { isRecord } from '../../lib/json.js';

/** A path into claims, split at its dots. */
export interface ClaimPath {
  readonly text: string;
  readonly segments: readonly string[];
}

/** Claim names and the paths of their values. */
export type ClaimMap = readonly (readonly [name: string, path: ClaimPath])[];

export function compileClaimPath(text: string): ClaimPath {
  return { text, segments: text.split('.') };
}

/**
 * Reads a path from claims; undefined if it leads nowhere. Claim names may contain dots, as the namespaced claim
 * `https://example.com/role` does: at each level the longest name that leads to a value is taken. Only own properties
 * are read, so `constructor` and `__proto__` are ordinary names.
 */
export function readClaim(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  return findClaim(claims, path)?.value;
}

/** Reads a path as `readClaim` does, and says which top-level claim the value is in. */
export function findClaim(
  claims: Readonly<Record<string, unknown>>,
  { segments }: Pick<ClaimPath, 'segments'>,
): { readonly name: string; readonly value: unknown } | undefined {
  for (let taken = segments.length; taken > 0; taken--) {
    const name = segments.slice(0, taken).join('.');
    if (!Object.hasOwn(claims, name)) continue;
    const value = readBelow(claims[name], segments.slice(taken));
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

function readBelow(value: unknown, segments: readonly string[]): unknown {
  if (segments.length === 0) return value;
  return isRecord(value) ? findClaim(value, { segments })?.value : undefined;
}

/** Reads the claims of a map, by their new names; leaves out those whose path leads nowhere. */
export function mapClaims(claims: Readonly<Record<string, unknown>>, map: ClaimMap): Record<string, unknown> {
  const found = map.map(([name, path]) => [name, readClaim(claims, path)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
