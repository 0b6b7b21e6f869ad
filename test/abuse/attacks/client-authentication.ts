import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { BACKEND, BACKEND_JWKS, BACKEND_SECRET, OTHER_SECRET } from '../../support/client-authentication.js';
import { APP_SECRET, ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { type Signer, signers } from '../../support/identity-provider.js';
import { publicJwk, rsaPair } from '../../support/keys.js';
import type { Ask, Theme } from '../attack.js';
import { ENDPOINTS } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const WRONG_SECRET = 'The client secret is not one of the calling application';
const SIGNATURE = 'The client assertion does not verify: its signature is not valid';
const PARTIES = /its (issuer \(iss\)|subject \(sub\)) must be the client_id of the calling application/;
const TIMES = /its (expiry|issue time|start) \(|it (has expired|was issued in the future|is not valid yet)/;
const ONE_FIELD = 'the schema takes one way only: the input is @oneOf';
const NO_BASIC = 'only /delegation takes Basic credentials';

/** `backend` has a secret and keys, `other` another secret and a key of the same id, and `strict` must authenticate. */
const CLIENTS: Setting = {
  change({ tenants }) {
    const jwks = { keys: [publicJwk(rsaPair('other'), { kid: 'rsa' })] };
    const clients = [
      { client_id: 'backend', name: 'Backend', client_secret: BACKEND_SECRET, jwks: BACKEND_JWKS },
      { client_id: 'other', name: 'Other', client_secret: OTHER_SECRET, jwks },
      { client_id: 'strict', name: 'Strict', client_secret: APP_SECRET, require_authentication: true },
    ];
    tenants[0]!.clients.push(...(clients as never[]));
  },
};

/** A renewal of a token of `backend`, authenticated in this way. */
function asBackend({ token }: Scene, authentication: Ask['authentication'], clientId = 'backend'): Ask {
  return { idToken: token({ aud: clientId }), clientId, ...(authentication && { authentication }) };
}

const bySecret = (scene: Scene) => asBackend(scene, { secret: BACKEND_SECRET });
const byAssertion = (scene: Scene) => asBackend(scene, { assertion: scene.assertion() });

/** Requests of `backend` with assertions whose claims are changed. */
const withClaims =
  (...changes: readonly Readonly<Record<string, unknown>>[]) =>
  (scene: Scene): Ask[] =>
    changes.map((each) => asBackend(scene, { assertion: scene.assertion(each) }));

/** Requests of `backend` with assertions whose headers and signers are changed. */
const withHeaders =
  (...changes: readonly (readonly [header: Readonly<Record<string, unknown>>, signer?: Signer | string])[]) =>
  (scene: Scene): Ask[] =>
    changes.map(([header, signer]) => asBackend(scene, { assertion: scene.assertion({}, header, signer) }));

const withBasic = (scene: Scene, credentials: string): Ask => ({
  ...asBackend(scene, undefined),
  onWire: (request) => ({
    ...request,
    headers: { ...request.headers, Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  }),
});

const refused = (message: string | RegExp) => ({ refused: 'UNAUTHORIZED_CLIENT', message }) as const;
const mallory = () => signers.RS256(rsaPair('mallory').privateKey);

export const CLIENT_AUTHENTICATION: Theme = {
  title: 'An application that says that it is another one',
  setting: CLIENTS,
  attacks: [
    {
      name: 'A wrong secret is sent: that of another client, a longer one, its hash, another case',
      source: 'RFC 6749 §2.3.1 and §10.1',
      attack: (scene) =>
        [
          OTHER_SECRET,
          `${BACKEND_SECRET}9`,
          BACKEND_SECRET.slice(0, -1),
          BACKEND_SECRET.toUpperCase(),
          `${BACKEND_SECRET}\u0000`,
          createHash('sha256').update(BACKEND_SECRET).digest('hex'),
          createHash('sha256').update(BACKEND_SECRET).digest('base64'),
        ].map((secret) => asBackend(scene, { secret })),
      control: bySecret,
      outcome: refused(WRONG_SECRET),
    },
    {
      name: 'Any secret is sent for a client that has none',
      source: 'RFC 6749 §2.3.1, OWASP API2:2023 Broken Authentication',
      attack: ({ token }) =>
        ['undefined', 'null', ' ', 'e3b0c44298fc1c14'].map((secret) => ({
          idToken: token(),
          authentication: { secret },
        })),
      control: ({ token }) => ({ idToken: token() }),
      outcome: refused(WRONG_SECRET),
    },
    {
      name: 'A client that must authenticate does not, whether the request names it or its token does',
      source: 'RFC 6749 §2.3, OWASP API2:2023 Broken Authentication',
      attack({ token, endpoint }) {
        const named = { idToken: token({ aud: 'strict' }), clientId: 'strict' };
        const byToken = { idToken: token({ aud: 'strict' }), target: 'strict' };
        return endpoint.id.startsWith('graphql') ? [named, byToken] : [named];
      },
      control: (scene) => asBackend(scene, { secret: APP_SECRET }, 'strict'),
      outcome: refused('The calling application must authenticate'),
    },
    {
      name: 'An assertion has alg none, HS256 with the secret or the public key, or an algorithm that nobody lists',
      source: 'RFC 8725 §2.1 and §3.1, RFC 7523 §3',
      attack: withHeaders(
        [{ alg: 'none' }, 'c2lnbmF0dXJl'],
        [{ alg: 'HS256' }, signers.HS256(BACKEND_SECRET)],
        [{ alg: 'HS256' }, (input) => signers.HS256(backendPem())(input)],
        [{ alg: 'RS512' }],
        [{ alg: undefined }],
        [{ alg: 'rs256' }],
      ),
      control: byAssertion,
      outcome: refused('its algorithm (alg) must be RS256, PS256, ES256, EdDSA'),
    },
    {
      name: 'An assertion is signed by another client, by the identity provider, or by the key in its header',
      source: 'RFC 7523 §3, CVE-2018-0114',
      attack: withHeaders(
        [{}, (input) => signers.RS256(rsaPair('other').privateKey)(input)],
        [{}, (input) => signers.RS256(rsaPair('idp').privateKey)(input)],
        [{}, (input) => signers.RS256(rsaPair('tenant').privateKey)(input)],
        [{ jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }, (input) => mallory()(input)],
        [{ kid: 'pinned' }],
      ),
      control: byAssertion,
      outcome: refused(SIGNATURE),
    },
    {
      name: 'The kid of an assertion is a path, a URL, of no key, or missing where several keys fit',
      source: 'RFC 8725 §3.10, OWASP WSTG-SESS-10',
      attack: withHeaders(
        ...['../../../dev/null', 'https://evil.example/jwks.json', 'nothing', '__proto__', '', undefined].map(
          (kid) => [{ kid }] as const,
        ),
        [{ alg: 'ES256', kid: 'rsa' }, BACKEND.ES256.signer],
      ),
      control: byAssertion,
      outcome: refused('the calling application has no key that its alg and kid select'),
    },
    {
      name: 'An assertion for another server is sent on to the gateway: its aud is another one, or one of several',
      source: 'RFC 7523 §3, CVE-2025-27370, CVE-2025-27371',
      attack: withClaims(
        ...[`${ISSUER}oauth/token`, ISSUER, `${TENANT_ISSUER}delegation`, TENANT_ISSUER.slice(0, -1), 'backend'].map(
          (aud) => ({ aud }),
        ),
        { aud: [TENANT_ISSUER, ISSUER] },
        { aud: [TENANT_ISSUER, TENANT_ISSUER] },
        { aud: [[TENANT_ISSUER]] },
        { aud: [] },
        { aud: undefined },
      ),
      control: byAssertion,
      outcome: refused('its audience (aud) must be the issuer of the tenant and nothing else'),
    },
    {
      name: 'An assertion of the right key names another client, or none, as its issuer or subject',
      source: 'RFC 7523 §3',
      attack: withClaims(
        ...['other', undefined, '', ['backend'], 'BACKEND'].flatMap((id) => [{ iss: id }, { sub: id }]),
      ),
      control: byAssertion,
      outcome: refused(PARTIES),
    },
    {
      name: 'A valid assertion of one client is used to authenticate another one',
      source: 'RFC 7523 §3, RFC 8725 §2.8',
      attack(scene) {
        const others = signers.RS256(rsaPair('other').privateKey);
        const byOther = scene.assertion({ iss: 'other', sub: 'other' }, {}, others);
        return [asBackend(scene, { assertion: byOther }), asBackend(scene, { assertion: scene.assertion() }, 'other')];
      },
      control: byAssertion,
      outcome: refused(SIGNATURE),
    },
    {
      name: 'An ID token of a user, or a token of the tenant for backend, is used as an assertion of backend',
      source: 'RFC 8725 §2.8 and §3.12',
      async attack(scene) {
        const idToken = scene.token({ aud: TENANT_ISSUER, iss: 'backend', sub: 'backend', jti: 'x' });
        const app = await scene.obtain(bySecret(scene));
        return [idToken, app].map((assertion) => asBackend(scene, { assertion }));
      },
      control: byAssertion,
      outcome: refused(/its signature is not valid|no key that its alg and kid select/),
    },
    {
      name: 'An assertion is used a second time, first at any endpoint, also with another exp',
      source: 'RFC 7523 §3, RFC 7521 §8.2',
      async attack(scene) {
        const { server } = scene;
        const requests: Ask[] = [];
        for (const endpoint of ENDPOINTS) {
          const jti = `${scene.user} at ${endpoint.id}`;
          const used = asBackend(scene, { assertion: scene.assertion({ jti }) });
          const { error } = endpoint.read(await server.send(endpoint.write(used)));
          expect(error, 'the first use').toBeUndefined();
          const later = scene.assertion({ jti, exp: scene.nowSeconds + 3_000 });
          requests.push(used, asBackend(scene, { assertion: later }));
        }
        return requests;
      },
      control: byAssertion,
      outcome: refused('it was used before (jti)'),
    },
    {
      name: 'An assertion is used eight times at the same moment',
      source: 'RFC 7523 §3, OWASP WSTG-BUSL-05',
      attack: (scene) => async () => {
        const assertion = scene.assertion();
        const answers = await Promise.all(Array.from({ length: 8 }, () => scene.ask(asBackend(scene, { assertion }))));
        const granted = answers.filter(({ token }) => token !== undefined);
        expect(granted).toHaveLength(1);
        const others = answers.filter(({ token }) => token === undefined).map(({ message }) => message);
        expect(new Set(others)).toEqual(new Set(['The client assertion does not verify: it was used before (jti)']));
        return granted[0]!;
      },
      control: byAssertion,
      outcome: { granted: 'one of the eight is granted', check: ({ token }) => expect(token).toBeDefined() },
    },
    {
      name: 'An assertion has no jti, so that it could be used again and again',
      source: 'RFC 7523 §3, OpenID Connect Core §9',
      attack: withClaims({ jti: undefined }, { jti: '' }, { jti: 7 }, { jti: ['x'] }, { jti: 'j'.repeat(256) }),
      control: byAssertion,
      outcome: refused('its id (jti) must be a string of 1 to 255 characters'),
    },
    {
      name: 'An assertion has expired, never expires, lives for years or is not valid yet',
      source: 'RFC 7523 §3',
      attack: (scene) =>
        withClaims(
          { exp: scene.nowSeconds - 5 },
          { exp: undefined },
          { exp: `${scene.nowSeconds + 60}` },
          { exp: scene.nowSeconds + 3_606 },
          { exp: Number.MAX_VALUE },
          { iat: scene.nowSeconds + 6 },
          { iat: 'now' },
          { nbf: scene.nowSeconds + 6 },
        )(scene),
      control: byAssertion,
      outcome: refused(TIMES),
    },
    {
      name: 'An assertion has a critical extension or the typ of another kind of token',
      source: 'RFC 7515 §4.1.11, RFC 8725 §3.11',
      attack: withHeaders(
        [{ crit: ['exp'] }],
        [{ b64: false }],
        [{ typ: 'at+jwt' }],
        [{ typ: 1 }],
        [{ typ: 'dpop+jwt' }],
      ),
      control: byAssertion,
      outcome: refused(/its header has (crit|b64)|its type \(typ\) must be/),
    },
    {
      name: 'An assertion is longer than 16 KiB',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: withClaims({ filler: 'x'.repeat(16_384) }),
      control: byAssertion,
      outcome: { refused: 'INVALID_REQUEST', message: 'The client assertion is longer than 16384 bytes' },
    },
    {
      name: 'A client authenticates in two ways at once, one of them wrong',
      source: 'RFC 6749 §2.3',
      attack: (scene) => asBackend(scene, { secret: BACKEND_SECRET, assertion: 'a.b.c' }),
      control: bySecret,
      outcome: { refused: 'INVALID_REQUEST', message: 'The client must authenticate in one way only' },
      notAt: { 'graphql-argument': ONE_FIELD, 'graphql-header': ONE_FIELD },
    },
    {
      name: 'Basic credentials are those of another client than the request names, or malformed',
      source: 'RFC 6749 §2.3.1, RFC 7617 §2',
      attack: (scene) =>
        [`other:${OTHER_SECRET}`, 'backend', '', 'backend:%', '%ff:x'].map((each) => withBasic(scene, each)),
      control: (scene) => withBasic(scene, `backend:${encodeURIComponent(BACKEND_SECRET)}`),
      outcome: { refused: 'INVALID_REQUEST', message: /Authorization header|Basic credentials/ },
      notAt: { 'graphql-argument': NO_BASIC, 'graphql-header': NO_BASIC },
    },
  ],
};

function backendPem(): string {
  return rsaPair('backend').publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
