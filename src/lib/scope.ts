/** scope-token of RFC 6749 §3.3. */
const SCOPE_TOKEN = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';

/** Matches one scope value, such as `openid`. */
export const SCOPE_VALUE = new RegExp(`^${SCOPE_TOKEN}$`);

/** Matches a whole scope: values with spaces between them, such as `openid profile`. */
export const SCOPE = new RegExp(`^${SCOPE_TOKEN}( +${SCOPE_TOKEN})*$`);

/**
 * Splits a scope at its spaces. It does not validate the values: the caller decides how to refuse an invalid one.
 */
export function splitScope(scope: string): string[] {
  return scope.split(' ').filter((value) => value !== '');
}
