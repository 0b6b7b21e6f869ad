import { globalAgent } from 'node:https';
import { AuthenticationClient } from 'auth0';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../support/gateway.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../support/token-endpoint.js';
import { chromiumMissing, launchChromium } from './support/chromium.js';
import { serveTls, type TlsServer } from './support/tls.js';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ROTATED = 'v1.rotated-refresh-token';

let gateway: TestGateway;
let idp: TokenEndpoint;
let door: TlsServer;
let idToken: string;
/** The methods of the requests, and the type of each body. */
const requests: string[] = [];

beforeAll(async () => {
  idp = await tokenEndpoint(async (_request, response) =>
    json(response, { id_token: await gateway.idToken(), refresh_token: ROTATED }),
  );
  gateway = await testGateway((config) => {
    const tenant = config.tenants[0]!;
    Object.assign(tenant.issuers[0]!, { token_endpoint: idp.url });
    Object.assign(tenant.clients[0]!, { refresh_token_delegation: true });
    config.rate_limit = { burst: 100, per_user: false };
  });
  idToken = await gateway.idToken();
  door = await serveTls((request) => {
    requests.push(`${request.method} ${request.headers.get('content-type')}`);
    return gateway.fetch(request, { remoteAddress: '192.0.2.1' });
  });
});
afterAll(async () => {
  await Promise.all([door?.close(), idp?.close()]);
});

const jwt = expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);

/** Each as npm has it, bundled for a page of another origin. These versions answer in camel case. */
describe.skipIf(chromiumMissing())('auth0-js, unmodified, in Chromium over TLS', () => {
  let site: TlsServer;
  let browser: Browser;

  beforeAll(async () => {
    const scripts = new Map(
      await Promise.all(['auth0-js-8', 'auth0-js-9'].map(async (name) => [`/${name}.js`, await bundle(name)] as const)),
    );
    site = await serveTls(async (request) => {
      const { pathname } = new URL(request.url);
      const script = scripts.get(pathname);
      const type = script ? 'text/javascript' : 'text/html';
      return new Response(script ?? `<script src="${pathname}.js"></script>`, { headers: { 'content-type': type } });
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  describe.each([
    ['8.12.3', 'auth0-js-8'],
    ['9', 'auth0-js-9'],
  ])('%s', (_version, name) => {
    let page: Page;

    beforeAll(async () => {
      page = await browser.newPage({ ignoreHTTPSErrors: true });
      await page.goto(`https://${site.domain}/${name}`);
    });

    /** Calls `Authentication.delegation`, the only method of these versions that posts to /delegation. */
    function delegation(options: object): Promise<{ error: unknown; result: unknown }> {
      return page.evaluate(
        ([domain, options]) =>
          new Promise((resolve) => {
            const { Authentication } = (globalThis as never as { auth0: Auth0 }).auth0;
            type Callback = (
              error: { code: unknown; description: unknown; statusCode: unknown },
              result: unknown,
            ) => void;
            type Auth0 = {
              Authentication: new (options: object) => { delegation(options: object, callback: Callback): void };
            };
            new Authentication({ domain, clientID: 'web' }).delegation(options, (error, result) =>
              resolve({
                error: error && { code: error.code, description: error.description, statusCode: error.statusCode },
                result: result ?? null,
              }),
            );
          }),
        [door.domain, { grant_type: GRANT_TYPE, ...options }] as const,
      ) as Promise<{ error: unknown; result: unknown }>;
    }

    it('gets a Firebase token for an id_token, by JSON that a preflight allows', async () => {
      requests.length = 0;
      const answer = await delegation({ id_token: idToken, target: 'chat', api_type: 'firebase' });
      expect(answer).toEqual({ error: null, result: { tokenType: 'Bearer', expiresIn: 3600, idToken: jwt } });
      expect(requests).toEqual(['OPTIONS null', 'POST application/json']);
    });

    it('gets a credential and the rotated token for a refresh_token', async () => {
      const { error, result } = await delegation({ refresh_token: 'v1.old', target: 'api', api_type: 'app' });
      expect(error).toBeNull();
      expect(result).toEqual({ tokenType: 'Bearer', expiresIn: 3600, idToken: jwt, refreshToken: ROTATED });
    });

    it('renews a token with nothing but it', async () => {
      const { error, result } = await delegation({ id_token: idToken });
      expect(error).toBeNull();
      expect(result).toEqual({ tokenType: 'Bearer', expiresIn: 36_000, idToken: jwt });
    });

    it('hears why it is refused, and of a limit', async () => {
      const forbidden = await delegation({ id_token: idToken, target: 'private', api_type: 'app' });
      expect(forbidden.error).toMatchObject({ code: 'unauthorized_client', statusCode: 403 });
      const token = await gateway.idToken({ sub: `auth0|busy with ${name}` });
      for (let taken = 0; taken < 100; taken++) await gateway.delegate({}, { token });
      const { error } = await delegation({ id_token: token });
      expect(error).toMatchObject({
        code: 'too_many_requests',
        description: expect.stringMatching(/^The user has no delegation left/),
        statusCode: 429,
      });
    });
  });
});

describe('node-auth0 2, unmodified, over TLS', () => {
  let client: AuthenticationClient;

  beforeAll(() => {
    globalAgent.options.ca = [door.certificate];
    client = new AuthenticationClient({ domain: door.domain, clientId: 'web', clientSecret: 'not sent' });
  });
  afterAll(() => {
    delete globalAgent.options.ca;
  });

  it('tokens.getDelegationToken gets a Firebase token for an id_token', async () => {
    const answer = await client.tokens.getDelegationToken({
      id_token: idToken,
      target: 'chat',
      api_type: 'firebase',
      grant_type: GRANT_TYPE,
    });
    expect(answer).toEqual({ token_type: 'Bearer', expires_in: 3600, id_token: jwt });
  });

  it('getDelegationToken, in the names of auth0-js 7, gets an app token with a scope', async () => {
    const options = { id_token: idToken, targetClientId: 'api', api: 'app', scope: 'openid', grant_type: GRANT_TYPE };
    expect(await client.getDelegationToken(options)).toEqual({ token_type: 'Bearer', expires_in: 3600, id_token: jwt });
  });

  it('gets a credential and the rotated token for a refresh_token', async () => {
    const answer = await client.tokens.getDelegationToken({
      refresh_token: 'v1.old',
      target: 'api',
      api_type: 'app',
      grant_type: GRANT_TYPE,
    });
    expect(answer).toEqual({ token_type: 'Bearer', expires_in: 3600, id_token: jwt, refresh_token: ROTATED });
  });

  it('rejects with the status and the body of a refusal', async () => {
    const refused = client.tokens.getDelegationToken({
      id_token: idToken,
      target: 'private',
      api_type: 'app',
      grant_type: GRANT_TYPE,
    });
    await expect(refused).rejects.toMatchObject({
      response: { status: 403, data: { error: 'unauthorized_client', error_description: expect.any(String) } },
    });
  });
});

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [name],
    absWorkingDir: import.meta.dirname,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'auth0',
    define: { global: 'window' },
  });
  return outputFiles[0]!.text;
}
