import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { APP_SECRET, ISSUER } from '../../support/gateway.js';
import { samlTenant } from '../../support/saml.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const DAY = 86_400;
const EARLIER_ACTOR = 'An application that delegated the token before is not among the allowed_clients of the target';
const TOO_DEEP = 'The token was delegated by as many applications as the tenant allows (3)';
const FIREBASE_SECRET = 'a-secret-of-firebase-0123456789';

/**
 * `web` may delegate to `api`, and only `api` to `vault`; `closed` takes `web` alone, and `a` to `d` take everybody. The
 * add-ons `fire` and `sap`, and the app `editor`, read claims of the caller.
 */
const HOPS: Setting = {
  change(config, { url }) {
    samlTenant(config);
    const open = (client_id: string, more: object = {}) => ({ client_id, allowed_clients: ['*'], ...more });
    const clients = [
      open('web', { claims: { banned: 'app_metadata.banned' } }),
      { client_id: 'api', allowed_clients: ['web'], client_secret: APP_SECRET },
      { client_id: 'vault', allowed_clients: ['api'] },
      { client_id: 'closed', allowed_clients: ['web'] },
      ...['a', 'b', 'c', 'd'].map((id) => open(id)),
      open('editor', { claims: { role: 'app_metadata.role' } }),
      open('fire', { addons: { firebase: { secret: FIREBASE_SECRET, data_claim: 'firebase_data' } } }),
      open('sap', {
        addons: {
          sap_api: {
            clientid: 'OAUTH_USER',
            servicePassword: 'a service password of SAP',
            tokenEndpointUrl: `${url}/sap/token`,
            claims: { cost_center: 'app_metadata.cost_center' },
          },
        },
      }),
      open('aws', {
        addons: {
          aws: {
            role: 'arn:aws:iam::123456789012:role/reader',
            principal: 'arn:aws:iam::123456789012:saml-provider/gateway',
            sts_endpoint: `${url}/sts`,
            claims: { CostCenter: 'app_metadata.cost_center' },
          },
        },
      }),
      open('sap-time', {
        addons: {
          sap_api: {
            clientid: 'OAUTH_USER',
            servicePassword: 'a service password of SAP',
            tokenEndpointUrl: `${url}/sap/token`,
          },
        },
      }),
    ];
    Object.assign(config.tenants[0]!, { clients });
  },
};

const ROLES = {
  app_metadata: { role: 'viewer', banned: true, cost_center: '4711' },
  firebase_data: { uid: 'fb-uid-1', banned: true },
};
const honest = ({ token }: Scene): Ask => ({ idToken: token() });

/** Delegates to the applications one after the other, each of which is then the calling one. */
async function hopOver({ token, obtain }: Scene, ...targets: readonly string[]): Promise<string> {
  let current = token(ROLES);
  let clientId = 'web';
  for (const target of targets) {
    current = await obtain({ idToken: current, clientId, target });
    clientId = target;
  }
  return current;
}

/** Renews the token of `web`. The user hopes to lose the claims that restrict it. */
const renew = ({ token, obtain }: Scene) => obtain({ idToken: token(ROLES) });
const authentication = { secret: APP_SECRET };
const FIREBASE: Ask = { target: 'fire', apiType: 'FIREBASE' };
const AWS: Ask = { target: 'aws', apiType: 'AWS' };
const SAP: Ask = { target: 'sap', apiType: 'SAP_API' };

export const CHAINS: Theme = {
  title: 'A token that is renewed or delegated on',
  setting: HOPS,
  attacks: [
    {
      name: 'A user renews a token to lose the uid and the claims that Firebase reads',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization, RFC 8693 §5',
      attack: async (scene) => ({ idToken: await renew(scene), ...FIREBASE }),
      control: ({ token }) => ({ idToken: token(ROLES), ...FIREBASE }),
      outcome: { refused: 'INVALID_REQUEST', message: 'The claim "firebase_data" must be in the token' },
      effects: { spent: 1 },
    },
    {
      name: 'A user renews a token to lose the attributes that the assertion for SAP has',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization, RFC 8693 §5',
      attack: async (scene) => ({ idToken: await renew(scene), ...SAP }),
      control: ({ token }) => ({ idToken: token(ROLES), ...SAP }),
      outcome: { refused: 'INVALID_REQUEST', message: 'The claim "app_metadata.cost_center" must be in the token' },
      effects: { spent: 1 },
    },
    {
      name: 'A user renews a token to lose the session tags that the policies of AWS read',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization, RFC 8693 §5',
      attack: async (scene) => ({ idToken: await renew(scene), ...AWS }),
      control: ({ token }) => ({ idToken: token(ROLES), ...AWS }),
      outcome: { refused: 'INVALID_REQUEST', message: 'The claim "app_metadata.cost_center" must be in the token' },
      effects: { spent: 1 },
    },
    {
      name: 'A user renews a token to lose the role that the token of another application has',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization, RFC 8693 §5',
      attack: async (scene) => ({ idToken: await renew(scene), target: 'editor' }),
      control: ({ token }) => ({ idToken: token(ROLES), target: 'editor' }),
      outcome: { refused: 'INVALID_REQUEST', message: 'The claim "app_metadata.role" must be in the token' },
      effects: { spent: 1 },
    },
    {
      name: 'A user goes over another application to lose the claims that a target reads',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization, RFC 8693 §5',
      async attack(scene) {
        const idToken = await hopOver(scene, 'a');
        return [FIREBASE, SAP, AWS, { target: 'editor' }].map((ask) => ({ idToken, clientId: 'a', ...ask }));
      },
      control: ({ token }) => ({ idToken: token(ROLES), target: 'a' }),
      outcome: { refused: 'INVALID_REQUEST', message: /The claim "[\w.]+" must be in the token/ },
      effects: { spent: 1 },
    },
    {
      name: 'A user renews a token twice, to lose the mapped claim that its application relies on',
      source: 'OWASP API3:2023 Broken Object Property Level Authorization',
      attack: async (scene) => ({ idToken: await scene.obtain({ idToken: await renew(scene) }) }),
      control: honest,
      outcome: {
        granted: 'the claim is carried over',
        check: ({ token = '' }) => expect(readJwt(token).payload.banned).toBe(true),
      },
    },
    {
      name: 'An application asks for a target that does not list it',
      source: 'RFC 8693 §5, OWASP API5:2023 Broken Function Level Authorization',
      attack: (scene) => ({ idToken: scene.token(), target: 'vault' }),
      control: ({ token }) => ({ idToken: token(), target: 'closed' }),
      outcome: {
        refused: 'UNAUTHORIZED_CLIENT',
        message: 'The calling application is not among the allowed_clients of the target',
      },
      effects: { spent: 1 },
    },
    {
      name: 'A browser goes over api to a target that lists api and not the browser',
      source: 'RFC 8693 §4.1 and §5, RFC 6749 §10.16',
      async attack(scene) {
        const idToken = await hopOver(scene, 'api');
        return { idToken, clientId: 'api', target: 'vault' };
      },
      control: async (scene) => ({
        idToken: await hopOver(scene, 'api'),
        clientId: 'api',
        target: 'vault',
        authentication,
      }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: EARLIER_ACTOR },
      effects: { spent: 1 },
    },
    {
      name: 'A browser renews the token of api first, so that the chain shall be forgotten',
      source: 'RFC 8693 §4.1 and §5',
      async attack(scene) {
        const idToken = await scene.obtain({ idToken: await hopOver(scene, 'api'), clientId: 'api' });
        return { idToken, clientId: 'api', target: 'vault' };
      },
      control: async (scene) => ({ idToken: await hopOver(scene, 'api'), clientId: 'api' }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: EARLIER_ACTOR },
      effects: { spent: 1 },
    },
    {
      name: 'An application that authenticated uses the token of a user to reach a target that lists only the browser',
      source: 'RFC 8693 §5, OWASP API5:2023 Broken Function Level Authorization',
      attack: async (scene) => ({
        idToken: await hopOver(scene, 'api'),
        clientId: 'api',
        target: 'closed',
        authentication,
      }),
      control: async (scene) => ({
        idToken: await hopOver(scene, 'api'),
        clientId: 'api',
        target: 'vault',
        authentication,
      }),
      outcome: {
        refused: 'UNAUTHORIZED_CLIENT',
        message: 'The calling application is not among the allowed_clients of the target',
      },
      effects: { spent: 1 },
    },
    {
      name: 'A token is delegated over more applications than the tenant allows, to any target and add-on',
      source: 'RFC 8693 §4.1, OWASP API4:2023 Unrestricted Resource Consumption',
      async attack(scene) {
        const idToken = await hopOver(scene, 'a', 'b', 'c');
        const asks: Ask[] = [{ target: 'd' }, FIREBASE, { target: 'a' }, { target: 'unknown' }];
        return asks.map((ask) => ({ idToken, clientId: 'c', ...ask }));
      },
      control: async (scene) => ({ idToken: await hopOver(scene, 'a', 'b'), clientId: 'b', target: 'c' }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: TOO_DEEP },
      effects: { spent: 1 },
    },
    {
      name: 'A token goes to and fro between two applications, so that the chain shall not grow',
      source: 'RFC 8693 §4.1',
      attack: async (scene) => ({ idToken: await hopOver(scene, 'a', 'b', 'a'), clientId: 'a', target: 'b' }),
      control: async (scene) => ({ idToken: await hopOver(scene, 'a', 'b', 'a'), clientId: 'a' }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: TOO_DEEP },
      effects: { spent: 1 },
    },
    {
      name: 'An ID token has the claims of a chain, to start it with another origin, end or actor',
      source: 'RFC 8693 §4.1, RFC 8725 §3.12',
      attack: ({ token, nowSeconds }) => {
        const chain = {
          idp: 'https://other.example.com/',
          chain_iat: nowSeconds + DAY,
          chain_exp: nowSeconds + 999 * DAY,
        };
        return ['closed', 'web'].map((target) => ({ idToken: token({ ...chain, act: { sub: 'api' } }), target }));
      },
      control: honest,
      outcome: {
        granted: 'the chain is that of the ID token itself',
        check({ token = '' }, { nowSeconds }) {
          const { idp, chain_iat, chain_exp, act, aud } = readJwt(token).payload;
          expect({ idp, chain_iat, chain_exp }).toEqual({
            idp: ISSUER,
            chain_iat: nowSeconds,
            chain_exp: nowSeconds + DAY,
          });
          expect(act).toEqual(aud === 'web' ? undefined : { sub: 'web' });
        },
      },
    },
    {
      name: 'A user who signed in a week ago goes over an application, to look as if signed in just now',
      source: 'OpenID Connect Core §2 and §3.1.2.1, RFC 9470 §6',
      async attack({ token, obtain, nowSeconds }) {
        const signIn = { auth_time: nowSeconds - 7 * DAY, acr: 'urn:mfa', amr: ['pwd', 'otp'] };
        const idToken = await obtain({ idToken: token(signIn), target: 'a' });
        return { idToken, clientId: 'a', target: 'b' };
      },
      control: honest,
      outcome: {
        granted: 'auth_time, acr and amr are still those of the identity provider',
        check: ({ token = '' }, { nowSeconds }) =>
          expect(readJwt(token).payload).toMatchObject({
            auth_time: nowSeconds - 7 * DAY,
            acr: 'urn:mfa',
            amr: ['pwd', 'otp'],
          }),
      },
    },
    {
      name: 'A user who signed in a week ago asks SAP for a token, to look as if signed in just now',
      source: 'OpenID Connect Core §2, RFC 7522 §3',
      attack: ({ token, nowSeconds }) => ({
        idToken: token({ auth_time: nowSeconds - 7 * DAY }),
        target: 'sap-time',
        apiType: 'SAP_API',
      }),
      control: honest,
      outcome: {
        granted: 'AuthnInstant of the assertion is auth_time',
        check(_answer, { server, nowSeconds }) {
          const encoded = server.upstreams.forms.at(-1)?.get('assertion') ?? '';
          const [, instant = ''] = /AuthnInstant="([^"]+)"/.exec(Buffer.from(encoded, 'base64url').toString()) ?? [];
          expect(Date.parse(instant) / 1000).toBe(nowSeconds - 7 * DAY);
        },
      },
      effects: { upstreamCalls: 1 },
    },
  ],
};
