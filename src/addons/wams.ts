import { createHash, createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { z } from 'zod';
import { type ConfigFields, type Credential, defineAddon } from './addon.js';
import { idTokenBody } from './shared/id-token-body.js';
import { readUserName } from './shared/user-name.js';

/** What Mobile Services derived the keys of its tokens with, from the master key. */
const SIGNING_SUFFIX = 'JWTSig';
const HEADER = { alg: 'HS256', typ: 'JWT', kid: '0' };

function configSchema(kit: ConfigFields) {
  return kit.object({
    masterkey: kit.secret({ pattern: /^.+$/su, expected: 'a master key that is not empty' }),
    uid: kit.claimPath().prefault('user_id'),
  });
}

type Config = z.output<ReturnType<typeof configSchema>>;

/**
 * A token of Azure Mobile Services, as its own login endpoint made them (version 2); the service is retired.
 * It lives as long as the client's `jwt_configuration` says.
 */
export const wams = defineAddon<Config>({
  name: 'wams',
  apiType: 'WAMS',
  description: 'A token of Azure Mobile Services.',
  config: configSchema,
  credential: {
    name: 'MobileServicesToken',
    description: 'A token of Azure Mobile Services: send it as the header X-ZUMO-AUTH.',
    fields: {},
  },
  create({ masterkey, uid }, { client }) {
    const key = createSecretKey(createHash('sha256').update(`${masterkey}${SIGNING_SUFFIX}`).digest());
    const expiresIn = client.lifetimeInSeconds;
    return {
      async issue({ claims, nowSeconds }): Promise<Credential> {
        const expiresAt = nowSeconds + expiresIn;
        const token = await new SignJWT({
          exp: expiresAt,
          iss: 'urn:microsoft:windows-azure:zumo',
          ver: 2,
          aud: 'Custom',
          uid: readUserName(claims, uid),
        })
          .setProtectedHeader(HEADER)
          .sign(key);
        return { token, tokenType: 'Bearer', expiresAt, expiresIn, fields: {} };
      },
    };
  },
  legacyBody: idTokenBody,
});
