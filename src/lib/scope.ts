/** scope-token of RFC 6749 §3.3. */
const SCOPE_TOKEN = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';

/** One scope value. */
export const SCOPE_VALUE = new RegExp(`^${SCOPE_TOKEN}$`);

/** Scope values with spaces between them. */
export const SCOPE = new RegExp(`^${SCOPE_TOKEN}( +${SCOPE_TOKEN})*$`);

/** Splits a scope into its values, valid or not. */
export function splitScope(scope: string): string[] {
  return scope.split(' ').filter((value) => value !== '');
}
