import { describe, expect, it } from 'vitest';
import { baseConfig, type ConfigDocument, ISSUER, type TestGateway, testGateway } from '../support/gateway.js';
import { publicJwk, rsaPair } from '../support/keys.js';

const OTHER_ISSUER = 'https://other.example.com/';
const MINUTE = 60_000;

async function readReadiness(gateway: Pick<TestGateway, 'fetch'>) {
  const response = await gateway.fetch(new Request('http://gateway.test/readyz'), { remoteAddress: '192.0.2.1' });
  return { status: response.status, body: await response.json() };
}

const OK = { status: 200, body: { status: 'ok' } };
const unavailable = (issuers: string) => ({
  status: 503,
  body: { status: 'unavailable', reasons: { keys: `the keys of ${issuers} could not be fetched` } },
});
const degraded = (issuers: string) => ({
  status: 200,
  body: { status: 'degraded', reasons: { keys: `the keys of ${issuers} could not be fetched` } },
});

const fetchedFrom = (issuer: string) => `${issuer}jwks.json`;

/** A gateway whose only issuer publishes its keys at a URL; `isDown` says which URLs do not answer. */
async function remoteGateway(isDown: (url: string) => boolean, change: (config: ConfigDocument) => void = () => {}) {
  const fetched: string[] = [];
  const gateway = await testGateway(
    (config) => {
      Object.assign(config.tenants[0]!.issuers[0]!, { jwks: undefined, jwks_uri: fetchedFrom(ISSUER) });
      change(config);
    },
    {
      deps: {
        async fetch(url) {
          fetched.push(String(url));
          if (isDown(String(url))) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
          return Response.json({ keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] });
        },
      },
    },
  );
  const lines = () => gateway.log.lines.map((line) => JSON.parse(line)).map(({ time, ...line }) => line);
  return { gateway, fetched, lines };
}

function addIssuer(config: ConfigDocument, keys: object): void {
  const [tenant] = config.tenants;
  const issuers = [
    { ...tenant!.issuers[0]!, subject_prefix: 'a|' },
    { issuer: OTHER_ISSUER, subject_prefix: 'b|', ...keys },
  ];
  const clients = tenant!.clients.map((client) => ({ ...client, issuers: [ISSUER, OTHER_ISSUER] }));
  Object.assign(tenant!, { issuers, clients });
}

describe('the keys of issuers', () => {
  it('are fetched at the start, so that the first request does not wait for them', async () => {
    const { gateway, fetched, lines } = await remoteGateway(() => false);
    await expect.poll(() => fetched).toEqual([fetchedFrom(ISSUER)]);
    expect(await readReadiness(gateway)).toEqual(OK);
    expect((await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() })).errors).toBeUndefined();
    expect(fetched).toEqual([fetchedFrom(ISSUER)]);
    expect(lines().filter(({ level }) => level > 30)).toEqual([]);
  });

  it('make a gateway unavailable that has none, with one warning, until they can be fetched', async () => {
    let down = true;
    const { gateway, fetched, lines } = await remoteGateway(() => down);
    await expect.poll(lines).toEqual([
      {
        level: 40,
        tenant: 'acme',
        issuer: ISSUER,
        reason: 'fetch failed (ECONNREFUSED)',
        msg: 'the keys of an issuer could not be fetched',
      },
    ]);
    expect(await readReadiness(gateway)).toEqual(unavailable('1 issuer'));
    gateway.clock.advance(10_000);
    expect(await readReadiness(gateway)).toEqual(unavailable('1 issuer'));
    expect(lines()).toHaveLength(1);
    down = false;
    gateway.clock.advance(10_000);
    await expect.poll(() => readReadiness(gateway)).toEqual(OK);
    expect(fetched).toHaveLength(3);
  });

  it('stay fresh by checks alone, and are missed when they are older than a day', async () => {
    let down = false;
    const { gateway, fetched } = await remoteGateway(() => down);
    await expect.poll(() => readReadiness(gateway)).toEqual(OK);
    gateway.clock.advance(11 * MINUTE);
    expect(await readReadiness(gateway)).toEqual(OK);
    expect(fetched).toHaveLength(2);
    down = true;
    gateway.clock.advance(24 * 60 * MINUTE);
    expect(await readReadiness(gateway)).toEqual(OK);
    gateway.clock.advance(1);
    expect(await readReadiness(gateway)).toEqual(unavailable('1 issuer'));
  });

  it.each([
    ['another issuer has keys in the configuration', { jwks: baseConfig().tenants[0]!.issuers[0]!.jwks }],
    ['the keys of another issuer were fetched', { jwks_uri: fetchedFrom(OTHER_ISSUER) }],
  ])('only degrade a gateway when %s', async (_name, keys) => {
    const { gateway } = await remoteGateway(
      (url) => url === fetchedFrom(ISSUER),
      (config) => addIssuer(config, keys),
    );
    await expect.poll(() => readReadiness(gateway)).toEqual(degraded('1 issuer'));
  });

  it('are counted over all tenants', async () => {
    const { gateway } = await remoteGateway(
      () => true,
      (config) => addIssuer(config, { jwks_uri: fetchedFrom(OTHER_ISSUER) }),
    );
    expect(await readReadiness(gateway)).toEqual(unavailable('2 issuers'));
  });
});
