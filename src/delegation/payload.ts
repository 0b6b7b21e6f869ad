import type { RateLimitFigures } from '../errors.js';
import type { IssuedCredential } from './issue.js';

/** The answer of the mutation. It cannot be built without the outcome of the limit. */
export interface DelegatePayload {
  readonly credential: IssuedCredential;
  readonly rateLimit: RateLimitFigures;
  /** The new refresh token, when the identity provider rotated the one that was given. */
  readonly refreshToken: string | null;
}
