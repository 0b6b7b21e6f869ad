import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
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

/** Makes a signature of a token's first two parts. */
export type Signer = (input: string) => Uint8Array;

/** Signers of JWS (RFC 7518 §3, RFC 8037 §3.1) by node:crypto, which refuse nothing, so that forgeries can be made too. */
export const signers = {
  HS256: (secret: string | Uint8Array | KeyObject): Signer => {
    return (input) => createHmac('sha256', secret).update(input).digest();
  },
  RS256: (key: KeyObject): Signer => {
    return (input) => sign('sha256', Buffer.from(input), key);
  },
  PS256: (key: KeyObject): Signer => {
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return (input) => sign('sha256', Buffer.from(input), options);
  },
  ES256: (key: KeyObject): Signer => {
    return (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  },
  EdDSA: (key: KeyObject): Signer => {
    return (input) => sign(null, Buffer.from(input), key);
  },
} as const;

/** Any header and payload as a token: an object as its JSON, text and bytes as they are. */
export function compactToken(
  header: object | string,
  payload: object | string | Uint8Array,
  signer: Signer | string,
): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`;
  const token = `${input}.${typeof signer === 'string' ? signer : encodePart(signer(input))}`;
  secrets.keep('a token', token);
  return token;
}

function encodePart(part: object | string | Uint8Array): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url');
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
