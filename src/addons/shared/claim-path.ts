import { isRecord } from '../../lib/json.js';

/** A path into claims, split at its dots. A class, so that `collectClaimPaths` finds it in a configuration. */
export class ClaimPath {
  readonly text: string;
  readonly segments: readonly string[];
  /** Whether a token without the claim is refused, also one of an identity provider. */
  readonly required: boolean;

  constructor(text: string, required = false) {
    this.text = text;
    this.segments = text.split('.');
    this.required = required;
  }
}

/** Claim names and the paths of their values. */
export type ClaimMap = readonly (readonly [name: string, path: ClaimPath])[];

/**
 * Collects every path of a configuration, however deep, so that no add-on can forget one: the gateway refuses a token that
 * should have a claim and lacks it.
 */
export function collectClaimPaths(config: unknown): readonly ClaimPath[] {
  if (config instanceof ClaimPath) return [config];
  if (Array.isArray(config)) return config.flatMap(collectClaimPaths);
  return isRecord(config) && isPlain(config) ? Object.values(config).flatMap(collectClaimPaths) : [];
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
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

/** Keeps the claims of a map that are already there under their own names, as in a token that is renewed. */
export function keepClaims(claims: Readonly<Record<string, unknown>>, map: ClaimMap): Record<string, unknown> {
  const kept = map.filter(([name]) => Object.hasOwn(claims, name)).map(([name]) => [name, claims[name]] as const);
  return Object.fromEntries(kept);
}
