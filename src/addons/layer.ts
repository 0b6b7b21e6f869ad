import * as z from 'zod';
import { DelegationError } from '../errors.js';
import { createJwsSigner } from '../keys/jws.js';
import { defineAddon } from './addon.js';
import { idTokenBody } from './credential.js';
import { readUserName } from './shared/claim-checks.js';
import { DEFAULT_MINUTES, minutes } from './shared/config-fields.js';

/** UTF-16 units: a limit of this gateway, well above the length of Layer's nonces. */
const MAX_NONCE = 1024;

/**
 * A Layer identity token, as Layer's authentication guide described it; the service is retired. Layer gives the client
 * the nonce, which ties the token to one attempt to sign in.
 */
export const layer = defineAddon({
  name: 'layer',
  apiType: 'LAYER',
  description: 'A Layer identity token. It needs the nonce in `layer`.',
  retired: 'Layer is shut down. For servers of your own that still accept its tokens.',
  config: (fields) =>
    fields.object({
      providerId: z.string().min(1).describe('The provider id of the Layer application: iss of the token.'),
      keyId: z.string().min(1).describe('The id under which the server knows the public key: kid of the token.'),
      privateKey: fields.rsaPrivateKey().describe('The RSA private key in PEM form that signs the token.'),
      principal: fields
        .claimPath()
        .prefault('user_id')
        .describe('The claim that identifies the user; user_id is the user id.'),
      expiration: minutes().default(DEFAULT_MINUTES).describe('How long the token is valid, in minutes.'),
    }),
  credential: {
    name: 'LayerIdentityToken',
    description: 'An identity token for the Layer SDK. Layer is shut down.',
    token: 'The identity token. Pass it to the Layer SDK.',
    fields: {},
  },
  input: {
    name: 'LayerDelegationInput',
    field: 'layer',
    description: 'What a Layer identity token needs besides the user. Layer is shut down.',
    fields: {
      nonce: { description: 'The nonce that Layer gave to the client.', legacyParameter: 'nonce', required: true },
    },
  },
  create({ providerId, keyId, privateKey, principal, expiration }) {
    const sign = createJwsSigner(privateKey, { typ: 'JWS', alg: 'RS256', cty: 'layer-eit;v=1', kid: keyId });
    const expiresIn = expiration * 60;
    return {
      async issue({ identity, input, nowSeconds }) {
        const nce = parseNonce(input.nonce);
        const prn = readUserName(identity, principal);
        const expiresAt = nowSeconds + expiresIn;
        const token = await sign({ iss: providerId, prn, iat: nowSeconds, exp: expiresAt, nce });
        return { token, tokenType: 'Bearer', expiresAt, expiresIn, fields: {} };
      },
    };
  },
  legacyBody: idTokenBody,
});

function parseNonce(nonce: string): string {
  if (nonce === '') throw new DelegationError('INVALID_REQUEST', 'layer.nonce is required');
  if (nonce.length <= MAX_NONCE && nonce.isWellFormed()) return nonce;
  throw new DelegationError(
    'INVALID_REQUEST',
    `layer.nonce must have at most ${MAX_NONCE} characters and no lone surrogates`,
  );
}
