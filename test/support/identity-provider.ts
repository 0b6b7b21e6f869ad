import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { TestClock } from './clock.js';
import { rsaPair } from './keys.js';
import { secrets } from './secrets.js';

export interface TokenOptions {
  readonly key?: KeyObject;
  readonly header?: Record<string, unknown>;
}

/** What an identity provider does for these tests: it signs ID tokens with real keys. */
export function identityProvider({ issuer, clock }: { readonly issuer: string; readonly clock: TestClock }) {
  return {
    async idToken(claims: Record<string, unknown>, { key, header }: TokenOptions = {}): Promise<string> {
      const now = clock.seconds();
      const token = await new SignJWT({ iss: issuer, sub: 'auth0|alice', iat: now, exp: now + 36_000, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'idp-1', ...header })
        .sign(key ?? rsaPair('idp').privateKey);
      secrets.keep('an ID token', token);
      return token;
    },
  };
}
