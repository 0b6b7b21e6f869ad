import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { type ConfigDocument, DELEGATE, type TestGateway, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../support/token-endpoint.js';

const OLD = 'v1.old-refresh-token-of-alice';
const ROTATED = 'v1.new-refresh-token-of-alice';

let idp: TokenEndpoint;
beforeEach(async () => {
  idp = await tokenEndpoint((_request, response) => json(response, {}, 500));
});
afterEach(() => idp.close());

/** A gateway whose client `web` may send refresh tokens. The identity provider rotates them. */
async function refreshGateway(
  change: (config: ConfigDocument) => void = () => {},
  claims: Record<string, unknown> = {},
  addons?: readonly AddonDefinition[],
): Promise<TestGateway> {
  const gateway = await testGateway(
    (config) => {
      Object.assign(config.tenants[0]!.issuers[0]!, { token_endpoint: idp.url });
      Object.assign(config.tenants[0]!.clients[0]!, { refresh_token_delegation: true });
      change(config);
    },
    addons ? { addons } : {},
  );
  idp.answer = async (_request, response) =>
    json(response, { id_token: await gateway.idToken(claims), refresh_token: ROTATED, access_token: 'unused' });
  return gateway;
}

const bySubjectToken = { clientId: 'web', subjectToken: { refreshToken: OLD } };

describe('a refresh token as subject token', () => {
  it('is exchanged at the token endpoint of the issuer, and the payload contains the rotated token', async () => {
    const gateway = await refreshGateway();
    const { data } = await gateway.delegate({ ...bySubjectToken, target: 'chat' });
    expect(data.delegate.credential.uid).toBe('auth0|alice');
    expect(data.delegate.refreshToken).toBe(ROTATED);
    expect(Object.fromEntries(idp.requests[0]!.form)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: OLD,
      client_id: 'web',
    });
  });

  it('is returned as refresh_token in the legacy body only if it was rotated', async () => {
    const gateway = await refreshGateway();
    const rotated = await postForm(gateway, { refresh_token: OLD, target: 'chat' });
    expect(rotated.body).toMatchObject({ refresh_token: ROTATED, id_token: expect.any(String) });
    idp.answer = async (_request, response) =>
      json(response, { id_token: await gateway.idToken(), refresh_token: OLD });
    expect((await postForm(gateway, { refresh_token: OLD, target: 'chat' })).body).not.toHaveProperty('refresh_token');
    idp.answer = async (_request, response) => json(response, { id_token: await gateway.idToken() });
    expect((await gateway.delegate(bySubjectToken)).data.delegate.refreshToken).toBeNull();
  });

  it.each([
    ['client_secret_post', 'client_secret_post', 's3cr&t', undefined],
    ['client_secret_post by default', undefined, 's3cr&t', undefined],
    ['client_secret_basic', 'client_secret_basic', null, `Basic ${btoa('web:s3cr%26t')}`],
    ['none', 'none', null, undefined],
  ])('authenticates the client by %s', async (_name, method, posted, authorization) => {
    const gateway = await refreshGateway((config) => {
      Object.assign(config.tenants[0]!.clients[0]!, {
        client_secret: 's3cr&t',
        unauthenticated_refresh: true,
        ...(method !== undefined && { token_endpoint_auth_method: method }),
      });
    });
    await gateway.delegate(bySubjectToken);
    const { form, authorization: header } = idp.requests[0]!;
    expect(header).toBe(authorization);
    expect(form.get('client_secret')).toBe(posted);
    expect(form.get('client_id')).toBe(authorization === undefined ? 'web' : null);
  });

  it('is refused without an upstream request when the client may not send it or is not named', async () => {
    const gateway = await refreshGateway();
    const other = await gateway.delegate({ ...bySubjectToken, clientId: 'chat' });
    expect(other.errors?.[0]).toMatchObject({
      message: 'The calling application may not use refresh tokens',
      extensions: { code: 'UNAUTHORIZED_CLIENT' },
    });
    const unnamed = await gateway.delegate({ subjectToken: { refreshToken: OLD } });
    expect(unnamed.errors?.[0]).toMatchObject({
      message: 'clientId is missing; a refresh token needs it',
      extensions: { code: 'INVALID_REQUEST' },
    });
    const long = await gateway.delegate({ ...bySubjectToken, subjectToken: { refreshToken: 'r'.repeat(16_385) } });
    expect(long.errors?.[0].message).toBe('The refresh token is longer than 16384 bytes');
    expect(idp.requests).toHaveLength(0);
  });

  it('needs the delegation grant for refresh tokens when grant_types are configured', async () => {
    const id_token = 'http://auth0.com/oauth/legacy/grant-type/delegation/id_token';
    const gateway = await refreshGateway((config) => {
      Object.assign(config.tenants[0]!.clients[0]!, { grant_types: [id_token] });
    });
    const { status, errors } = await gateway.delegate(bySubjectToken);
    expect([status, errors?.[0].extensions.code]).toEqual([200, 'UNAUTHORIZED_CLIENT']);
    expect(errors?.[0].message).toBe(
      'The grant_types of the calling application lack the delegation grant for refresh_token',
    );
    expect(idp.requests).toHaveLength(0);
  });
});

describe('the rotated refresh token is returned with', () => {
  it('a refusal by the policy of the target', async () => {
    const gateway = await refreshGateway();
    const { errors } = await gateway.delegate({ ...bySubjectToken, target: 'private' });
    expect(errors?.[0].extensions).toMatchObject({ code: 'UNAUTHORIZED_CLIENT', refreshToken: ROTATED });
    const legacy = await postForm(gateway, { refresh_token: OLD, target: 'private' });
    expect(legacy.body).toMatchObject({ error: 'unauthorized_client', refresh_token: ROTATED });
  });

  it('a refusal by the rate limit', async () => {
    const gateway = await refreshGateway((config) => {
      config.rate_limit = { burst: 1 };
    });
    await gateway.delegate(bySubjectToken);
    const { errors } = await gateway.delegate(bySubjectToken);
    expect(errors?.[0].extensions).toMatchObject({ code: 'RATE_LIMITED', refreshToken: ROTATED, retryAfter: 60 });
    const legacy = await postForm(gateway, { refresh_token: OLD });
    expect([legacy.status, legacy.body.refresh_token]).toEqual([429, ROTATED]);
  });

  it('a refusal by the add-on', async () => {
    const gateway = await refreshGateway(() => {}, { sub: 'x'.repeat(129) });
    const { errors } = await gateway.delegate({ ...bySubjectToken, target: 'chat' });
    expect(errors?.[0].extensions).toMatchObject({ code: 'INVALID_REQUEST', refreshToken: ROTATED });
  });

  it('an unexpected error', async () => {
    const broken: AddonDefinition = {
      ...(ADDONS[0] as AddonDefinition),
      create: () => ({
        issue: () => {
          throw new TypeError('a bug');
        },
      }),
    };
    const gateway = await refreshGateway(() => {}, {}, [broken, ...ADDONS.slice(1)]);
    const { status, errors } = await gateway.delegate(bySubjectToken);
    expect(status).toBe(200);
    expect(errors?.[0].extensions).toMatchObject({ code: 'INTERNAL', refreshToken: ROTATED });
  });

  it.each([
    [
      'for another application',
      { aud: 'chat' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    ['that has expired', { exp: 1 }, 'it has expired (exp)'],
    ['of another issuer', { iss: 'https://evil.example.com/' }, 'its issuer (iss) is not configured for this tenant'],
  ])('the refusal of an ID token %s', async (_name, claims, rule) => {
    const gateway = await refreshGateway(() => {}, claims);
    const { status, errors } = await gateway.delegate(bySubjectToken);
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: `The subject token does not verify: ${rule}`,
      extensions: { code: 'INVALID_TOKEN', refreshToken: ROTATED },
    });
  });

  it('the refusal of an ID token of another issuer that the tenant trusts', async () => {
    const gateway = await refreshGateway();
    const { data } = await gateway.delegate({ target: 'web' }, { token: await gateway.idToken() });
    const ownToken = data.delegate.credential.token;
    idp.answer = (_request, response) => json(response, { id_token: ownToken, refresh_token: ROTATED });
    const { errors } = await gateway.delegate(bySubjectToken);
    expect(errors?.[0].message).toBe(
      'The subject token does not verify: its issuer (iss) is not the one whose token endpoint was called',
    );
    expect(errors?.[0].extensions).toMatchObject({ code: 'INVALID_TOKEN', refreshToken: ROTATED });
  });

  it('the error for an answer without an ID token', async () => {
    const gateway = await refreshGateway();
    idp.answer = (_request, response) => json(response, { access_token: 'unused', refresh_token: ROTATED });
    const { errors } = await gateway.delegate(bySubjectToken);
    expect(errors?.[0].extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', refreshToken: ROTATED });
  });
});

describe('one exchange for one refresh token', () => {
  it('serves all uses by one address at the same time, at both endpoints', async () => {
    const gateway = await refreshGateway();
    const uses = Array.from({ length: 8 }, (_, index) =>
      index % 2 === 0
        ? gateway.delegate({ ...bySubjectToken, target: 'chat' }).then(({ data }) => data.delegate.refreshToken)
        : postForm(gateway, { refresh_token: OLD, target: 'chat' }).then(({ body }) => body.refresh_token),
    );
    expect(await Promise.all(uses)).toEqual(Array.from({ length: 8 }, () => ROTATED));
    expect(idp.requests).toHaveLength(1);
  });

  it('is shared by the aliases of an operation, which run in series', async () => {
    const gateway = await refreshGateway();
    const selection = 'delegate(input: $input) { refreshToken credential { token } }';
    const query = `mutation ($input: DelegateInput!) { a: ${selection} b: ${selection} }`;
    const { data } = await gateway.graphql(query, { variables: { input: bySubjectToken } });
    expect([data.a.refreshToken, data.b.refreshToken]).toEqual([ROTATED, ROTATED]);
    expect(idp.requests).toHaveLength(1);
  });

  it('is repeated for a later request', async () => {
    const gateway = await refreshGateway();
    await gateway.delegate(bySubjectToken);
    await gateway.delegate(bySubjectToken);
    expect(idp.requests).toHaveLength(2);
  });

  it('is completed when the client disconnects', async () => {
    const gateway = await refreshGateway();
    const aborter = new AbortController();
    const [asked, reached] = signalled();
    const [released, release] = signalled();
    idp.answer = async (_request, response) => {
      reached();
      await released;
      json(response, { id_token: await gateway.idToken(), refresh_token: ROTATED });
    };
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: DELEGATE, variables: { input: bySubjectToken } }),
      signal: aborter.signal,
    });
    const disconnected = gateway.fetch(request, { remoteAddress: '192.0.2.1' }).catch(() => undefined);
    await asked;
    const waiting = gateway.delegate(bySubjectToken);
    aborter.abort();
    release();
    expect((await waiting).data.delegate.refreshToken).toBe(ROTATED);
    await disconnected;
    expect(idp.requests).toHaveLength(1);
  });
});

describe('an exchange that fails', () => {
  it.each([
    ['invalid_grant', 400, 401, 'INVALID_TOKEN', 'invalid_token', undefined],
    ['invalid_client', 401, 502, 'UPSTREAM_REFUSED', 'access_denied', 'invalid_client'],
  ])('because of %s', async (error, idpStatus, legacyStatus, code, legacyError, upstreamCode) => {
    const gateway = await refreshGateway();
    idp.answer = (_request, response) => json(response, { error, error_description: 'of no concern' }, idpStatus);
    const answer = await gateway.delegate(bySubjectToken);
    expect(answer.status).toBe(200);
    expect(answer.errors?.[0].extensions).toEqual({ code, ...(upstreamCode !== undefined && { upstreamCode }) });
    expect(answer.text).not.toContain('of no concern');
    const legacy = await postForm(gateway, { refresh_token: OLD });
    expect([legacy.status, legacy.body.error]).toEqual([legacyStatus, legacyError]);
    expect(legacy.body.error_description).toContain(error);
  });

  const failures: [string, (response: ServerResponse) => void, string][] = [
    ['a 500', (response) => json(response, { error: 'invalid_grant' }, 500), 'answered with status 500'],
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end(), 'answered with status 302'],
    ['something that is not JSON', (response) => response.end('<html>'), 'gave an answer that is not JSON'],
    ['too long an answer', (response) => response.end('"'.padEnd(102_401, 'x')), 'gave an answer that is too long'],
    ['a 400 without an OAuth error', (response) => json(response, [], 400), 'gave an answer that is not a JSON object'],
    ['a connection that is reset', (response) => response.destroy(), 'could not be reached, or broke off its answer'],
  ];
  it.each(failures)('because of %s is UPSTREAM_UNAVAILABLE', async (_name, answer, failure) => {
    const gateway = await refreshGateway();
    idp.answer = (_request, response) => answer(response);
    const { status, errors } = await gateway.delegate(bySubjectToken);
    expect(status).toBe(200);
    expect(errors?.[0]).toMatchObject({
      message: `The identity provider ${failure}`,
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    });
    expect(idp.requests).toHaveLength(1);
  });

  it('because of a refused connection is UPSTREAM_UNAVAILABLE', async () => {
    const gateway = await refreshGateway();
    await idp.close();
    const { status, errors } = await gateway.delegate(bySubjectToken);
    expect([status, errors?.[0].extensions.code]).toEqual([200, 'UPSTREAM_UNAVAILABLE']);
  });

  it('because of no answer is UPSTREAM_UNAVAILABLE after 5 s', async () => {
    const gateway = await refreshGateway();
    idp.answer = () => {};
    const started = performance.now();
    const { errors } = await gateway.delegate(bySubjectToken);
    expect(errors?.[0].message).toBe('The identity provider did not answer within 5 s');
    expect(performance.now() - started).toBeLessThan(6_000);
  });
});

function signalled(): [Promise<void>, () => void] {
  let resolve!: () => void;
  const promise = new Promise<void>((each) => {
    resolve = each;
  });
  return [promise, resolve];
}
