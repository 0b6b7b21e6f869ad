import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { IDP_JWKS } from '../../support/caller.js';
import { APP_SECRET, type ConfigDocument, ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { signers } from '../../support/identity-provider.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const DAY = 86_400;
const THIRTY_ONE_YEARS = 1_000_000_000;
const PARTNER = 'https://partner.example.com/';
const DENIED = 'auth0|denied';

/** App tokens of `web` live for 30 days, and `private` takes every application. */
function withLongLifetime({ tenants }: ConfigDocument): void {
  const [web, , chat, open] = tenants[0]!.clients;
  Object.assign(web!, { jwt_configuration: { lifetime_in_seconds: 30 * DAY } });
  for (const client of [chat, open]) Object.assign(client!, { allowed_clients: ['*'] });
}

const LONG: Setting = { change: withLongLifetime };
/** A gateway of its own, for rows that move the clock or reload. */
const OWN_GATEWAY: Setting = { ...LONG, fresh: true };

const withTenant = (fields: object): Setting => ({
  change: ({ tenants }) => void Object.assign(tenants[0]!, fields),
});
const withIssuer = (fields: object): Setting => ({
  change: ({ tenants }) => void Object.assign(tenants[0]!.issuers[0]!, fields),
});

/** A partner is one of the identity providers of `web`. */
const TWO_ISSUERS: Setting = {
  fresh: true,
  change({ tenants }) {
    const [tenant] = tenants;
    Object.assign(tenant!.issuers[0]!, { subject_prefix: '' });
    tenant!.issuers.push({ issuer: PARTNER, subject_prefix: 'partner|', jwks: IDP_JWKS } as never);
    for (const client of tenant!.clients) Object.assign(client, { issuers: [ISSUER, PARTNER] });
  },
};

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** A token of the tenant that the holder of the secret of `api` made: HS256, for 31 years. */
function forgeForApi({ forge, claims, victim, nowSeconds, origin }: Scene, changes: object = {}): string {
  const exp = nowSeconds + THIRTY_ONE_YEARS;
  const forged = claims({ iss: TENANT_ISSUER, sub: victim, aud: 'api', azp: 'web', exp, ...origin(), ...changes });
  return forge({ alg: 'HS256' }, forged, signers.HS256(APP_SECRET));
}

export const CHAIN_ENDS: Theme = {
  title: 'A token that shall live longer, or come from elsewhere',
  setting: LONG,
  attacks: [
    {
      name: 'The holder of the HS256 secret of a target makes a token for somebody else and delegates on',
      source: 'RFC 8725 §3.5, RFC 8693 §5, OWASP API2:2023 Broken Authentication',
      attack: (scene) => {
        const idToken = forgeForApi(scene);
        const asks: Ask[] = [{ target: 'private' }, { target: 'chat', apiType: 'FIREBASE' }];
        return asks.map((ask) => ({ idToken, clientId: 'api', ...ask }));
      },
      control: ({ token }) => ({ idToken: token(), target: 'private' }),
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: 'An HS256 token of the tenant can only be renewed' },
      effects: { spent: 1 },
    },
    {
      name: 'The holder of the HS256 secret renews a token of 31 years',
      source: 'RFC 8725 §3.5',
      attack: (scene) => ({
        idToken: forgeForApi(scene, { chain_exp: scene.nowSeconds + THIRTY_ONE_YEARS }),
        clientId: 'api',
      }),
      control: ({ token }) => ({ idToken: token(), target: 'api' }),
      outcome: {
        granted: 'the new token is for the same target alone, and lives as long as the configuration says',
        check({ token = '' }, { nowSeconds }) {
          const { aud, exp } = readJwt(token).payload;
          expect({ aud, exp }).toEqual({ aud: 'api', exp: nowSeconds + 3600 });
        },
      },
    },
    {
      name: 'A token of the tenant does not say where it comes from, or says so in a wrong form',
      source: 'RFC 8693 §4.1, RFC 8725 §3.11',
      attack: (scene) =>
        [
          { idp: undefined },
          { idp: ['https://login.example.com/'] },
          { chain_iat: undefined },
          { chain_exp: undefined },
          { chain_exp: `${scene.nowSeconds + DAY}` },
          { chain_exp: null },
        ].map((changes) => ({ idToken: forgeForApi(scene, changes), clientId: 'api' })),
      control: (scene) => ({ idToken: forgeForApi(scene), clientId: 'api' }),
      outcome: { refused: 'INVALID_TOKEN', message: 'it does not say where it comes from (idp, chain_iat, chain_exp)' },
    },
    {
      name: 'A token of the tenant comes from the tenant itself, or from an identity provider that nobody configured',
      source: 'RFC 8725 §3.8',
      attack: (scene) =>
        [TENANT_ISSUER, PARTNER, '', '__proto__', ISSUER.slice(0, -1)].map((idp) => ({
          idToken: forgeForApi(scene, { idp }),
          clientId: 'api',
        })),
      control: (scene) => ({ idToken: forgeForApi(scene), clientId: 'api' }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its identity provider (idp) is not configured for this tenant' },
    },
    {
      name: 'The actor of a token of the tenant is a string, a list or nested without a name',
      source: 'RFC 8693 §4.1',
      attack: (scene) =>
        ['web', ['web'], null, {}, { act: { sub: 'web' } }, { sub: 7 }, { sub: 'web', act: 'web' }].map((act) => ({
          idToken: forgeForApi(scene, { act }),
          clientId: 'api',
        })),
      control: (scene) => ({ idToken: forgeForApi(scene, { act: { sub: 'web' } }), clientId: 'api' }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its actor (act) must be an object with sub' },
    },
    {
      name: 'A token with two seconds left is renewed for thirty days',
      source: 'OWASP Session Management Cheat Sheet: Absolute Timeout',
      attack: ({ token, nowSeconds }) => ({ idToken: token({ exp: nowSeconds + 2 }) }),
      control: honest,
      outcome: {
        granted: 'the new token lives no longer than max_chain_age_in_seconds after the sign-in',
        check: ({ token = '' }, { nowSeconds }) => expect(readJwt(token).payload.exp).toBe(nowSeconds + DAY),
      },
    },
    {
      name: 'A token is renewed again and again, to live for ever',
      source: 'OWASP Session Management Cheat Sheet: Absolute Timeout',
      setting: OWN_GATEWAY,
      async attack({ token, obtain, server }) {
        const tokens = [await obtain({ idToken: token() })];
        for (let renewals = 0; renewals < 3; renewals++) {
          server.clock.advance(8 * 3_600_000 - 1_000);
          tokens.push(await obtain({ idToken: tokens.at(-1)! }));
        }
        server.clock.advance(3_000);
        return tokens.map((idToken) => ({ idToken }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: /it has expired \(exp\)|its chain has expired \(chain_exp\)/ },
    },
    {
      name: 'A token outlives its chain by a chain of several applications',
      source: 'RFC 8693 §5, OWASP Session Management Cheat Sheet: Absolute Timeout',
      setting: OWN_GATEWAY,
      async attack({ token, obtain, server }) {
        const first = await obtain({ idToken: token() });
        server.clock.advance((DAY - 1) * 1_000);
        const last = await obtain({ idToken: first, target: 'private' });
        server.clock.advance(1_000);
        return [
          { idToken: last, clientId: 'private' },
          { idToken: last, clientId: 'private', target: 'chat', apiType: 'FIREBASE' },
        ];
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its chain has expired (chain_exp)' },
    },
    {
      name: 'A token goes on after its identity provider was removed from the configuration',
      source: 'RFC 7009 §1, OWASP API2:2023 Broken Authentication',
      setting: TWO_ISSUERS,
      async attack({ token, obtain, server }) {
        const idToken = token({ iss: PARTNER });
        const app = await obtain({ idToken });
        await server.reload({});
        return [app, idToken].map((each) => ({ idToken: each }));
      },
      control: honest,
      outcome: {
        refused: 'INVALID_TOKEN',
        message: /its (issuer \(iss\)|identity provider \(idp\)) is not configured/,
      },
    },
    {
      name: 'A stolen token of the tenant is used after tokens_valid_after of the tenant',
      source: 'RFC 7009 §1, OWASP Session Management Cheat Sheet: Session Expiration',
      setting: OWN_GATEWAY,
      async attack({ token, obtain, server }) {
        const app = await obtain({ idToken: token() });
        server.clock.advance(10_000);
        await server.reload(withTenant({ tokens_valid_after: iso(server.clock.seconds()) }));
        return { idToken: app };
      },
      control: async ({ token, obtain }) => ({ idToken: await obtain({ idToken: token() }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'it was issued before tokens_valid_after of the tenant' },
    },
    {
      name: 'A stolen ID token, and what it became, are used after tokens_valid_after of the identity provider',
      source: 'RFC 7009 §1, OWASP Session Management Cheat Sheet: Session Expiration',
      setting: OWN_GATEWAY,
      async attack({ token, obtain, server }) {
        const stolen = token();
        const app = await obtain({ idToken: stolen });
        server.clock.advance(10_000);
        const renewed = await obtain({ idToken: app });
        await server.reload(withIssuer({ tokens_valid_after: iso(server.clock.seconds()) }));
        return [stolen, app, renewed].map((idToken) => ({ idToken }));
      },
      control: async ({ token, obtain }) => ({ idToken: await obtain({ idToken: token() }) }),
      outcome: { refused: 'INVALID_TOKEN', message: /before tokens_valid_after of its (issuer|identity provider)/ },
    },
    {
      name: 'A user who is among the denied_subjects uses an ID token or a token of the tenant',
      source: 'RFC 7009 §1, OWASP API2:2023 Broken Authentication',
      setting: OWN_GATEWAY,
      async attack({ token, obtain, server }) {
        const idToken = token({ sub: DENIED });
        const app = await obtain({ idToken });
        await server.reload(withTenant({ denied_subjects: [DENIED] }));
        return [idToken, app].map((each) => ({ idToken: each }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its user is among the denied_subjects of the tenant' },
    },
  ],
};
