import type { AddonDefinition } from '../../addons/addon.js';
import type { Delegation } from '../../delegation/delegate.js';
import { type DelegationError, ERROR_CODES } from '../../errors.js';
import { rateLimitHeaders } from '../../rate-limit/delegation-limit.js';
import { errorHeaders } from '../responses.js';

/** An answer of the legacy endpoint, before it becomes JSON or a JSONP callback. */
export interface LegacyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Auth0's own text. */
const TOO_MANY = 'Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.';

/** Presents a delegation: the body that Auth0 sent for the add-on, and the rotated refresh token if there is one. */
export function presentDelegation(
  { credential, rateLimit, refreshToken }: Delegation,
  addons: ReadonlyMap<string, AddonDefinition>,
): LegacyAnswer {
  return {
    status: 200,
    headers: rateLimitHeaders(rateLimit),
    body: {
      ...addons.get(credential.apiType)?.legacyBody(credential),
      ...(refreshToken !== null && { refresh_token: refreshToken }),
    },
  };
}

/** Presents an error in the form of RFC 6749 §5.2. */
export function presentLegacyError(error: DelegationError): LegacyAnswer {
  const { rateLimit, refreshToken } = error.details;
  return {
    status: error.status,
    headers: { ...(rateLimit && rateLimitHeaders(rateLimit)), ...errorHeaders(error) },
    body: {
      error: ERROR_CODES[error.code].legacy,
      error_description: error.message,
      ...(error.code === 'RATE_LIMITED' && { message: TOO_MANY }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    },
  };
}
