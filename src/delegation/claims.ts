import { DelegationError } from '../errors.js';
import { SCOPE_VALUE, splitScope } from '../lib/scope.js';

/** What the documented scopes let into an app token (OpenID Connect Core §5.4). */
const SCOPE_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  profile:
    'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at'.split(
      ' ',
    ),
  email: ['email', 'email_verified'],
};

/** Keeps what the caller's token has: what the renew calls of auth0.js 7 send. */
const PASSTHROUGH = 'passthrough';

/**
 * The scope values of a request, one by one; `openid` where there is none.
 *
 * @throws DelegationError INVALID_SCOPE for what RFC 6749 §3.3 does not allow
 */
export function parseScope(scope: readonly string[] | null | undefined): readonly string[] {
  const values = (scope ?? []).flatMap(splitScope);
  if (!values.every((value) => SCOPE_VALUE.test(value))) {
    throw new DelegationError('INVALID_SCOPE', 'scope must be made of scope values as RFC 6749 §3.3 defines them');
  }
  return values.length === 0 ? ['openid'] : values;
}

/** The documented claims that the scope asks for and the caller's token has; unknown scope values add nothing. */
export function scopedClaims(
  claims: Readonly<Record<string, unknown>>,
  scope: readonly string[],
): Record<string, unknown> {
  const asked = scope.includes(PASSTHROUGH) ? Object.keys(SCOPE_CLAIMS) : scope;
  const copied: Record<string, unknown> = {};
  for (const value of asked) {
    for (const name of Object.hasOwn(SCOPE_CLAIMS, value) ? (SCOPE_CLAIMS[value] as readonly string[]) : []) {
      if (Object.hasOwn(claims, name)) copied[name] = claims[name];
    }
  }
  return copied;
}
