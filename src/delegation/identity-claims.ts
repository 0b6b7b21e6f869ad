import { type IdentityClaims, invalidClaim } from '../addons/shared/claim-checks.js';
import { findClaim } from '../addons/shared/claim-path.js';
import type { Issuer, Tenant } from '../config/tenant.js';

/** They are the user id of the tenant, which the subject prefixes keep unique among its issuers. */
const USER_ID_CLAIMS: ReadonlySet<string> = new Set(['sub', 'user_id']);

/**
 * Creates the reader of the claims that name a user at another service.
 *
 * @param claims those of the verified token, with the user id as `sub` and `user_id`
 * @param trust what the issuer that vouches for the claims is believed in, and whether `email` must be verified there
 *   (OpenID Connect Core §5.1: `email_verified`)
 */
export function createIdentityClaims(
  claims: Readonly<Record<string, unknown>>,
  { identityClaims, requireVerifiedEmail }: Pick<Issuer, 'identityClaims'> & Pick<Tenant, 'requireVerifiedEmail'>,
): IdentityClaims {
  return {
    read(path) {
      const found = findClaim(claims, path);
      if (!found || USER_ID_CLAIMS.has(found.name)) return found?.value;
      if (identityClaims !== 'all' && !identityClaims.has(found.name)) {
        throw invalidClaim(
          path.text,
          `come from an issuer that has "${found.name}" among its identity_claims, because it names the user`,
        );
      }
      if (found.name === 'email' && requireVerifiedEmail && claims.email_verified !== true) {
        throw invalidClaim(path.text, 'be verified (email_verified: true), because it names the user');
      }
      return found.value;
    },
  };
}
