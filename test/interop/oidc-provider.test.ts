import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { createGateway, type Gateway } from '../../src/gateway.js';
import { baseConfig, DELEGATE } from '../support/gateway.js';
import { recordingLogs } from '../support/log.js';

const REDIRECT_URI = 'https://app.example.com/callback';
const SECRET = 'the-secret-of-web-at-the-identity-provider';

describe('oidc-provider 9 with rotation and reuse detection, over loopback', () => {
  let server: Server;
  let issuer: string;
  let gateway: Gateway;
  const exchanges: string[] = [];

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = identityProvider(issuer);
    provider.use(async (context, next) => {
      await next();
      if (context.path === '/token') exchanges.push(`${context.status}`);
    });
    server.on('request', provider.callback());
    const document = { ...baseConfig(), rate_limit: { burst: 100, per_user: false } };
    const tenant = document.tenants[0]!;
    Object.assign(tenant.issuers[0]!, {
      issuer,
      jwks: undefined,
      jwks_uri: `${issuer}/jwks`,
      token_endpoint: `${issuer}/token`,
    });
    Object.assign(tenant.clients[0]!, {
      client_secret: SECRET,
      refresh_token_delegation: true,
      unauthenticated_refresh: true,
    });
    gateway = await createGateway(parseConfig(document), recordingLogs());
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function delegate(refreshToken: string, target = 'chat') {
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: DELEGATE,
          variables: { input: { clientId: 'web', target, subjectToken: { refreshToken } } },
        }),
      }),
      { remoteAddress: '192.0.2.1' },
    );
    const { data, errors } = (await response.json()) as { data: { delegate: Payload | null }; errors?: Refusal[] };
    return { payload: data.delegate, error: errors?.[0]?.extensions };
  }

  it('hands out real tokens: one refresh token after the other delegates, each only once', async () => {
    const first = await signIn(issuer);
    const second = await delegate(first);
    expect(second.payload?.credential).toMatchObject({ __typename: 'FirebaseCustomToken', uid: 'alice' });
    expect(second.payload?.refreshToken).not.toBe(first);
    const third = await delegate(second.payload?.refreshToken as string);
    expect(third.payload?.credential.uid).toBe('alice');
    const reused = await delegate(first);
    expect(reused.error?.code).toBe('INVALID_TOKEN');
    const revoked = await delegate(third.payload?.refreshToken as string);
    expect(revoked.error?.code, 'reuse revokes the whole grant: the provider raised its alarm').toBe('INVALID_TOKEN');
  });

  it('sees one exchange of a token that is used eight times at once, and raises no alarm', async () => {
    const first = await signIn(issuer);
    exchanges.length = 0;
    const uses = await Promise.all(Array.from({ length: 8 }, () => delegate(first)));
    expect(exchanges).toEqual(['200']);
    const rotated = new Set(uses.map(({ payload }) => payload?.refreshToken));
    expect(rotated.size).toBe(1);
    const next = await delegate([...rotated][0] as string);
    expect(next.payload?.credential.uid).toBe('alice');
  });

  it('keeps its session through refusals, because each carries the rotated token', async () => {
    let token = await signIn(issuer);
    for (let request = 0; request < 3; request++) {
      const { error } = await delegate(token, 'private');
      expect(error?.code).toBe('UNAUTHORIZED_CLIENT');
      token = error?.refreshToken as string;
    }
    expect((await delegate(token)).payload?.credential.uid).toBe('alice');
  });
});

interface Payload {
  readonly credential: { readonly uid?: string };
  readonly refreshToken: string | null;
}

interface Refusal {
  readonly extensions: { readonly code: string; readonly refreshToken?: string };
}

function identityProvider(issuer: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: 'web',
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT_URI],
      },
    ],
    scopes: ['openid', 'offline_access'],
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => false },
    findAccount: async (_context, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    // Alice is signed in and has consented to everything.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId as string,
        accountId: context.oidc.session?.accountId as string,
      });
      grant.addOIDCScope('openid offline_access');
      await grant.save();
      return grant;
    },
    features: { devInteractions: { enabled: true } },
  });
}

/** The authorization code flow as a browser walks it, up to the refresh token. */
async function signIn(issuer: string): Promise<string> {
  const cookies = new Map<string, string>();
  const visit = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(new URL(url, issuer), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = (cookie.split(';')[0] as string).split(/=(.*)/s);
      cookies.set(name as string, value as string);
    }
    return response;
  };
  const parameters = new URLSearchParams({
    client_id: 'web',
    response_type: 'code',
    scope: 'openid offline_access',
    redirect_uri: REDIRECT_URI,
    prompt: 'consent',
    nonce: 'n-0S6',
  });
  let response = await visit(`/auth?${parameters}`);
  for (let step = 0; step < 8; step++) {
    const location = response.headers.get('location');
    if (location?.startsWith(REDIRECT_URI))
      return exchangeCode(issuer, new URL(location).searchParams.get('code') as string);
    if (location !== null) {
      response = await visit(location);
      continue;
    }
    const page = await response.text();
    const action = /action="([^"]+)"/.exec(page)?.[1] as string;
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] as string;
    response = await visit(action, prompt === 'login' ? { prompt, login: 'alice', password: 'any' } : { prompt });
  }
  throw new Error('the sign-in did not end');
}

async function exchangeCode(issuer: string, code: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      client_id: 'web',
      client_secret: SECRET,
    }),
  });
  return ((await response.json()) as { refresh_token: string }).refresh_token;
}
