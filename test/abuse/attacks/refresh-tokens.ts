import { expect } from 'vitest';
import { BACKEND_SECRET, OTHER_SECRET } from '../../support/client-authentication.js';
import type { ConfigDocument } from '../../support/gateway.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import type { Upstreams } from '../upstreams.js';

const REFUSED = 'The identity provider refused the refresh token (invalid_grant)';
const MUST_AUTHENTICATE = 'The calling application must authenticate when it sends a refresh token';
const ONLY_ID_TOKENS = 'the Authorization header holds ID tokens only; a refresh token is an argument';
const NAMED = 'client_id is required there';
const ARGUMENT_ONLY = { 'graphql-header': ONLY_ID_TOKENS };
const DELEGATION_GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation';

/** `backend` is confidential, `spa` and `mobile` are public, and all may send refresh tokens; `web` may not. */
function withRefreshing({ tenants }: ConfigDocument, { url }: Upstreams): void {
  const [tenant] = tenants;
  Object.assign(tenant!.issuers[0]!, { token_endpoint: `${url}/oauth/token` });
  const refreshing = (client_id: string, more: object = {}) => ({ client_id, refresh_token_delegation: true, ...more });
  const clients = [
    refreshing('backend', { client_secret: BACKEND_SECRET }),
    refreshing('spa'),
    refreshing('mobile'),
    refreshing('narrow', { grant_types: ['implicit', `${DELEGATION_GRANT}/id_token`] }),
    { client_id: 'implicit', grant_types: ['implicit', 'refresh_token'] },
  ];
  tenant!.clients.push(...(clients as never[]));
}

const REFRESHING: Setting = { change: withRefreshing };
/** Two requests for each user, and a gateway of its own for each row. */
const SMALL_BUCKET: Setting = {
  fresh: true,
  change(config, upstreams) {
    withRefreshing(config, upstreams);
    config.rate_limit = { burst: 2, per_user: false, attempts_per_minute: 10_000 };
  },
};

/** Signs the user of the row in at a client. Returns the refresh token, of which there is one for each name. */
function signIn({ server, token, user }: Scene, clientId: string, name = 'first', changes: object = {}): string {
  const refreshToken = `v1.${name}-refresh-token-of-${user}-for-${clientId}`;
  server.upstreams.sessions.set(refreshToken, {
    clientId,
    ...(clientId === 'backend' && { secret: BACKEND_SECRET }),
    idToken: () => token({ aud: clientId, ...changes }),
    rotated: `v1.rotated-from-${name}-of-${user}-for-${clientId}`,
  });
  return refreshToken;
}

const bySpa = (scene: Scene): Ask => ({ refreshToken: signIn(scene, 'spa', 'honest'), clientId: 'spa' });
const byBackend = (scene: Scene): Ask => ({
  refreshToken: signIn(scene, 'backend', 'honest'),
  clientId: 'backend',
  authentication: { secret: BACKEND_SECRET },
});
const byIdToken = ({ token }: Scene): Ask => ({ idToken: token() });

export const REFRESH_TOKENS: Theme = {
  title: 'A refresh token, or a grant that a client does not have',
  setting: REFRESHING,
  attacks: [
    {
      name: 'Somebody without the secret uses the refresh token of a confidential client',
      source: 'RFC 6749 §6 and §10.4, RFC 9700 §4.14',
      attack: (scene) => ({ refreshToken: signIn(scene, 'backend'), clientId: 'backend' }),
      control: byBackend,
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: MUST_AUTHENTICATE },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'Somebody with a wrong secret or a forged assertion uses the refresh token of a confidential client',
      source: 'RFC 6749 §6, RFC 9700 §4.14',
      attack: (scene) =>
        [{ secret: OTHER_SECRET }, { assertion: 'a.b.c' }, { assertion: scene.assertion() }].map((authentication) => ({
          refreshToken: signIn(scene, 'backend'),
          clientId: 'backend',
          authentication,
        })),
      control: byBackend,
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: /client (secret|assertion)|calling application/ },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'The refresh token of one client is used by another one that needs no secret',
      source: 'RFC 6749 §10.4, RFC 9700 §4.14',
      attack: (scene) =>
        ['backend', 'mobile'].map((owner) => ({ refreshToken: signIn(scene, owner), clientId: 'spa' })),
      control: bySpa,
      outcome: { refused: 'INVALID_TOKEN', message: REFUSED },
      effects: { upstreamCalls: 1 },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A made-up refresh token is sent again and again, so that the secret of the client is sent on each time',
      source: 'RFC 9700 §4.14, OWASP API4:2023 Unrestricted Resource Consumption',
      async attack({ ask, user }) {
        const made: Ask = {
          refreshToken: `v1.made-up-by-${user}`,
          clientId: 'backend',
          authentication: { secret: BACKEND_SECRET },
        };
        await ask(made);
        return [made, made, made];
      },
      control: byBackend,
      outcome: { refused: 'INVALID_TOKEN', message: REFUSED },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A refresh token was rotated, and the old one is used again',
      source: 'RFC 9700 §4.14.2',
      async attack(scene) {
        const refreshToken = signIn(scene, 'spa');
        await scene.obtain({ refreshToken, clientId: 'spa' });
        return { refreshToken, clientId: 'spa' };
      },
      control: bySpa,
      outcome: { refused: 'INVALID_TOKEN', message: REFUSED },
      effects: { upstreamCalls: 1 },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A refresh token contains more parameters of the form that is sent to the identity provider',
      source: 'OWASP WSTG-INPV-04 HTTP Parameter Pollution',
      attack: ({ user }) =>
        ['&client_id=backend', '&grant_type=client_credentials', '\r\nX-Injected: 1\r\n', '%26scope%3Dadmin', '#?'].map(
          (suffix) => ({ refreshToken: `v1.of-${user}${suffix}`, clientId: 'spa' }),
        ),
      control: bySpa,
      outcome: {
        refused: 'INVALID_TOKEN',
        message: REFUSED,
        check(_answer, { server }) {
          const form = [...(server.upstreams.forms.at(-1) ?? [])];
          expect(form.map(([name]) => name).sort()).toEqual(['client_id', 'grant_type', 'refresh_token']);
          expect(new URLSearchParams(form).get('client_id')).toBe('spa');
        },
      },
      effects: { upstreamCalls: 1 },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'The identity provider returns an ID token of another client, another issuer, or one that has expired',
      source: 'OpenID Connect Core §12.2, RFC 8725 §3.9',
      attack: (scene) =>
        [{ aud: 'chat' }, { iss: 'https://evil.example/' }, { exp: 1 }, { typ: 'Bearer' }].map((changes, index) => ({
          refreshToken: signIn(scene, 'spa', `wrong-${index}`, changes),
          clientId: 'spa',
        })),
      control: bySpa,
      outcome: { refused: 'INVALID_TOKEN', message: 'The subject token does not verify', rotated: true },
      effects: { upstreamCalls: 1 },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A user whose bucket is empty rotates refresh tokens',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 6585 §4',
      setting: SMALL_BUCKET,
      async attack(scene) {
        const refreshToken = signIn(scene, 'spa');
        const { refreshToken: rotated } = await scene.ask({ refreshToken, clientId: 'spa' });
        await scene.obtain({ idToken: scene.token() });
        return Array.from({ length: 5 }, () => ({ refreshToken: rotated!, clientId: 'spa' }));
      },
      control: ({ token, victim }) => ({ idToken: token({ sub: victim }) }),
      outcome: { refused: 'RATE_LIMITED', message: 'The user has no delegation left' },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A refresh token is longer than 16 KiB',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: () => ({ refreshToken: 'r'.repeat(16_385), clientId: 'spa' }),
      control: bySpa,
      outcome: { refused: 'INVALID_REQUEST', message: 'The refresh token is longer than 16384 bytes' },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A client that may not use refresh tokens sends one',
      source: 'RFC 6749 §6, OWASP API5:2023 Broken Function Level Authorization',
      attack: (scene) => ({ refreshToken: signIn(scene, 'web'), clientId: 'web' }),
      control: bySpa,
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: 'The calling application may not use refresh tokens' },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A refresh token does not say whose it is, and neither does the request',
      source: 'RFC 6749 §1.5 and §6',
      attack: (scene) => ({ refreshToken: signIn(scene, 'spa') }),
      control: bySpa,
      outcome: { refused: 'INVALID_REQUEST', message: 'clientId is missing; a refresh token needs it' },
      notAt: { ...ARGUMENT_ONLY, 'delegation-form': NAMED, 'delegation-json': NAMED },
    },
    {
      name: 'A client whose grant_types have no delegation by refresh token sends one',
      source: 'RFC 6749 §5.2, RFC 7591 §2',
      attack: (scene) => ({ refreshToken: signIn(scene, 'narrow'), clientId: 'narrow' }),
      control: ({ token }) => ({ idToken: token({ aud: 'narrow' }), clientId: 'narrow' }),
      outcome: {
        refused: 'UNAUTHORIZED_CLIENT',
        message: 'The grant_types of the calling application lack the delegation grant for refresh_token',
      },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A client whose grant_types have no delegation sends an ID token',
      source: 'RFC 6749 §5.2, RFC 7591 §2',
      attack: ({ token }) => ({ idToken: token({ aud: 'implicit' }), clientId: 'implicit' }),
      control: byIdToken,
      outcome: {
        refused: 'UNAUTHORIZED_CLIENT',
        message: 'The grant_types of the calling application lack the delegation grant for id_token',
      },
      effects: { spent: 1 },
    },
  ],
};
