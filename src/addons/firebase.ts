import { createHmac, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { DelegationError } from '../errors.js';
import { type Credential, defineAddon, type SignRequest } from './addon.js';
import { type ClaimMap, type ClaimPath, mapClaims, readClaim } from './claim-path.js';
import { idTokenBody } from './legacy-bodies.js';

const AUDIENCE = 'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit';
/** Firebase takes a custom token for an hour at most. */
const MAX_LIFETIME = 3600;
/** UTF-16 units, as Firebase's SDKs count. */
const MAX_UID = 128;
/** Characters of the custom claims as JSON. */
const MAX_CLAIMS = 1000;
/** Bytes: what the Firebase SDK 2 took. */
const SDK2 = { maxUid: 256, maxToken: 1024 };

/** Names that Firebase keeps for itself; `sub` and `firebase` would mislead whoever reads the claims. */
const RESERVED_CLAIMS: ReadonlySet<string> = new Set(
  'acr amr at_hash aud auth_time azp cnf c_hash exp firebase iat iss jti nbf nonce sub'.split(' '),
);

interface Config {
  readonly client_email?: string | undefined;
  readonly private_key?: KeyObject | undefined;
  readonly private_key_id?: string | undefined;
  readonly secret?: string | undefined;
  readonly lifetime_in_seconds: number;
  readonly uid?: ClaimPath | undefined;
  readonly claims: ClaimMap;
  readonly data_claim?: ClaimPath | undefined;
}

/**
 * A Firebase custom token (https://firebase.google.com/docs/auth/admin/create-custom-tokens), or with `secret` the
 * token of the Firebase SDK 2.
 */
export const firebase = defineAddon<Config>({
  name: 'firebase',
  apiType: 'FIREBASE',
  description: 'A Firebase custom token, for signInWithCustomToken.',
  config: (kit) =>
    kit
      .object({
        client_email: z.string().min(1).optional(),
        private_key: kit.rsaPrivateKey().optional(),
        private_key_id: z.string().min(1).optional(),
        secret: kit.secret({ pattern: /^.+$/su, expected: 'a secret that is not empty' }).optional(),
        lifetime_in_seconds: z.int().min(1).max(MAX_LIFETIME).default(MAX_LIFETIME),
        uid: kit.claimPath().optional(),
        claims: kit.claimMap(RESERVED_CLAIMS).default([]),
        data_claim: kit.claimPath().optional(),
      })
      .superRefine(({ client_email, private_key, private_key_id, secret }, { addIssue }) => {
        const missing = (name: string) =>
          addIssue({ code: 'custom', path: [name], message: 'client_email with private_key, or secret alone' });
        if (secret === undefined) {
          if (client_email === undefined) missing('client_email');
          if (private_key === undefined) missing('private_key');
        } else if (client_email !== undefined || private_key !== undefined || private_key_id !== undefined) {
          missing('secret');
        }
      }),
  credential: {
    name: 'FirebaseCustomToken',
    description: 'A Firebase custom token: hand `token` to signInWithCustomToken.',
    fields: { uid: { type: 'String', description: 'The Firebase user that signs in with the token.' } },
  },
  create(config) {
    const sign = config.secret === undefined ? customTokenSigner(config) : sdk2Signer(config, config.secret);
    return {
      async sign(request): Promise<Credential> {
        const { uid, claims } = identityOf(config, request);
        const expiresAt = request.now + config.lifetime_in_seconds;
        const token = await sign({ uid, claims, iat: request.now, exp: expiresAt });
        return { token, tokenType: 'Bearer', expiresAt, expiresIn: config.lifetime_in_seconds, fields: { uid } };
      },
    };
  },
  legacyBody: idTokenBody,
});

interface Identity {
  readonly uid: string;
  readonly claims: Record<string, unknown>;
}

/** Who signs in, and with which custom claims: `data_claim` as Auth0 rules filled `firebase_data`, then the maps. */
function identityOf(config: Config, { userId, claims }: SignRequest): Identity {
  const { uid: dataUid, ...dataClaims } = dataOf(config.data_claim, claims);
  for (const name of Object.keys(dataClaims)) {
    if (RESERVED_CLAIMS.has(name))
      throw unfit(`${config.data_claim?.text}.${name}`, 'a name that Firebase does not reserve');
  }
  let [uid, source]: [unknown, string] = [userId, 'sub'];
  if (dataUid !== undefined) [uid, source] = [dataUid, `${config.data_claim?.text}.uid`];
  else if (config.uid) [uid, source] = [readClaim(claims, config.uid), config.uid.text];
  if (typeof uid !== 'string' || uid === '') throw unfit(source, 'a Firebase uid, which is a string that is not empty');
  if (!uid.isWellFormed()) throw unfit(source, 'a Firebase uid without lone surrogates');
  const limited = config.secret === undefined ? uid.length <= MAX_UID : Buffer.byteLength(uid) <= SDK2.maxUid;
  if (!limited) {
    throw unfit(
      source,
      `a Firebase uid of at most ${config.secret === undefined ? `${MAX_UID} characters` : `${SDK2.maxUid} bytes`}`,
    );
  }
  return { uid, claims: { ...dataClaims, ...mapClaims(claims, config.claims) } };
}

function dataOf(path: ClaimPath | undefined, claims: SignRequest['claims']): Record<string, unknown> {
  const data = path && readClaim(claims, path);
  if (data === undefined || data === null) return {};
  if (typeof data !== 'object' || Array.isArray(data))
    throw unfit(path?.text ?? '', 'an object with a Firebase uid and claims');
  return data as Record<string, unknown>;
}

type Sign = (parts: Identity & { readonly iat: number; readonly exp: number }) => Promise<string> | string;

function customTokenSigner({ client_email, private_key, private_key_id }: Config): Sign {
  const header = { alg: 'RS256', typ: 'JWT', ...(private_key_id !== undefined && { kid: private_key_id }) };
  return ({ uid, claims, iat, exp }) => {
    if (JSON.stringify(claims).length > MAX_CLAIMS) {
      throw unfit('claims', `custom claims of at most ${MAX_CLAIMS} characters of JSON`);
    }
    const custom = Object.keys(claims).length > 0 && { claims };
    return new SignJWT({ iss: client_email, sub: client_email, aud: AUDIENCE, iat, exp, uid, ...custom })
      .setProtectedHeader(header)
      .sign(private_key as KeyObject);
  };
}

/** Byte for byte what firebase-token-generator 2.0.0 made; its `admin` flag is never set. */
function sdk2Signer(_config: Config, secret: string): Sign {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encode({ typ: 'JWT', alg: 'HS256' });
  return ({ uid, claims, iat, exp }) => {
    const input = `${header}.${encode({ iat, exp, v: 0, d: { uid, ...claims } })}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    if (token.length >= SDK2.maxToken) throw unfit('claims', `claims that keep the token below ${SDK2.maxToken} bytes`);
    return token;
  };
}

function unfit(source: string, expected: string): DelegationError {
  return new DelegationError('INVALID_REQUEST', `The claim "${source}" must give ${expected}`);
}
