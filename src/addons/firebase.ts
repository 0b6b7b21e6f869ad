import { createSecretKey } from 'node:crypto';
import * as z from 'zod';
import { DelegationError } from '../errors.js';
import { createJwsSigner } from '../keys/jws.js';
import type { ServiceAccount } from '../keys/service-account.js';
import { isRecord } from '../lib/json.js';
import { refineWhen } from '../lib/refine-when.js';
import { type ConfigFields, defineAddon, type IssueRequest, type Report } from './addon.js';
import { idTokenBody } from './credential.js';
import { type IdentityClaims, invalidClaim } from './shared/claim-checks.js';
import { type ClaimPath, mapClaims } from './shared/claim-path.js';

const AUDIENCE = 'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit';
/** Firebase accepts custom tokens of at most one hour. */
const MAX_LIFETIME_SECONDS = 3600;
/** In UTF-16 units, as Firebase's SDKs count. */
const MAX_UID = 128;
/** Characters of the custom claims as JSON. */
const MAX_CLAIMS = 1000;
/** Limits of the Firebase SDK 2, in bytes. */
const SDK2 = { maxUid: 256, maxToken: 1024 };

/** Names that Firebase reserves. `sub` and `firebase` are refused too, because readers of the token would misread them. */
const RESERVED_CLAIMS: ReadonlySet<string> = new Set(
  'acr amr at_hash aud auth_time azp cnf c_hash exp firebase iat iss jti nbf nonce sub'.split(' '),
);

const EITHER = 'service_account alone, client_email with private_key, or secret alone';

function buildConfigSchema(fields: ConfigFields) {
  return fields
    .object({
      service_account: fields
        .serviceAccount()
        .optional()
        .describe('The service account that signs: its JSON file, as Google gives it.'),
      client_email: z
        .string()
        .min(1)
        .optional()
        .describe('In place of service_account: client_email of its JSON file.'),
      private_key: fields
        .rsaPrivateKey()
        .optional()
        .describe('The private key of the service account in PEM form: private_key of its JSON file.'),
      private_key_id: z
        .string()
        .min(1)
        .optional()
        .describe('The kid of the token: private_key_id of the JSON file. Default: none.'),
      secret: fields
        .secret({ pattern: /^.+$/su, expected: 'a secret that is not empty' })
        .optional()
        .describe('The secret of a Firebase SDK 2 database, in place of the service account.'),
      lifetime_in_seconds: z
        .int()
        .min(1)
        .max(MAX_LIFETIME_SECONDS)
        .default(MAX_LIFETIME_SECONDS)
        .describe('How long the custom token is valid.'),
      uid: fields.claimPath().optional().describe('The claim that holds the uid. Default: the user id.'),
      claims: fields
        .claimMap(RESERVED_CLAIMS)
        .default([])
        .describe('Custom claims, { name: path into the claims of the caller }.'),
      data_claim: fields
        .claimPath()
        .optional()
        .describe(
          'A claim whose uid is the uid and whose other keys are custom claims, as Auth0 rules set firebase_data.',
        ),
    })
    .superRefine(
      ({ service_account, client_email, private_key, private_key_id, secret }, { addIssue }) => {
        const report = (name: string) => addIssue({ code: 'custom', path: [name], message: EITHER });
        const hasParts = [client_email, private_key, private_key_id].some((part) => part !== undefined);
        if (secret !== undefined) {
          if (service_account !== undefined || hasParts) report('secret');
        } else if (service_account !== undefined) {
          if (hasParts) report('service_account');
        } else {
          if (client_email === undefined) report('client_email');
          if (private_key === undefined) report('private_key');
        }
      },
      refineWhen('service_account', 'client_email', 'private_key', 'private_key_id', 'secret'),
    )
    .superRefine(
      ({ secret, claims }, { addIssue }) => {
        // In an SDK 2 token the claims are beside the uid, so a claim of that name would replace the checked uid.
        if (secret === undefined || claims.every(([name]) => name !== 'uid')) return;
        addIssue({ code: 'custom', path: ['claims', 'uid'], message: 'a claim name other than uid' });
      },
      refineWhen('secret', 'claims'),
    );
}

type Config = z.output<ReturnType<typeof buildConfigSchema>>;

/**
 * A Firebase custom token (https://firebase.google.com/docs/auth/admin/create-custom-tokens), or with `secret` a token
 * of the Firebase SDK 2.
 */
export const firebase = defineAddon({
  name: 'firebase',
  apiType: 'FIREBASE',
  description: 'A Firebase custom token, for signInWithCustomToken.',
  config: buildConfigSchema,
  credential: {
    name: 'FirebaseCustomToken',
    description: 'A Firebase custom token: a user signs in to Firebase with it.',
    token: 'The custom token. Pass it to signInWithCustomToken of a Firebase SDK.',
    fields: { uid: { type: 'String', description: 'The Firebase user that signs in with the token.' } },
  },
  create(config, { report }) {
    const sign = createSigner(config, report);
    if (!sign) return undefined;
    return {
      async issue(request) {
        const { uid, claims } = readIdentity(config, request);
        const expiresAt = request.nowSeconds + config.lifetime_in_seconds;
        const token = await sign({ uid, claims, iat: request.nowSeconds, exp: expiresAt });
        const expiresIn = config.lifetime_in_seconds;
        return { token, tokenType: 'Bearer', expiresAt, expiresIn, fields: { uid }, issued: { uid } };
      },
    };
  },
  legacyBody: idTokenBody,
});

interface Identity {
  readonly uid: string;
  readonly claims: Record<string, unknown>;
}

/** Reads the uid and the custom claims: first from `data_claim`, as Auth0 rules set `firebase_data`, then by the maps. */
function readIdentity(config: Config, request: IssueRequest): Identity {
  const { uid: dataUid, ...dataClaims } = readData(config.data_claim, request.identity);
  const reserved = Object.keys(dataClaims).find((name) => RESERVED_CLAIMS.has(name));
  if (reserved !== undefined) {
    throw invalidClaim(`${config.data_claim?.text}.${reserved}`, 'be absent: Firebase reserves its name');
  }
  const [uid, source] = readUid(config, request, dataUid);
  return {
    uid: parseUid(uid, source, config.secret !== undefined),
    claims: { ...dataClaims, ...mapClaims(request.claims, config.claims) },
  };
}

/** Reads the uid, with the path of its claim. */
function readUid({ uid, data_claim }: Config, { userId, identity }: IssueRequest, dataUid: unknown): [unknown, string] {
  if (dataUid !== undefined) return [dataUid, `${data_claim?.text}.uid`];
  return uid ? [identity.read(uid), uid.text] : [userId, 'sub'];
}

function parseUid(uid: unknown, source: string, sdk2: boolean): string {
  if (typeof uid !== 'string' || uid === '' || !uid.isWellFormed()) {
    throw invalidClaim(source, 'be a non-empty string without lone surrogates, because it is the Firebase uid');
  }
  if (!sdk2 && uid.length > MAX_UID) {
    throw invalidClaim(source, `have at most ${MAX_UID} characters, because it is the Firebase uid`);
  }
  if (sdk2 && Buffer.byteLength(uid) > SDK2.maxUid) {
    throw invalidClaim(source, `have at most ${SDK2.maxUid} bytes, because it is the Firebase uid`);
  }
  return uid;
}

function readData(path: ClaimPath | undefined, identity: IdentityClaims): Record<string, unknown> {
  const data = path && identity.read(path);
  if (path === undefined || data === undefined || data === null) return {};
  if (isRecord(data)) return data;
  throw invalidClaim(path.text, 'be an object with a Firebase uid and custom claims');
}

type Sign = (parts: Identity & { readonly iat: number; readonly exp: number }) => Promise<string> | string;

function createSigner(
  { service_account, client_email, private_key, private_key_id, secret }: Config,
  report: Report,
): Sign | undefined {
  if (secret !== undefined) return createSdk2Signer(secret);
  if (service_account) return createCustomTokenSigner(service_account);
  if (client_email === undefined || private_key === undefined) return report([], EITHER);
  return createCustomTokenSigner({ email: client_email, key: private_key, keyId: private_key_id });
}

function createCustomTokenSigner({ email, key, keyId }: ServiceAccount): Sign {
  const sign = createJwsSigner(key, { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) });
  return ({ uid, claims, iat, exp }) => {
    if (JSON.stringify(claims).length > MAX_CLAIMS) {
      throw new DelegationError(
        'INVALID_REQUEST',
        `The custom claims of a Firebase token must have at most ${MAX_CLAIMS} characters as JSON`,
      );
    }
    const custom = Object.keys(claims).length > 0 && { claims };
    return sign({ iss: email, sub: email, aud: AUDIENCE, iat, exp, uid, ...custom });
  };
}

/** Signs the same bytes as firebase-token-generator 2.0.0, but never sets its `admin` flag. */
function createSdk2Signer(secret: string): Sign {
  const sign = createJwsSigner(createSecretKey(secret, 'utf8'), { typ: 'JWT', alg: 'HS256' });
  return async ({ uid, claims, iat, exp }) => {
    const token = await sign({ iat, exp, v: 0, d: { uid, ...claims } });
    if (token.length < SDK2.maxToken) return token;
    throw new DelegationError('INVALID_REQUEST', `The Firebase token must be shorter than ${SDK2.maxToken} bytes`);
  };
}
