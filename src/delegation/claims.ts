import { DelegationError } from '../errors.js';
import { SCOPE_VALUE, splitScope } from '../lib/scope.js';

/** The claims that each documented scope lets into an app token (OpenID Connect Core §5.4). */
const SCOPE_CLAIMS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'profile',
    'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at'.split(
      ' ',
    ),
  ],
  ['email', ['email', 'email_verified']],
]);

/** Copies the claims of every documented scope: the renew calls of auth0.js 7 send it. */
const PASSTHROUGH = 'passthrough';

/**
 * Splits the scope of a request into its values; `openid` when it has none.
 *
 * @throws DelegationError INVALID_SCOPE for a value that RFC 6749 §3.3 does not allow
 */
export function parseScope(scope: readonly string[]): readonly string[] {
  const values = scope.flatMap(splitScope);
  if (!values.every((value) => SCOPE_VALUE.test(value))) {
    throw new DelegationError('INVALID_SCOPE', 'scope must consist of scope values as defined in RFC 6749 §3.3');
  }
  return values.length === 0 ? ['openid'] : values;
}

const KNOWN_SCOPE: ReadonlySet<string> = new Set(['openid', PASSTHROUGH, ...SCOPE_CLAIMS.keys()]);

/** Selects the scope values that mean something here. */
export function selectKnownScope(scope: readonly string[]): readonly string[] {
  return [...new Set(scope)].filter((value) => KNOWN_SCOPE.has(value));
}

/** Copies the documented claims that the scope asks for and the caller has. Unknown scope values add nothing. */
export function selectScopedClaims(
  claims: Readonly<Record<string, unknown>>,
  scope: readonly string[],
): Record<string, unknown> {
  const wanted = scope.includes(PASSTHROUGH) ? [...SCOPE_CLAIMS.keys()] : scope;
  const names = wanted.flatMap((value) => SCOPE_CLAIMS.get(value) ?? []);
  return Object.fromEntries(names.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]));
}
