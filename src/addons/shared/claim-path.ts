import { isRecord } from '../../lib/is-record.js';
/** A path into claims, taken apart at its dots. */
export interface ClaimPath {
  readonly text: string;
  readonly segments: readonly string[];
}

/** Claim names and where their values come from. */
export type ClaimMap = readonly (readonly [name: string, path: ClaimPath])[];

export function compileClaimPath(text: string): ClaimPath {
  return { text, segments: text.split('.') };
}

/**
 * Reads a path from claims; undefined where there is nothing. A name may itself contain dots, as namespaced claims
 * like `https://example.com/role` do: at each level the longest name that leads to something wins. Only a claim's own
 * members count, so `constructor` and `__proto__` are names like any other.
 */
export function readClaim(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  return read(claims, path.segments);
}

function read(value: unknown, segments: readonly string[]): unknown {
  if (segments.length === 0) return value;
  if (!isRecord(value)) return undefined;
  for (let taken = segments.length; taken > 0; taken--) {
    const name = segments.slice(0, taken).join('.');
    if (!Object.hasOwn(value, name)) continue;
    const found = read(value[name], segments.slice(taken));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The named claims that the paths find; a path that finds nothing adds nothing. */
export function mapClaims(claims: Readonly<Record<string, unknown>>, map: ClaimMap): Record<string, unknown> {
  const found = map.map(([name, path]) => [name, readClaim(claims, path)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
