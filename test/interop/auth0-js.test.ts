import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../support/gateway.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../support/token-endpoint.js';
import { chromiumMissing, launchChromium } from './support/chromium.js';
import { serveTls, type TlsServer } from './support/tls.js';

const ROTATED = 'v1.rotated-refresh-token';

/** auth0-js 7.6.1 as npm has it, bundled for a page of another origin. */
describe.skipIf(chromiumMissing())('auth0-js 7.6.1, unmodified, in Chromium over TLS', () => {
  let gateway: TestGateway;
  let idp: TokenEndpoint;
  let door: TlsServer;
  let site: TlsServer;
  let browser: Browser;
  let page: Page;
  let idToken: string;

  beforeAll(async () => {
    idp = await tokenEndpoint(async (_request, response) =>
      json(response, { id_token: await gateway.idToken({ name: 'Alice' }), refresh_token: ROTATED }),
    );
    gateway = await testGateway((config) => {
      const tenant = config.tenants[0]!;
      Object.assign(tenant, { legacy: { jsonp: true } });
      Object.assign(tenant.issuers[0]!, { token_endpoint: idp.url });
      Object.assign(tenant.clients[0]!, { refresh_token_delegation: true });
      config.rate_limit = { burst: 100, per_user: false };
    });
    idToken = await gateway.idToken({ name: 'Alice' });
    door = await serveTls((request) => gateway.fetch(request, { remoteAddress: '192.0.2.1' }));
    const script = await bundle();
    site = await serveTls(async (request) => {
      const isScript = new URL(request.url).pathname === '/auth0.js';
      const type = isScript ? 'text/javascript' : 'text/html';
      return new Response(isScript ? script : '<script src="/auth0.js"></script>', {
        headers: { 'content-type': type },
      });
    });
    browser = await launchChromium();
    page = await browser.newPage({ ignoreHTTPSErrors: true });
    await page.goto(`https://${site.domain}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([door?.close(), site?.close(), idp?.close()]);
  });

  /** Calls a method of auth0-js in the page, and returns what its callback got. */
  function call(method: string, argument: unknown, options: object = {}): Promise<{ error: unknown; result: unknown }> {
    const client = { clientID: 'web', domain: door.domain, ...options };
    return page.evaluate(
      ([client, method, argument]) =>
        new Promise((resolve) => {
          const auth0 = new (globalThis as never as { Auth0: new (options: unknown) => Record<string, Method> }).Auth0(
            client,
          );
          type Method = (argument: unknown, callback: (error: unknown, result: unknown) => void) => void;
          const plain = (error: unknown) =>
            error instanceof Error ? { ...error, name: error.name, message: error.message } : error;
          auth0[method]?.(argument, (error, result) =>
            resolve({ error: plain(error) ?? null, result: result ?? null }),
          );
        }),
      [client, method, argument] as const,
    ) as Promise<{ error: unknown; result: unknown }>;
  }

  const jwt = expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);

  it('getDelegationToken with an id_token gets a Firebase token', async () => {
    const answer = await call('getDelegationToken', { id_token: idToken, targetClientId: 'chat', api: 'firebase' });
    expect(answer).toEqual({ error: null, result: { token_type: 'Bearer', expires_in: 3600, id_token: jwt } });
    print('getDelegationToken(id_token)', answer.result);
  });

  it('getDelegationToken that names no api sends an empty api_type, and gets the only add-on', async () => {
    const answer = await call('getDelegationToken', { id_token: idToken, targetClientId: 'chat', a: { b: 'nested' } });
    expect(answer.error).toBeNull();
    expect(decodeClaims(answer.result)).toMatchObject({ uid: 'auth0|alice' });
  });

  it('getDelegationToken with a refresh_token gets the credential and the rotated token', async () => {
    const answer = await call('getDelegationToken', { refresh_token: 'v1.old', targetClientId: 'api', api: 'app' });
    expect(answer).toEqual({
      error: null,
      result: { token_type: 'Bearer', expires_in: 3600, id_token: jwt, refresh_token: ROTATED },
    });
    print('getDelegationToken(refresh_token)', answer.result);
  });

  it('renewIdToken gets a new token of the application itself, with what the old one had', async () => {
    const answer = await call('renewIdToken', idToken);
    expect(answer.error).toBeNull();
    expect(decodeClaims(answer.result)).toMatchObject({ aud: 'web', azp: 'web', sub: 'auth0|alice', name: 'Alice' });
    print('renewIdToken', answer.result);
  });

  it('refreshToken gets a new token and the rotated refresh token', async () => {
    const answer = await call('refreshToken', 'v1.old');
    expect(answer.result).toMatchObject({ token_type: 'Bearer', id_token: jwt, refresh_token: ROTATED });
    print('refreshToken', answer.result);
  });

  it('a refusal reaches the error callback with error and error_description', async () => {
    const forged = await call('renewIdToken', `${idToken.slice(0, -8)}AAAAAAAA`);
    expect(forged).toEqual({
      error: { error: 'invalid_token', error_description: expect.stringContaining('signature') },
      result: null,
    });
    print('renewIdToken of a forged token', forged.error);
    const forbidden = await call('getDelegationToken', { id_token: idToken, targetClientId: 'private', api: 'app' });
    expect(forbidden.error).toMatchObject({ error: 'unauthorized_client' });
  });

  it('the 429 of an empty bucket reaches the error callback with its message', async () => {
    const token = await gateway.idToken({ sub: 'auth0|busy' });
    for (let taken = 0; taken < 100; taken++) await gateway.delegate({}, { token });
    const { error } = await call('renewIdToken', token);
    expect(error).toMatchObject({ error: 'too_many_requests', message: expect.stringMatching(/^Too many requests\./) });
    print('renewIdToken with an empty bucket', error);
  });

  it('JSONP, where it is forced, calls back with the credential and with errors', async () => {
    const jsonp = { forceJSONP: true };
    const argument = { id_token: idToken, targetClientId: 'chat', api: 'firebase' };
    const answer = await call('getDelegationToken', argument, jsonp);
    expect(answer).toEqual({ error: null, result: { token_type: 'Bearer', expires_in: 3600, id_token: jwt } });
    const forged = await call('renewIdToken', 'no.token.at-all', jsonp);
    expect(forged.error).toMatchObject({ status: 401 });
  });
});

/** What the closing lines of a run can be quoted from; tokens are cut short. */
function print(call: string, answer: unknown): void {
  console.info(`${call}: ${JSON.stringify(answer).replace(/ey[\w.-]{20,}/g, (token) => `${token.slice(0, 12)}…`)}`);
}

function decodeClaims(result: unknown): Record<string, unknown> {
  const { id_token } = result as { id_token: string };
  return JSON.parse(Buffer.from(id_token.split('.')[1] as string, 'base64url').toString());
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('node_modules/auth0-js/standalone.js', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    define: { global: 'window' },
  });
  return outputFiles[0]!.text;
}
