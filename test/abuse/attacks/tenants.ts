import { signers } from '../../support/identity-provider.js';
import { publicJwk, rsaPair } from '../../support/keys.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const THEIR_HOST = 'globex.test';
const THEIR_ISSUER = 'https://globex.example.com/';
const THEIR_PROVIDER = 'https://login.globex.example/';
const UNKNOWN_ISSUER = 'its issuer (iss) is not configured for this tenant';
const OUR_SECRET = 'the-secret-of-backend-at-acme-0123456789';
const THEIR_SECRET = 'the-secret-of-backend-at-globex-0123456789';
const NO_APPLICATION = 'names no application of this tenant';

/** Two tenants with one identity provider. Each has a `backend` of its own; `vault` is of the other tenant alone. */
const TENANTS: Setting = {
  change({ tenants }) {
    const [acme] = tenants;
    const backend = (client_secret: string, key: string) => ({
      client_id: 'backend',
      name: 'Backend',
      client_secret,
      jwks: { keys: [publicJwk(rsaPair(key), { kid: 'rsa' })] },
    });
    const globex = structuredClone({ ...acme!, signing_key: rsaPair('globex').pem });
    Object.assign(globex, { name: 'globex', hosts: [THEIR_HOST], issuer: THEIR_ISSUER });
    globex.clients.push(
      backend(THEIR_SECRET, 'their-backend') as never,
      { client_id: 'vault', name: 'Vault', allowed_clients: ['*'] } as never,
    );
    acme!.clients.push(backend(OUR_SECRET, 'backend') as never);
    tenants.push(globex);
  },
};

/** Two tenants with an identity provider each. Their clients have the same ids, and their keys the same key ids. */
const TWO_PROVIDERS: Setting = {
  change({ tenants }) {
    const globex = structuredClone({ ...tenants[0]!, signing_key: rsaPair('globex').pem });
    Object.assign(globex, { name: 'globex', hosts: [THEIR_HOST], issuer: THEIR_ISSUER });
    const jwks = { keys: [publicJwk(rsaPair('globex-idp'), { kid: 'rsa-1' })] };
    Object.assign(globex.issuers[0]!, { issuer: THEIR_PROVIDER, jwks });
    tenants.push(globex);
  },
};

const byTheirKey = () => signers.RS256(rsaPair('globex-idp').privateKey);
const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };
const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const asBackend = ({ token }: Scene, authentication: Ask['authentication'], host?: string): Ask => ({
  idToken: token({ aud: 'backend' }),
  clientId: 'backend',
  ...(authentication && { authentication }),
  ...(host !== undefined && { host }),
});

/** What resembles a name, or is one that every object of JavaScript has. */
const NAMES = ['unknown', '__proto__', 'constructor', 'toString', 'API', 'api ', 'api\u0000', '../api', '*', 'api,web'];

export const TENANTS_AND_NAMES: Theme = {
  title: 'A name of another tenant, or of nothing',
  setting: TENANTS,
  attacks: [
    {
      name: 'The target is an application of another tenant, or of none',
      source: 'OWASP API1:2023 Broken Object Level Authorization',
      attack: ({ token }) => ['vault', ...NAMES].map((target) => ({ idToken: token(), target })),
      control: ({ token }) => ({ idToken: token(), target: 'vault', host: THEIR_HOST }),
      outcome: { refused: 'INVALID_TARGET', message: NO_APPLICATION },
      effects: { spent: 1 },
    },
    {
      name: 'The calling application is one of another tenant, or of none',
      source: 'RFC 6749 §2.2, OWASP API1:2023 Broken Object Level Authorization',
      attack: ({ token }) => ['vault', ...NAMES].map((clientId) => ({ idToken: token({ aud: clientId }), clientId })),
      control: ({ token }) => ({ idToken: token({ aud: 'vault' }), clientId: 'vault', host: THEIR_HOST }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: NO_APPLICATION },
    },
    {
      name: 'The target is asked for an add-on that it does not have, and that another target has',
      source: 'OWASP API5:2023 Broken Function Level Authorization',
      attack: ({ token }) =>
        ['FIREBASE', 'AWS', 'SAP_API', 'AZURE_BLOB', 'SALESFORCE_API'].map((apiType) => ({
          idToken: token(),
          target: 'api',
          apiType,
        })),
      control: ({ token }) => ({ idToken: token(), target: 'chat', apiType: 'FIREBASE' }),
      outcome: { refused: 'ADDON_NOT_CONFIGURED', message: 'The target is not configured for apiType' },
      effects: { spent: 1 },
    },
    {
      name: 'The secret of an application of another tenant authenticates the one of the same name',
      source: 'RFC 6749 §2.3.1, OWASP API1:2023 Broken Object Level Authorization',
      attack: (scene) => [
        asBackend(scene, { secret: THEIR_SECRET }),
        asBackend(scene, { secret: OUR_SECRET }, THEIR_HOST),
      ],
      control: (scene) => asBackend(scene, { secret: THEIR_SECRET }, THEIR_HOST),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: 'The client secret is not one of the calling application' },
    },
    {
      name: 'An assertion for one tenant is sent to another one',
      source: 'RFC 7523 §3, CVE-2025-27371',
      attack: (scene) => [
        asBackend(scene, { assertion: scene.assertion({ aud: THEIR_ISSUER }) }),
        asBackend(scene, { assertion: scene.assertion({}, {}, signers.RS256(rsaPair('their-backend').privateKey)) }),
        asBackend(scene, { assertion: scene.assertion() }, THEIR_HOST),
      ],
      control: (scene) => asBackend(scene, { assertion: scene.assertion() }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: /its audience \(aud\) must be|its signature is not valid/ },
    },
    {
      name: 'A token that the gateway made for one tenant is used at another one with the same identity provider',
      source: 'RFC 8725 §3.8, OWASP API1:2023 Broken Object Level Authorization',
      async attack({ token, obtain }) {
        const theirs = await obtain({ idToken: token(), host: THEIR_HOST });
        const ours = await obtain({ idToken: token() });
        return [{ idToken: theirs }, { idToken: ours, host: THEIR_HOST }];
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: UNKNOWN_ISSUER },
    },
    {
      name: 'A user empties the bucket at another tenant',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: ({ token }) => ({ idToken: token(), host: THEIR_HOST }),
      control: honest,
      outcome: { granted: 'the bucket of the own tenant stays as it was' },
      effects: { spent: 0 },
    },
    {
      name: 'A token of another tenant is used: of its identity provider, of the gateway for it, or with our iss and its key',
      source: 'OWASP API1:2023 Broken Object Level Authorization, RFC 8725 §3.8',
      setting: TWO_PROVIDERS,
      async attack({ forge, claims, obtain }) {
        const theirs = forge(HEADER, claims({ iss: THEIR_PROVIDER }), byTheirKey());
        const app = await obtain({ idToken: theirs, host: THEIR_HOST });
        return [theirs, app, forge(HEADER, claims(), byTheirKey())].map((idToken) => ({ idToken, clientId: 'web' }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: /its issuer \(iss\) is not configured|its signature is not valid/ },
    },
    {
      name: 'A token is sent to the host of another tenant, which has a client of the same id',
      source: 'OWASP API1:2023 Broken Object Level Authorization',
      setting: TWO_PROVIDERS,
      async attack({ token, obtain }) {
        const app = await obtain({ idToken: token() });
        return [token(), app].flatMap((idToken) =>
          [THEIR_HOST, 'GLOBEX.TEST', 'globex.test.', 'globex.test:443'].map((host) => ({
            idToken,
            host,
            clientId: 'web',
          })),
        );
      },
      control: ({ forge, claims }) => ({
        idToken: forge(HEADER, claims({ iss: THEIR_PROVIDER }), byTheirKey()),
        host: THEIR_HOST,
      }),
      outcome: { refused: 'INVALID_TOKEN', message: UNKNOWN_ISSUER },
    },
  ],
};
