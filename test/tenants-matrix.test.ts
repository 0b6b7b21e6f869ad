import { createPrivateKey, randomUUID } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from './redis/shared-gateways.js';
import { DELEGATE, ISSUER, type TestGateway, testGateway } from './support/gateway.js';
import { compactToken, identityProvider, signers } from './support/identity-provider.js';
import { publicJwk, rsaPair } from './support/keys.js';
import { describeWithRedis, startRedis } from './support/redis-server.js';
import { json, type TokenEndpoint, tokenEndpoint } from './support/token-endpoint.js';
import { selfSigned } from './support/upstream.js';

const NAMES = ['alpha', 'beta', 'gamma'] as const;
type Name = (typeof NAMES)[number];

const PAIRS = NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => [from, to] as const));
const BURST = 3;
const ATTEMPTS = 20;
const CERTIFICATES = Object.fromEntries(NAMES.map((name) => [name, selfSigned(name)]));
const issuerOf = (name: Name) => `https://${name}.example.com/`;
const secretOf = (name: Name) => `the-secret-of-backend-at-${name}-0123456789-abcdef`;

/**
 * A tenant that is as like the others as it may be: the same issuer of callers' tokens and the same `kid`, the same
 * `client_id`s, the same key of assertions and the same token endpoint. Keys, secrets and `only-…` are its own.
 */
function buildTenant(name: Name, tokenEndpointUrl: string) {
  const { key, cert } = CERTIFICATES[name]!;
  return {
    name,
    hosts: [`${name}.test`],
    issuer: issuerOf(name),
    signing_key: key,
    certificate: cert,
    delegation: { enabled: true },
    denied_subjects: [`denied-at-${name}`],
    issuers: [
      {
        issuer: ISSUER,
        jwks: { keys: [publicJwk(rsaPair(`idp of ${name}`), { kid: 'idp-1' })] },
        token_endpoint: tokenEndpointUrl,
      },
    ],
    clients: [
      { client_id: 'web', name: `Web of ${name}`, refresh_token_delegation: true },
      { client_id: 'api', name: `API of ${name}`, allowed_clients: ['web'] },
      {
        client_id: 'backend',
        name: `Backend of ${name}`,
        client_secret: secretOf(name),
        jwks: { keys: [publicJwk(rsaPair('backend of all'), { kid: 'backend-1' })] },
      },
      { client_id: `only-${name}`, name: `Only at ${name}`, allowed_clients: ['*'] },
    ],
  };
}

interface Ask {
  readonly token?: string;
  readonly ip?: string;
  readonly input?: Record<string, unknown>;
}

/** A gateway of three tenants, asked by the host of one of them. */
interface Scene {
  readonly gateway: TestGateway;
  readonly provider: TokenEndpoint;
  /** An address that no other test has. */
  nextIp(): string;
  /** An ID token that the identity provider of a tenant signed, of a user that no other test has. */
  idToken(name: Name, claims?: Record<string, unknown>): Promise<string>;
  /** An assertion of `backend` for a tenant. */
  assertion(name: Name, jti: string): string;
  get(name: Name, path: string): Promise<string>;
  /** Delegates at a tenant: `granted`, or `<code>: <message>`. By default from another address each time. */
  ask(name: Name, ask: Ask): Promise<string>;
  /** The credential of a delegation that must be granted. */
  obtain(name: Name, ask: Ask): Promise<string>;
  /** The text of a response to a query. */
  query(name: Name, query: string, ask: Ask & { readonly variables?: object }): Promise<string>;
}

async function openScene(store: string): Promise<Scene> {
  const provider = await tokenEndpoint((_request, response) => json(response, { error: 'invalid_grant' }, 400));
  const gateway = await testGateway(
    (config) => {
      const tenants = NAMES.map((name) => buildTenant(name, provider.url));
      Object.assign(config, { rate_limit: { store, burst: BURST, attempts_per_minute: ATTEMPTS }, tenants });
    },
    { clock: systemClock },
  );
  const idp = identityProvider({ issuer: ISSUER, clock: systemClock });
  let addresses = 0;
  const scene: Scene = {
    gateway,
    provider,
    nextIp() {
      addresses += 1;
      return `10.0.${addresses >> 8}.${addresses & 255}`;
    },
    idToken: (name, claims) =>
      idp.idToken({ sub: randomUUID(), aud: 'web', ...claims }, { key: rsaPair(`idp of ${name}`).privateKey }),
    assertion: (name, jti) =>
      compactToken(
        { alg: 'RS256', kid: 'backend-1' },
        { iss: 'backend', sub: 'backend', aud: issuerOf(name), exp: systemClock.seconds() + 60, jti },
        signers.RS256(rsaPair('backend of all').privateKey),
      ),
    async get(name, path) {
      return (await gateway.fetch(new Request(`http://${name}.test${path}`), { remoteAddress: '192.0.2.1' })).text();
    },
    async query(name, query, { token, ip = scene.nextIp(), variables }) {
      const headers = {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      };
      const body = JSON.stringify({ query, variables });
      const request = new Request(`http://${name}.test/graphql`, { method: 'POST', headers, body });
      return (await gateway.fetch(request, { remoteAddress: ip })).text();
    },
    async ask(name, { input = {}, ...ask }) {
      const { errors } = JSON.parse(await scene.query(name, DELEGATE, { ...ask, variables: { input } }));
      return errors ? `${errors[0].extensions.code}: ${errors[0].message}` : 'granted';
    },
    async obtain(name, { input = {}, ...ask }) {
      const { data } = JSON.parse(await scene.query(name, DELEGATE, { ...ask, variables: { input } }));
      return data.delegate.credential.token;
    },
  };
  return scene;
}

const UNVERIFIED = 'INVALID_TOKEN: The subject token does not verify:';
const asBackend = (token: string, clientAuthentication: object): Ask => ({
  token,
  input: { clientId: 'backend', clientAuthentication },
});

/** What must not cross, by its name: each does something at one tenant, and looks for it at the other. */
const KINDS: Readonly<Record<string, (scene: Scene, from: Name, to: Name) => Promise<void>>> = {
  async 'a subject token, although issuer, key id and application are the same'({ ask, idToken }, from, to) {
    const token = await idToken(from);
    expect(await ask(to, { token })).toBe(`${UNVERIFIED} its signature is not valid`);
    expect(await ask(from, { token })).toBe('granted');
  },

  async 'an app token'({ ask, obtain, idToken }, from, to) {
    const token = await obtain(from, { token: await idToken(from) });
    expect(await ask(to, { token })).toBe(`${UNVERIFIED} its issuer (iss) is not configured for this tenant`);
    expect(await ask(from, { token })).toBe('granted');
  },

  async 'a signing key, with either key id'({ ask, obtain, idToken }, from, to) {
    const signer = signers.RS256(readPrivateKey(from));
    const kids = await Promise.all(
      [from, to].map(
        async (name) => decodeProtectedHeader(await obtain(name, { token: await idToken(name) })).kid as string,
      ),
    );
    const now = systemClock.seconds();
    const claims = {
      sub: 'alice',
      aud: 'web',
      iat: now,
      exp: now + 60,
      idp: ISSUER,
      chain_iat: now,
      chain_exp: now + 60,
    };
    const forge = (iss: string, kid = '') =>
      compactToken({ alg: 'RS256', typ: 'JWT', kid }, { iss, ...claims }, signer);
    expect(await ask(to, { token: forge(issuerOf(to), kids[1]) })).toBe(`${UNVERIFIED} its signature is not valid`);
    expect(await ask(to, { token: forge(issuerOf(to), kids[0]) })).toMatch(
      /^INVALID_TOKEN: .*no suitable key with its key id \(kid\)$/,
    );
    expect(await ask(from, { token: forge(issuerOf(from), kids[0]) })).toBe('granted');
  },

  async 'an application as the target'({ ask, idToken }, from, to) {
    const input = { target: `only-${from}` };
    expect(await ask(to, { token: await idToken(to), input })).toBe(
      'INVALID_TARGET: target names no application of this tenant',
    );
    expect(await ask(from, { token: await idToken(from), input })).toBe('granted');
  },

  async 'an application as the caller'({ ask, idToken }, from, to) {
    const clientId = `only-${from}`;
    const token = await idToken(to, { aud: clientId });
    expect(await ask(to, { token, input: { clientId } })).toMatch(
      /^UNAUTHORIZED_CLIENT: .* no application of this tenant$/,
    );
    expect(await ask(from, { token: await idToken(from, { aud: clientId }), input: { clientId } })).toBe('granted');
  },

  async 'an application in the list of targets'({ query, idToken }, from, to) {
    const text = await query(to, '{ viewer { targets { clientId name } } }', { token: await idToken(to) });
    expect(text).toContain(`"only-${to}"`);
    expect(findMarks(text, from)).toEqual([]);
  },

  async 'the secret of an application'({ ask, idToken }, from, to) {
    const token = await idToken(to, { aud: 'backend' });
    expect(await ask(to, asBackend(token, { secret: secretOf(from) }))).toBe(
      'UNAUTHORIZED_CLIENT: The client secret is not one of the calling application',
    );
    expect(await ask(to, asBackend(token, { secret: secretOf(to) }))).toBe('granted');
  },

  async 'an assertion of an application'({ ask, idToken, assertion }, from, to) {
    const token = await idToken(to, { aud: 'backend' });
    expect(await ask(to, asBackend(token, { assertion: assertion(from, randomUUID()) }))).toMatch(
      /^UNAUTHORIZED_CLIENT: .*its audience \(aud\) must be the issuer of the tenant/,
    );
  },

  async 'the id of a used assertion'({ ask, idToken, assertion }, from, to) {
    const jti = randomUUID();
    for (const name of [from, to]) {
      const token = await idToken(name, { aud: 'backend' });
      expect(await ask(name, asBackend(token, { assertion: assertion(name, jti) }))).toBe('granted');
      expect(await ask(name, asBackend(token, { assertion: assertion(name, jti) }))).toMatch(
        /it was used before \(jti\)$/,
      );
    }
  },

  async 'a key in the JWKS'({ get }, from, to) {
    const [theirs, ours] = await Promise.all([from, to].map((name) => get(name, '/.well-known/jwks.json')));
    const list = (text = '') => JSON.parse(text).keys.map(({ kid, n }: { kid: string; n: string }) => `${kid} ${n}`);
    expect(list(ours)).toHaveLength(1);
    expect(list(ours)).not.toEqual(list(theirs));
  },

  async 'the SAML metadata'({ get }, from, to) {
    const text = await get(to, '/saml/metadata');
    const base64 = (name: Name) => CERTIFICATES[name]!.cert.replace(/-----[^-]+-----|\n/g, '');
    expect(text).toContain(`entityID="urn:${to}.example.com"`);
    expect(text).toContain(base64(to));
    expect(text).not.toContain(base64(from));
    expect(findMarks(text, from)).toEqual([]);
  },

  async 'the buckets of a user'({ ask, query, idToken, nextIp }, from, to) {
    const sub = randomUUID();
    const ip = nextIp();
    const token = await idToken(from, { sub });
    const outcomes = [];
    for (let count = 0; count <= BURST; count++) outcomes.push((await ask(from, { token, ip })).replace(/:.*/, ''));
    expect(outcomes).toEqual([...Array(BURST).fill('granted'), 'RATE_LIMITED']);
    const text = await query(to, '{ viewer { rateLimit { remaining } } }', { token: await idToken(to, { sub }), ip });
    expect(JSON.parse(text).data.viewer.rateLimit.remaining).toBe(BURST);
  },

  async 'the attempts of an address'({ query, nextIp }, from, to) {
    const ip = nextIp();
    const send = async (name: Name) =>
      JSON.parse(await query(name, '{ __typename }', { ip })).errors?.[0].extensions.code;
    for (let count = 0; count < ATTEMPTS; count++) expect(await send(from)).toBeUndefined();
    expect(await send(from)).toBe('RATE_LIMITED');
    expect(await send(to)).toBeUndefined();
  },

  async 'a refused refresh token'({ ask, provider }, from, to) {
    const refreshToken = `v1.${randomUUID()}`;
    const input = { clientId: 'web', subjectToken: { refreshToken } };
    const sent = () => provider.requests.filter(({ form }) => form.get('refresh_token') === refreshToken).length;
    for (const [calls, name] of [from, to].entries()) {
      expect(await ask(name, { input })).toMatch(/^INVALID_TOKEN: /);
      expect(await ask(name, { input })).toMatch(/^INVALID_TOKEN: /);
      expect(sent(), 'asked once for each tenant').toBe(calls + 1);
    }
  },

  async 'a denied user'({ ask, idToken }, from, to) {
    const sub = `denied-at-${from}`;
    expect(await ask(from, { token: await idToken(from, { sub }) })).toMatch(/^INVALID_TOKEN: /);
    expect(await ask(to, { token: await idToken(to, { sub }) })).toBe('granted');
  },

  async 'a name in an audit event'({ gateway, ask, idToken }, from, to) {
    const before = gateway.log.audits().length;
    const only = `only-${from}`;
    await ask(to, { token: await idToken(to) });
    await ask(to, { token: await idToken(to), input: { target: only } });
    await ask(to, { token: await idToken(to), input: { clientId: only, target: only } });
    const events = gateway.log.audits().slice(before);
    expect(events.map(({ tenant }) => tenant)).toEqual([to, to, to]);
    expect(findMarks(JSON.stringify(events), from)).toEqual([]);
  },

  async 'a name in an error or a response'({ query, obtain, idToken, get }, from, to) {
    const token = await idToken(to);
    const inputs = [
      {},
      { target: `only-${from}` },
      { clientId: 'unknown' },
      { clientId: 'backend', clientAuthentication: { secret: secretOf(from) } },
      { subjectToken: { idToken: await obtain(from, { token: await idToken(from) }) } },
      { subjectToken: { idToken: await idToken(from, { aud: `only-${from}` }) } },
    ];
    const texts = await Promise.all([
      ...inputs.map((input) => query(to, DELEGATE, { token, variables: { input } })),
      ...['/', '/readyz', '/unknown', '/delegation'].map((path) => get(to, path)),
    ]);
    expect(findMarks(texts.join('\n'), from)).toEqual([]);
  },
};

function readPrivateKey(name: Name) {
  return createPrivateKey(CERTIFICATES[name]!.key);
}

/** What only a tenant has, and no other may show. */
function findMarks(text: string, name: Name): string[] {
  return [name, `only-${name}`, secretOf(name)].filter((mark) => text.includes(mark));
}

const kinds = Object.entries(KINDS).flatMap(([kind, cross]) =>
  PAIRS.map(([from, to]) => [kind, from, to, cross] as const),
);

function matrix(open: () => Promise<string>) {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(await open());
  });
  afterAll(async () => {
    await scene.gateway.close();
    await scene.provider.close();
  });

  it.each(kinds)('%s: of %s at %s', (_kind, from, to, cross) => cross(scene, from, to));
}

describe('nothing of one tenant counts at another, with the store in memory', () => matrix(async () => 'memory'));

describeWithRedis('nothing of one tenant counts at another, with Redis', () =>
  matrix(async () => (await startRedis()).url),
);
