import type { Credential } from '../addon.js';

/** The body of every credential that is one JWT: what typed clients of the legacy endpoint need to be there. */
export function idTokenBody(credential: Credential): Record<string, unknown> {
  return { token_type: credential.tokenType, expires_in: credential.expiresIn, id_token: credential.token };
}
