import { type IdentityClaims, invalidClaim, readUserName } from '../claim-checks.js';
import { type ClaimMap, type ClaimPath, readClaim } from '../claim-path.js';
import { isXmlText } from './xml.js';

type Claims = Readonly<Record<string, unknown>>;

/** Reads the claims of a map as SAML attributes, each with the path of its claim; leaves out those without a value. */
export function readAttributes(claims: Claims, map: ClaimMap) {
  return map
    .map(([name, path]) => ({ name, path: path.text, values: readTexts(claims, path) }))
    .filter(({ values }) => values.length > 0);
}

/**
 * Reads a claim as the values of an attribute: a string, a number, a boolean, or a list of these. A null claim counts
 * as missing.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim if a value is of another type or XML cannot represent it
 */
function readTexts(claims: Claims, path: ClaimPath): readonly string[] {
  const value = readClaim(claims, path);
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => {
    const text = toText(item);
    if (text !== undefined && isXmlText(text)) return text;
    throw invalidClaim(
      path.text,
      'be a string, a number or a boolean that XML can represent exactly, or a list of these',
    );
  });
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return `${value}`;
  // JSON.parse has rounded a whole number beyond 2^53.
  return typeof value === 'number' && (Number.isSafeInteger(value) || value % 1 !== 0) ? `${value}` : undefined;
}

/**
 * Reads the text of a NameID.
 *
 * @throws DelegationError INVALID_REQUEST that names the claim if it is not believed, or if XML cannot represent the name exactly
 */
export function readNameId(identity: IdentityClaims, path: ClaimPath): string {
  const name = readUserName(identity, path);
  if (!isXmlText(name)) throw invalidClaim(path.text, 'contain only characters that XML can represent exactly');
  if (name.trim() === '') throw invalidClaim(path.text, 'contain more than white space');
  return name;
}
