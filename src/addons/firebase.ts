import { createHmac, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { isRecord } from '../lib/is-record.js';
import { ruleOn } from '../lib/refine-when.js';
import { type Credential, defineAddon, type IssueRequest } from './addon.js';
import { type ClaimMap, type ClaimPath, mapClaims, readClaim } from './shared/claim-path.js';
import { idTokenBody } from './shared/id-token-body.js';
import { unfitClaim } from './shared/invalid-claim.js';

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
      .superRefine(
        ({ client_email, private_key, private_key_id, secret }, { addIssue }) => {
          const fault = (name: string) =>
            addIssue({ code: 'custom', path: [name], message: 'client_email with private_key, or secret alone' });
          if (secret === undefined) {
            if (client_email === undefined) fault('client_email');
            if (private_key === undefined) fault('private_key');
          } else if (client_email !== undefined || private_key !== undefined || private_key_id !== undefined) {
            fault('secret');
          }
        },
        ruleOn('client_email', 'private_key', 'private_key_id', 'secret'),
      )
      // In an SDK 2 token the claims stand beside the uid, and would replace it after it was checked.
      .superRefine(
        ({ secret, claims }, { addIssue }) => {
          if (secret === undefined || claims.every(([name]) => name !== 'uid')) return;
          addIssue({ code: 'custom', path: ['claims', 'uid'], message: 'a claim name other than uid' });
        },
        ruleOn('secret', 'claims'),
      ),
  credential: {
    name: 'FirebaseCustomToken',
    description: 'A Firebase custom token: hand `token` to signInWithCustomToken.',
    fields: { uid: { type: 'String', description: 'The Firebase user that signs in with the token.' } },
  },
  create(config) {
    const sign = config.secret === undefined ? customTokenSigner(config) : sdk2Signer(config.secret);
    return {
      async issue(request): Promise<Credential> {
        const { uid, claims } = identityOf(config, request);
        const expiresAt = request.nowSeconds + config.lifetime_in_seconds;
        const token = await sign({ uid, claims, iat: request.nowSeconds, exp: expiresAt });
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
function identityOf(config: Config, request: IssueRequest): Identity {
  const { uid: dataUid, ...dataClaims } = dataOf(config.data_claim, request.claims);
  const reserved = Object.keys(dataClaims).find((name) => RESERVED_CLAIMS.has(name));
  if (reserved !== undefined)
    throw unfitClaim(`${config.data_claim?.text}.${reserved}`, 'not be there: Firebase reserves it');
  return {
    uid: fitUid(...uidOf(config, request, dataUid), config.secret !== undefined),
    claims: { ...dataClaims, ...mapClaims(request.claims, config.claims) },
  };
}

/** The uid and the claim that it comes from. */
function uidOf({ uid, data_claim }: Config, { userId, claims }: IssueRequest, dataUid: unknown): [unknown, string] {
  if (dataUid !== undefined) return [dataUid, `${data_claim?.text}.uid`];
  return uid ? [readClaim(claims, uid), uid.text] : [userId, 'sub'];
}

function fitUid(uid: unknown, source: string, sdk2: boolean): string {
  if (typeof uid !== 'string' || uid === '')
    throw unfitClaim(source, 'be a string that is not empty, to be a Firebase uid');
  if (!uid.isWellFormed()) throw unfitClaim(source, 'have no lone surrogates, to be a Firebase uid');
  if (!sdk2 && uid.length > MAX_UID)
    throw unfitClaim(source, `have at most ${MAX_UID} characters, to be a Firebase uid`);
  if (sdk2 && Buffer.byteLength(uid) > SDK2.maxUid)
    throw unfitClaim(source, `have at most ${SDK2.maxUid} bytes, to be a Firebase uid`);
  return uid;
}

function dataOf(path: ClaimPath | undefined, claims: IssueRequest['claims']): Record<string, unknown> {
  const data = path && readClaim(claims, path);
  if (data === undefined || data === null) return {};
  if (isRecord(data)) return data;
  throw unfitClaim(path?.text ?? '', 'be an object that holds a Firebase uid and claims');
}

type Sign = (parts: Identity & { readonly iat: number; readonly exp: number }) => Promise<string> | string;

function customTokenSigner({ client_email, private_key, private_key_id }: Config): Sign {
  const header = { alg: 'RS256', typ: 'JWT', ...(private_key_id !== undefined && { kid: private_key_id }) };
  return ({ uid, claims, iat, exp }) => {
    if (JSON.stringify(claims).length > MAX_CLAIMS) {
      throw unfitClaim('claims', `have at most ${MAX_CLAIMS} characters as JSON, in a Firebase token`);
    }
    const custom = Object.keys(claims).length > 0 && { claims };
    return new SignJWT({ iss: client_email, sub: client_email, aud: AUDIENCE, iat, exp, uid, ...custom })
      .setProtectedHeader(header)
      .sign(private_key as KeyObject);
  };
}

/** Byte for byte what firebase-token-generator 2.0.0 made; its `admin` flag is never set. */
function sdk2Signer(secret: string): Sign {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encode({ typ: 'JWT', alg: 'HS256' });
  return ({ uid, claims, iat, exp }) => {
    const input = `${header}.${encode({ iat, exp, v: 0, d: { uid, ...claims } })}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    if (token.length >= SDK2.maxToken) throw unfitClaim('d', `keep the Firebase token below ${SDK2.maxToken} bytes`);
    return token;
  };
}
