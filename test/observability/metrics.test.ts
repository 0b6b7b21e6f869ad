import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { Metrics } from '../../src/observability/metrics.js';
import { createMetricsPage } from '../../src/observability/metrics-page.js';
import {
  APP_SECRET,
  baseConfig,
  type ConfigDocument,
  ISSUER,
  type TestGateway,
  testGateway,
} from '../support/gateway.js';
import { publicJwk, rsaPair } from '../support/keys.js';
import { postForm } from '../support/legacy.js';
import { parseScrape, scrape } from '../support/scrape.js';

const JWKS_URI = 'https://login.example.com/jwks.json';
const TOKEN_ENDPOINT = 'https://login.example.com/oauth/token';

/** A gateway with metrics, whose issuer publishes its keys and exchanges refresh tokens through `fetch`. */
function metricsGateway(
  fetch: (url: string) => Response | Promise<Response> = () => jwksResponse(),
  change: (config: ConfigDocument) => void = () => {},
): Promise<TestGateway> {
  return testGateway(
    (config) => {
      Object.assign(config, { metrics: true });
      const [tenant] = config.tenants;
      Object.assign(tenant!.issuers[0]!, { jwks: undefined, jwks_uri: JWKS_URI, token_endpoint: TOKEN_ENDPOINT });
      Object.assign(tenant!.clients[0]!, { refresh_token_delegation: true });
      change(config);
    },
    { deps: { fetch: async (url) => fetch(String(url)) } },
  );
}

function jwksResponse(): Response {
  return Response.json({ keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] });
}

describe('/metrics', () => {
  it('counts requests, outcomes and refusals exactly', async () => {
    const gateway = await metricsGateway();
    const token = await gateway.idToken();
    for (let request = 0; request < 12; request++) await gateway.delegate({ target: 'api' }, { token });
    await gateway.delegate({ target: 'chat' }, { token: await gateway.idToken({ sub: 'auth0|bob' }) });
    await gateway.delegate({ target: 'api' }, { token: `${token.slice(0, -8)}AAAAAAAA` });
    await gateway.delegate({ target: 'nowhere' }, { token: await gateway.idToken({ sub: 'auth0|bob' }) });
    await postForm(gateway, { id_token: token, target: 'private' }, { connection: { remoteAddress: '192.0.2.2' } });
    await postForm(gateway, { grant_type: 'none' });
    await gateway.fetch(new Request('http://gateway.test/livez'), { remoteAddress: '192.0.2.1' });
    await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), { remoteAddress: '192.0.2.1' });
    await gateway.fetch(new Request('http://gateway.test/nothing/here'), { remoteAddress: '192.0.2.1' });

    const found = await scrape(gateway);
    expect(found.read('requests_total')).toEqual([
      'delegation 4xx 2',
      'documents 2xx 1',
      'graphql 2xx 15',
      'operations 2xx 1',
      'other 4xx 1',
    ]);
    expect(found.read('delegations_total')).toEqual([
      'acme delegation APP UNAUTHORIZED_CLIENT 1',
      'acme delegation unknown INVALID_REQUEST 1',
      'acme graphql APP INVALID_TOKEN 1',
      'acme graphql APP OK 10',
      'acme graphql APP RATE_LIMITED 2',
      'acme graphql FIREBASE OK 1',
      'acme graphql unknown INVALID_TARGET 1',
    ]);
    expect(found.read('delegation_duration_seconds_count')).toEqual([
      'delegation APP 1',
      'graphql APP 13',
      'graphql FIREBASE 1',
      'graphql unknown 1',
    ]);
    expect(found.read('limit_refusals_total')).toEqual(['acme user-address 2']);
    expect(found.read('upstream_duration_seconds_count')).toEqual(['JWKS 1']);
    expect(found.read('health')).toContain('store ok 1');
    expect(found.text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(found.text).toMatch(/^process_cpu_seconds_total /m);
  });

  it('says which limit refused', async () => {
    const gateway = await metricsGateway(undefined, (config) =>
      Object.assign(config, { rate_limit: { per_user: { burst: 2, refill_per_minute: 1 }, attempts_per_minute: 5 } }),
    );
    const token = await gateway.idToken();
    for (let request = 0; request < 7; request++) await gateway.delegate({ target: 'api' }, { token });
    gateway.clock.advance(61_000);
    await gateway.delegate({ target: 'api' }, { token });
    // The audit event of the minute counts nothing again.
    expect(gateway.log.audits().filter(({ attempts }) => attempts !== undefined)).toHaveLength(1);
    const found = await scrape(gateway);
    expect(found.read('limit_refusals_total')).toEqual(['acme attempts 2', 'acme user 3']);
    expect(found.read('delegations_total')).toEqual(['acme graphql APP OK 3', 'acme graphql APP RATE_LIMITED 3']);
  });

  it('has a label value for nothing that a caller makes up, and nothing of a token, user, client or address', async () => {
    const gateway = await metricsGateway(undefined, (config) =>
      Object.assign(config, { rate_limit: { attempts_per_minute: 10_000 } }),
    );
    const token = await gateway.idToken();
    await gateway.delegate({ target: 'api' }, { token });
    const lines = (await scrape(gateway)).text.split('\n').length;
    for (let made = 0; made < 1_000; made++) {
      const name = `made-up-${made}`;
      await gateway.delegate({ target: name, clientId: name, apiType: name }, { token });
      await postForm(gateway, { client_id: name, id_token: token, target: name });
      await postForm(gateway, { id_token: token, api_type: name });
      await gateway.fetch(new Request(`http://gateway.test/${name}`), { remoteAddress: '192.0.2.1' });
    }
    const { text } = await scrape(gateway);
    expect(text).not.toContain('made-up');
    expect(text.split('\n').length).toBeLessThan(lines + 40);
    for (const secret of [...token.split('.'), 'alice', '"web"', '"api"', '192.0.2.1', APP_SECRET]) {
      expect(text).not.toContain(secret);
    }
  });

  it('measures calls of other services, and names the kind of each failure', async () => {
    const answers: (() => Response | Promise<Response>)[] = [
      () => Response.json({ error: 'invalid_request' }, { status: 400 }),
      () => new Response('', { status: 500 }),
      () => new Response('x'.repeat(200_000)),
      () => Promise.reject(new DOMException('', 'TimeoutError')),
    ];
    const gateway = await metricsGateway((url) => (url === JWKS_URI ? new Response('no') : answers.shift()!()));
    while (answers.length > 0) {
      const refreshToken = `refresh-token-${answers.length}`;
      await gateway.delegate({ clientId: 'web', target: 'api', subjectToken: { refreshToken } });
    }
    const found = await scrape(gateway);
    expect(found.read('upstream_duration_seconds_count')).toEqual(['JWKS 1', 'The identity provider 4']);
    expect(found.read('upstream_failures_total')).toEqual([
      'JWKS invalid 1',
      'The identity provider refused 1',
      'The identity provider status 1',
      'The identity provider too_long 1',
      'The identity provider unreachable 1',
    ]);
  });

  it('shows the age of the keys of each issuer, and the health of all of them', async () => {
    let isDown = true;
    const gateway = await metricsGateway(() => (isDown ? new Response('', { status: 503 }) : jwksResponse()));
    expect((await scrape(gateway)).read('jwks_age_seconds')).toEqual([`acme ${ISSUER} +Inf`]);
    expect((await scrape(gateway)).read('health')).toEqual([
      ...['audit', 'gateway'].flatMap((check) => [`${check} degraded 0`, `${check} ok 1`, `${check} unavailable 0`]),
      'keys degraded 0',
      'keys ok 0',
      'keys unavailable 1',
      'store degraded 0',
      'store ok 1',
      'store unavailable 0',
    ]);
    isDown = false;
    gateway.clock.advance(1_000);
    await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() });
    gateway.clock.advance(90_000);
    const found = await scrape(gateway);
    expect(found.read('jwks_age_seconds')).toEqual([`acme ${ISSUER} 90`]);
    expect(found.read('health')).toContain('keys ok 1');
  });

  it('counts reloads, and has the time of the last one that succeeded', async () => {
    const gateway = await metricsGateway();
    const startSeconds = gateway.clock.seconds();
    gateway.clock.advance(60_000);
    await gateway.reload(parseConfig({ ...baseConfig(), metrics: true }));
    gateway.clock.advance(60_000);
    gateway.countFailedReload();
    const found = await scrape(gateway);
    expect(found.read('reloads_total')).toEqual(['failed 1', 'ok 1']);
    expect(found.read('last_reload_success_timestamp_seconds')).toEqual([String(startSeconds + 60)]);
  });

  it('has the content type of the text format, needs no tenant, is not counted as an attempt, and takes GET alone', async () => {
    const gateway = await metricsGateway(undefined, (config) => {
      Object.assign(config, { rate_limit: { attempts_per_minute: 1 } });
      Object.assign(config.tenants[0]!, { hosts: ['acme.test'] });
    });
    const ask = (method: string) =>
      gateway.fetch(new Request('http://elsewhere.test/metrics', { method }), { remoteAddress: '192.0.2.1' });
    for (let scrapes = 0; scrapes < 3; scrapes++) expect((await ask('GET')).status).toBe(200);
    const { headers } = await ask('GET');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    const refused = await ask('POST');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it.each([false, { port: 0 }])('is a 404 where metrics is %j', async (metrics) => {
    const gateway = await testGateway((config) => Object.assign(config, { metrics }));
    const response = await gateway.fetch(new Request('http://gateway.test/metrics'), { remoteAddress: '192.0.2.1' });
    expect(response.status).toBe(404);
  });
});

describe('the page of metrics', () => {
  const sources = { readKeyAges: () => [], readHealth: () => [], readLostLines: () => ({ stderr: 3, file: 0 }) };

  it('has the lines that were lost', async () => {
    const page = createMetricsPage(new Metrics([], 0), sources);
    expect(parseScrape(await page.render()).read('log_lines_lost_total')).toEqual(['file 0', 'stderr 3']);
  });

  it('has no API type that the gateway does not know', async () => {
    const metrics = new Metrics(['APP'], 0);
    for (const apiType of ['APP', 'made-up', undefined]) {
      metrics.countDelegation({ tenant: 'acme', endpoint: 'graphql', apiType });
    }
    const found = parseScrape(await createMetricsPage(metrics, sources).render());
    expect(found.read('delegations_total')).toEqual(['acme graphql APP OK 1', 'acme graphql unknown OK 2']);
  });

  it('has cumulative buckets, and the sum of what was measured', async () => {
    const metrics = new Metrics(['APP'], 0);
    for (const durationMs of [0, 1, 2, 60, 20_000]) {
      metrics.countDelegation({ tenant: 'acme', endpoint: 'graphql', apiType: 'APP', durationMs });
    }
    const page = createMetricsPage(metrics, sources);
    const found = parseScrape(await page.render());
    expect(found.text).toContain('# TYPE delegation_gateway_delegation_duration_seconds histogram');
    expect(found.read('delegation_duration_seconds_bucket')).toEqual(
      expect.arrayContaining([
        '0.001 graphql APP 2',
        '0.0025 graphql APP 3',
        '0.1 graphql APP 4',
        '+Inf graphql APP 5',
      ]),
    );
    expect(found.read('delegation_duration_seconds_sum')).toEqual(['graphql APP 20.063']);
    expect(found.read('delegation_duration_seconds_count')).toEqual(['graphql APP 5']);
  });
});
