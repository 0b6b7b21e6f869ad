import { createHash, createSecretKey } from 'node:crypto';
import { createJwsSigner } from '../keys/jws.js';
import { defineAddon } from './addon.js';
import { idTokenBody } from './credential.js';
import { readUserName } from './shared/claim-checks.js';

/** Mobile Services derived its token key from the master key and this suffix. */
const SIGNING_SUFFIX = 'JWTSig';
const HEADER = { alg: 'HS256', typ: 'JWT', kid: '0' } as const;

/**
 * A token of Azure Mobile Services, as its login endpoint issued them (version 2); the service is retired. The token's
 * lifetime is that of the client's `jwt_configuration`.
 */
export const wams = defineAddon({
  name: 'wams',
  apiType: 'WAMS',
  description: 'A token of Azure Mobile Services.',
  retired: 'Azure Mobile Services is retired. For servers of your own that still accept its tokens.',
  config: (fields) =>
    fields.object({
      masterkey: fields
        .secret({ pattern: /^.+$/su, expected: 'a master key that is not empty' })
        .describe('The master key of the mobile service, from which the key of the token is derived.'),
      uid: fields
        .claimPath()
        .prefault('user_id')
        .describe('The claim that identifies the user; user_id is the user id.'),
    }),
  credential: {
    name: 'MobileServicesToken',
    description: 'A token of Azure Mobile Services, which is retired.',
    token: 'The token. Send it in the header X-ZUMO-AUTH.',
    fields: {},
  },
  create({ masterkey, uid }, { client }) {
    const key = createSecretKey(createHash('sha256').update(`${masterkey}${SIGNING_SUFFIX}`).digest());
    const sign = createJwsSigner(key, HEADER);
    const expiresIn = client.lifetimeInSeconds;
    return {
      async issue({ identity, nowSeconds }) {
        const expiresAt = nowSeconds + expiresIn;
        const token = await sign({
          exp: expiresAt,
          iss: 'urn:microsoft:windows-azure:zumo',
          ver: 2,
          aud: 'Custom',
          uid: readUserName(identity, uid),
        });
        return { token, tokenType: 'Bearer', expiresAt, expiresIn, fields: {} };
      },
    };
  },
  legacyBody: idTokenBody,
});
