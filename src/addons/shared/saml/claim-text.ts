import { type ClaimMap, readClaim } from '../claim-path.js';
import { unfitClaim } from '../invalid-claim.js';
import { isXmlText } from './xml.js';

type Claims = Readonly<Record<string, unknown>>;

/**
 * The texts of a claim that becomes an attribute: of a string, a number or a boolean, or of a list of them. Null is
 * nothing, as a missing claim is.
 *
 * @param path names the claim in the error
 * @throws DelegationError INVALID_REQUEST for what has no text, or none that XML carries unchanged
 */
export function claimTexts(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const texts = (Array.isArray(value) ? value : [value]).map(textOf);
  if (texts.every((text) => text !== undefined && isXmlText(text))) return texts as string[];
  throw unfitClaim(path, 'be a text, a number or a boolean that XML carries unchanged, or a list of them');
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return `${value}`;
  // A whole number beyond 2^53 is not the one that the token's JSON had.
  return typeof value === 'number' && (Number.isSafeInteger(value) || value % 1 !== 0) ? `${value}` : undefined;
}

/** The attributes that a claims map names, each with the path that it comes from; empty ones are left out. */
export function mappedAttributes(claims: Claims, map: ClaimMap) {
  return map
    .map(([name, path]) => ({ name, path: path.text, values: claimTexts(readClaim(claims, path), path.text) }))
    .filter(({ values }) => values.length > 0);
}

/**
 * A name for a NameID, which must be one that arrives exactly.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim
 */
export function fitName(name: string, path: string): string {
  if (!isXmlText(name)) throw unfitClaim(path, 'have only characters that XML carries unchanged');
  if (name.trim() === '') throw unfitClaim(path, 'have more than white space');
  return name;
}
