import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { IDP_JWKS } from '../../support/caller.js';
import { ISSUER } from '../../support/gateway.js';
import { signers } from '../../support/identity-provider.js';
import { publicJwk, rsaPair } from '../../support/keys.js';
import { samlTenant } from '../../support/saml.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const PARTNER = 'https://partner.example.com/';
const SUPPLIER = 'https://supplier.example.com/';
const NOT_BELIEVED = 'among its identity_claims, because it names the user';
const NOT_TAKEN = 'its issuer (iss) is not among the issuers of the calling application';

/**
 * A tenant with a company, a partner and a supplier. Only the company is believed in `email` and `firebase_data`. `web` and
 * `api` take tokens of the company and of the partner, `corp-admin` those of the company alone.
 */
const PARTNERS: Setting = {
  issuers: [ISSUER, PARTNER],
  change(config, { url }) {
    samlTenant(config);
    const [tenant] = config.tenants;
    Object.assign(tenant!.issuers[0]!, { subject_prefix: '', identity_claims: ['email', 'firebase_data'] });
    const jwks = { keys: [publicJwk(rsaPair('supplier'), { kid: 'rsa-1' })] };
    tenant!.issuers.push(
      { issuer: PARTNER, subject_prefix: 'partner|', jwks: IDP_JWKS } as never,
      { issuer: SUPPLIER, subject_prefix: 'supplier|', jwks } as never,
    );
    const open = (client_id: string, more: object = {}) => ({
      client_id,
      allowed_clients: ['*'],
      issuers: [ISSUER, PARTNER],
      ...more,
    });
    const sap_api = {
      clientid: 'OAUTH_USER',
      servicePassword: 'a service password of SAP',
      tokenEndpointUrl: `${url}/sap/token`,
      usernameAttribute: 'email',
    };
    const secret = 'a-secret-of-firebase-0123456789';
    const clients = [
      open('web'),
      open('api', {
        claims: { email: 'email', email_verified: 'email_verified', firebase_data: 'firebase_data' },
      }),
      open('corp-admin', { issuers: [ISSUER] }),
      open('fire-email', { addons: { firebase: { secret, uid: 'email' } } }),
      open('fire-data', { addons: { firebase: { secret, data_claim: 'firebase_data' } } }),
      open('sap-email', { addons: { sap_api } }),
    ];
    Object.assign(tenant!, { clients });
  },
};

const CEO = {
  email: 'ceo@example.com',
  email_verified: true,
  firebase_data: { uid: 'ceo@example.com', role: 'admin' },
};

const TARGETS: readonly Ask[] = [
  { target: 'fire-email', apiType: 'FIREBASE' },
  { target: 'fire-data', apiType: 'FIREBASE' },
  { target: 'sap-email', apiType: 'SAP_API' },
];

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const byPartner = ({ token }: Scene, changes: object = {}) => token({ iss: PARTNER, ...changes });
const byKeyOf = (name: string) => signers.RS256(rsaPair(name).privateKey);
const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };

export const ISSUERS: Theme = {
  title: 'An identity provider that says more than it may',
  setting: PARTNERS,
  attacks: [
    {
      name: 'A partner writes the email or the Firebase user of the CEO into a token',
      source: 'OpenID Connect Core §5.7, OWASP API2:2023 Broken Authentication',
      attack: (scene) => TARGETS.map((ask) => ({ idToken: byPartner(scene, CEO), ...ask })),
      control: ({ token }) => ({ idToken: token(CEO), ...TARGETS[0]! }),
      outcome: { refused: 'INVALID_REQUEST', message: NOT_BELIEVED },
      effects: { spent: 1 },
    },
    {
      name: 'A partner writes them into a token, and an application of the tenant passes them on',
      source: 'OpenID Connect Core §5.7, RFC 8693 §5',
      async attack(scene) {
        const idToken = await scene.obtain({ idToken: byPartner(scene, CEO), target: 'api' });
        return TARGETS.map((ask) => ({ idToken, clientId: 'api', ...ask }));
      },
      control: async ({ token, obtain }) => {
        const idToken = await obtain({ idToken: token(CEO), target: 'api' });
        return { idToken, clientId: 'api', ...TARGETS[0]! };
      },
      outcome: { refused: 'INVALID_REQUEST', message: NOT_BELIEVED },
      effects: { spent: 1 },
    },
    {
      name: 'A user changes the own email to that of the CEO, and has not verified it',
      source: 'OpenID Connect Core §5.1 and §5.7',
      attack: ({ token }) =>
        [false, undefined, null, 'true', 1].map((email_verified) => ({
          idToken: token({ ...CEO, email_verified }),
          ...TARGETS[0]!,
        })),
      control: ({ token }) => ({ idToken: token(CEO), ...TARGETS[0]! }),
      outcome: { refused: 'INVALID_REQUEST', message: 'be verified (email_verified: true)' },
      effects: { spent: 1 },
    },
    {
      name: 'A partner issues a token to an application of the company',
      source: 'RFC 8725 §3.8 and §3.9',
      attack: (scene) =>
        [
          { aud: 'corp-admin' },
          { aud: ['corp-admin'] },
          { aud: ['web', 'corp-admin'], azp: 'corp-admin' },
          { aud: ['corp-admin', 'web'], azp: 'corp-admin' },
        ].map((changes) => ({ idToken: byPartner(scene, changes), clientId: 'corp-admin' })),
      control: ({ token }) => ({ idToken: token({ aud: 'corp-admin' }), clientId: 'corp-admin' }),
      outcome: { refused: 'INVALID_TOKEN', message: NOT_TAKEN },
    },
    {
      name: 'A user of a partner goes over another application to one of the company',
      source: 'RFC 8725 §3.8, RFC 8693 §5',
      async attack(scene) {
        const idToken = await scene.obtain({ idToken: byPartner(scene), target: 'corp-admin' });
        return [
          { idToken, clientId: 'corp-admin' },
          { idToken, clientId: 'corp-admin', target: 'web' },
        ];
      },
      control: async ({ token, obtain }) => ({
        idToken: await obtain({ idToken: token(), target: 'corp-admin' }),
        clientId: 'corp-admin',
      }),
      outcome: {
        refused: 'INVALID_TOKEN',
        message: 'its identity provider (idp) is not among the issuers of the calling application',
      },
    },
    {
      name: 'One identity provider signs tokens in the name of another one',
      source: 'RFC 8725 §3.8 and §3.10',
      attack: ({ forge, claims, token, victim }) => [
        { idToken: forge(HEADER, claims({ sub: victim }), byKeyOf('supplier')) },
        { idToken: forge(HEADER, claims({ iss: PARTNER, sub: victim }), byKeyOf('supplier')) },
        { idToken: forge(HEADER, claims({ iss: 'https://acme.example.com/' }), byKeyOf('supplier')) },
        { idToken: token({ iss: 'https://acme.example.com/' }) },
      ],
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: /its signature is not valid|no suitable key/ },
    },
    {
      name: 'A user of the company has a sub that begins like the users of a partner',
      source: 'OpenID Connect Core §5.7, RFC 7519 §4.1.2',
      attack: ({ token, user }) =>
        [`partner|${user}`, 'partner|', 'supplier|boss'].map((sub) => ({ idToken: token({ sub }) })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'begins with the subject prefix of another issuer' },
    },
    {
      name: 'A user of a partner has the sub of a user of the company',
      source: 'OpenID Connect Core §5.7, RFC 7519 §4.1.2',
      attack: (scene) => ({ idToken: byPartner(scene, { sub: scene.victim }) }),
      control: honest,
      outcome: {
        granted: 'the user id has the prefix of the partner',
        check: ({ token = '' }, { victim }) => expect(readJwt(token).payload.sub).toBe(`partner|${victim}`),
      },
    },
    {
      name: 'A user of a partner renews, to get another user id or a second bucket',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: async (scene) => ({ idToken: await scene.obtain({ idToken: byPartner(scene) }) }),
      control: honest,
      outcome: {
        granted: 'the user id is the same, and the same bucket is charged',
        check: ({ token = '' }, { user }) => expect(readJwt(token).payload.sub).toBe(`partner|${user}`),
      },
    },
  ],
};
