import { SignJWT } from 'jose';
import { z } from 'zod';
import { DelegationError } from '../errors.js';
import { type AddonInput, type ConfigFields, type Credential, defineAddon } from './addon.js';
import { idTokenBody } from './shared/id-token-body.js';
import { DEFAULT_MINUTES, minutes } from './shared/minutes.js';
import { readUserName } from './shared/user-name.js';

/** UTF-16 units: far more than Layer's nonces had, far less than a token should carry. */
const MAX_NONCE = 1024;

function configSchema(kit: ConfigFields) {
  return kit.object({
    providerId: z.string().min(1),
    keyId: z.string().min(1),
    privateKey: kit.rsaPrivateKey(),
    principal: kit.claimPath().prefault('user_id'),
    expiration: minutes().default(DEFAULT_MINUTES),
  });
}

type Config = z.output<ReturnType<typeof configSchema>>;

/**
 * A Layer identity token, as Layer's guide to authentication described it; the service is retired. The nonce
 * is the one that Layer gave to the client, and ties the token to that attempt to sign in.
 */
export const layer = defineAddon<Config>({
  name: 'layer',
  apiType: 'LAYER',
  description: 'A Layer identity token. It needs the nonce in `layer`.',
  config: configSchema,
  credential: {
    name: 'LayerIdentityToken',
    description: 'An identity token for the Layer SDK.',
    fields: {},
  },
  input: {
    name: 'LayerDelegationInput',
    field: 'layer',
    description: 'What a Layer identity token needs beside the user.',
    fields: { nonce: { description: 'The nonce that Layer gave to the client. Required.', legacyParameter: 'nonce' } },
  },
  create({ providerId, keyId, privateKey, principal, expiration }) {
    const header = { typ: 'JWS', alg: 'RS256', cty: 'layer-eit;v=1', kid: keyId };
    const expiresIn = expiration * 60;
    return {
      async issue({ claims, input, nowSeconds }): Promise<Credential> {
        const nce = readNonce(input);
        const prn = readUserName(claims, principal);
        const expiresAt = nowSeconds + expiresIn;
        const token = await new SignJWT({ iss: providerId, prn, iat: nowSeconds, exp: expiresAt, nce })
          .setProtectedHeader(header)
          .sign(privateKey);
        return { token, tokenType: 'Bearer', expiresAt, expiresIn, fields: {} };
      },
    };
  },
  legacyBody: idTokenBody,
});

function readNonce({ nonce }: AddonInput): string {
  if (!nonce) throw new DelegationError('INVALID_REQUEST', 'layer.nonce is required: the nonce that Layer gave');
  if (nonce.length <= MAX_NONCE && nonce.isWellFormed()) return nonce;
  throw new DelegationError(
    'INVALID_REQUEST',
    `layer.nonce must be at most ${MAX_NONCE} characters without lone surrogates`,
  );
}
