import { CompactEncrypt } from 'jose';
import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { IDP } from '../../support/caller.js';
import { ISSUER } from '../../support/gateway.js';
import { rsaPair } from '../../support/keys.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';

const UNKNOWN_ISSUER = 'its issuer (iss) is not configured for this tenant';
const AUDIENCE = 'its audience (aud) must contain the client_id of the calling application';

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };

/** ID tokens with other claims. The request names the application, so that the audience does not choose it. */
const withClaims =
  (...changes: readonly Readonly<Record<string, unknown>>[]) =>
  ({ token }: Scene): Ask[] =>
    changes.map((each) => ({ idToken: token(each), clientId: 'web' }));

/** What looks like a user id, and is another one. */
const respell = (sub: string): string[] => [
  sub.toUpperCase(),
  `${sub} `,
  sub.replace('a', 'а'),
  `${sub}\u200b`,
  sub.replace('i', 'i\u0307'),
];

export const TOKEN_KINDS: Theme = {
  title: 'A token of another kind, user or time',
  setting: {},
  attacks: [
    {
      name: 'An access token says so in the typ of its header',
      source: 'RFC 9068 §4, RFC 8725 §3.11',
      attack: ({ token }) =>
        ['at+jwt', 'AT+JWT', 'application/at+jwt', 'logout+jwt', 'dpop+jwt', 1, null].map((typ) => ({
          idToken: token({}, { typ }),
        })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its type (typ) must be JWT, as in an ID token' },
    },
    {
      name: 'An access token, refresh token or logout token of Keycloak says so in the claim typ',
      source: 'RFC 8725 §2.8, §3.12',
      attack: withClaims(
        { typ: 'Bearer' },
        { typ: 'Refresh' },
        { typ: 'Offline' },
        { typ: 'Logout' },
        { typ: null },
        { typ: 'id' },
        { typ: ['ID'] },
      ),
      control: ({ token }) => ({ idToken: token({ typ: 'ID' }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its claim typ must be ID' },
    },
    {
      name: 'An access token says JWT in its header, and in its claims is everything that an ID token is not',
      source: 'RFC 8725 §2.8, §3.11 and §3.12',
      attack: withClaims({ typ: 'Bearer', scp: 'openid', token_use: 'access', azp: 'chat', cnf: { jkt: 'x' } }),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its claim typ must be ID' },
    },
    {
      name: 'An access token of Amazon Cognito says so in the claim token_use',
      source: 'RFC 8725 §2.8, §3.12',
      attack: withClaims({ token_use: 'access' }, { token_use: 'ID' }, { token_use: ['id'] }, { token_use: null }),
      control: ({ token }) => ({ idToken: token({ token_use: 'id' }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its claim token_use must be id' },
    },
    {
      name: 'An access token of Microsoft Entra ID has the claim scp',
      source: 'RFC 8725 §2.8, §3.12',
      attack: withClaims({ scp: 'User.Read' }, { scp: '' }, { scp: null }),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'an access token (scp) is not an ID token' },
    },
    {
      name: 'A token that is bound to a key is used without that key',
      source: 'RFC 7800 §3.1, RFC 9449 §6, RFC 8705 §3.1',
      attack: withClaims({ cnf: { jkt: 'x' } }, { cnf: { 'x5t#S256': 'x' } }, { cnf: {} }, { cnf: null }),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'it is bound to a key (cnf)' },
    },
    {
      name: 'A token for web was issued to another application, its azp',
      source: 'OpenID Connect Core §3.1.3.7, RFC 8725 §3.9',
      attack: withClaims({ azp: 'chat' }, { azp: 'WEB' }, { azp: '' }, { azp: ['web'] }, { azp: null }),
      control: ({ token }) => ({ idToken: token({ azp: 'web' }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its authorized party (azp) must be' },
    },
    {
      name: 'A token for an API or for another application is used as one for web',
      source: 'RFC 8725 §3.9, RFC 7519 §4.1.3',
      attack: withClaims(
        { aud: 'https://api.example.com/', azp: 'web', client_id: 'web' },
        { aud: ['https://api.example.com/', `${ISSUER}userinfo`], azp: 'web' },
        { aud: 'chat' },
        ...['WEB', 'web ', ' web', 'web/', 'https://web', 'web\u0000', 'we'].map((aud) => ({ aud })),
        { aud: ['WEB'] },
      ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: AUDIENCE },
    },
    {
      name: 'A token with several audiences was issued to none or another one of them',
      source: 'OpenID Connect Core §3.1.3.7',
      attack: withClaims({ aud: ['web', 'chat'] }, { aud: ['web', 'chat'], azp: 'chat' }, { aud: ['web', 'web'] }),
      control: ({ token }) => ({ idToken: token({ aud: ['web', 'chat'], azp: 'web' }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'it has several audiences' },
    },
    {
      name: 'A logout token is used as an ID token',
      source: 'OpenID Connect Back-Channel Logout §2.4, RFC 8725 §2.8',
      attack: ({ token }) => {
        const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
        return ['JWT', undefined].map((typ) => ({ idToken: token({ events, jti: 'x', sid: 'y' }, { typ }) }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'a logout token (events) is not an ID token' },
    },
    {
      name: 'An encrypted token holds a valid one, or costs much to decrypt',
      source: 'CVE-2024-28176, CVE-2023-51775, CVE-2023-51774',
      async attack({ token, claims }) {
        const keys = [
          ['RSA-OAEP-256', rsaPair('tenant').publicKey],
          ['RSA-OAEP', rsaPair('idp').publicKey],
          ['dir', Buffer.alloc(32, 7)],
        ] as const;
        const encrypted = keys.map(([alg, key]) =>
          new CompactEncrypt(Buffer.from(alg === 'dir' ? JSON.stringify(claims()) : token()))
            .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'JWT', typ: 'JWT' })
            .encrypt(key),
        );
        const costly = [
          { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2_000_000_000, p2s: 'AAAA' },
          { alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
        ].map((header) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.AAAA.AAAA.AAAA.AAAA`);
        return [...(await Promise.all(encrypted)), ...costly].map((idToken) => ({ idToken }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'it is encrypted (JWE); expected a signed ID token' },
    },
    {
      name: 'Something that is no JWT is used as an ID token: a SAML assertion, a refresh token',
      source: 'RFC 8693 §3',
      attack: () =>
        [
          Buffer.from('<saml:Assertion ID="_1" Version="2.0"><saml:Subject/></saml:Assertion>').toString('base64'),
          'v1.MRrtcWcVrYPzhHIl3xT0h5ExampleOfARefreshToken',
          'opaque-access-token-0123456789',
        ].map((idToken) => ({ idToken, clientId: 'web' })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'it is not a JWT in compact form' },
    },
    {
      name: 'The assertion with which an application authenticates is used as an ID token',
      source: 'RFC 7523 §3, RFC 8725 §2.8',
      attack: ({ assertion, victim }) => ({ idToken: assertion({ sub: victim, aud: 'web' }), clientId: 'web' }),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: UNKNOWN_ISSUER },
    },
    {
      name: 'A credential that the gateway made for Firebase is used as an ID token',
      source: 'RFC 8725 §2.8',
      async attack({ token, obtain }) {
        const custom = await obtain({ idToken: token(), target: 'chat', apiType: 'FIREBASE' });
        return { idToken: custom, clientId: 'web' };
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: UNKNOWN_ISSUER },
    },
    {
      name: 'A token has expired',
      source: 'RFC 7519 §4.1.4',
      attack: (scene) => withClaims({ exp: scene.nowSeconds - 5 }, { exp: 1 }, { exp: 0 }, { exp: -1e300 })(scene),
      control: ({ token, nowSeconds }) => ({ idToken: token({ exp: nowSeconds + 1 }) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'it has expired (exp)' },
    },
    {
      name: 'A token never expires: its exp is missing, a string or no finite number',
      source: 'RFC 7519 §2 and §4.1.4, OpenID Connect Core §2',
      attack: ({ token, forge, claims, nowSeconds }) => [
        ...[undefined, null, `${nowSeconds + 60}`, true, [nowSeconds + 60], {}, 'never'].map((exp) => ({
          idToken: token({ exp }),
        })),
        {
          idToken: forge(
            HEADER,
            JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999'),
            IDP.RS256.signer,
          ),
        },
      ],
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its expiry (exp) must be a number' },
    },
    {
      name: 'A token is not valid yet: its iat or nbf is in the future',
      source: 'RFC 7519 §4.1.5 and §4.1.6',
      attack: (scene) =>
        withClaims({ iat: scene.nowSeconds + 6 }, { nbf: scene.nowSeconds + 6 }, { nbf: 1e300 })(scene),
      control: ({ token, nowSeconds }) => ({ idToken: token({ iat: nowSeconds + 5, nbf: nowSeconds + 5 }) }),
      outcome: { refused: 'INVALID_TOKEN', message: /it was issued in the future|it is not valid yet/ },
    },
    {
      name: 'A token does not say when it was issued, so that it cannot be withdrawn',
      source: 'OpenID Connect Core §2',
      attack: withClaims({ iat: undefined }, { iat: null }, { iat: '0' }),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its issue time (iat) must be a number' },
    },
    {
      name: 'The iss of a token is the right one in another spelling',
      source: 'RFC 8725 §3.8, RFC 7519 §4.1.1',
      attack: withClaims(
        ...[ISSUER.slice(0, -1), ISSUER.toUpperCase(), ISSUER.replace('https', 'http'), `${ISSUER} `, `${ISSUER}\u0000`]
          .concat([
            ISSUER.replace('://', '://evil@'),
            `${ISSUER}../`,
            ISSUER.replace('.com', '.com:443'),
            ISSUER.replace('o', 'о'),
          ])
          .map((iss) => ({ iss })),
        { iss: [ISSUER] },
        { iss: undefined },
      ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: UNKNOWN_ISSUER },
    },
    {
      name: 'The sub of a token is missing, no string, too long, or has control characters or lone surrogates',
      source: 'OpenID Connect Core §2, OWASP ASVS V5.1 Input Validation',
      attack: withClaims(
        ...[
          undefined,
          null,
          '',
          7,
          ['auth0|admin'],
          { toString: 'admin' },
          'x'.repeat(256),
          'auth0|admin\u0000x',
          'admin\n',
        ]
          .concat(['\ud800admin', 'admin\udfff'])
          .map((sub) => ({ sub })),
      ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: /its subject \(sub\) must/ },
    },
    {
      name: 'The sub of a token is the one of another user in another case or Unicode form',
      source: 'OpenID Connect Core §2 and §5.7',
      attack: ({ token, victim }) => respell(victim).map((sub) => ({ idToken: token({ sub }) })),
      control: honest,
      outcome: {
        granted: 'the user id stays as it is, and is charged to a bucket of its own',
        check: ({ token = '' }, { victim }) => expect(respell(victim)).toContain(readJwt(token).payload.sub),
      },
      effects: { spent: 0 },
    },
  ],
};
