import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import {
  type Authentication,
  type AuthenticationGateway,
  authenticationGateway,
  BACKEND,
  BACKEND_JWKS,
  BACKEND_SECRET,
  ENDPOINTS,
  OTHER_SECRET,
} from '../support/client-authentication.js';
import { APP_SECRET, baseConfig, ISSUER, TENANT_ISSUER } from '../support/gateway.js';
import { signers } from '../support/identity-provider.js';
import { answerWith, connectionReset, httpServer } from '../support/jwks-server.js';
import { ed25519Pair, publicJwk, rsaPair } from '../support/keys.js';

const WRONG_SECRET = 'UNAUTHORIZED_CLIENT: The client secret is not one of the calling application';
const assertionRefused = (rule: string) => `UNAUTHORIZED_CLIENT: The client assertion does not verify: ${rule}`;

/** How a caller authenticates, and what it gets. */
type Row = readonly [what: string, authentication: (gateway: AuthenticationGateway) => Authentication, outcome: string];

const claims =
  (changes: Record<string, unknown> | ((nowSeconds: number) => Record<string, unknown>)) =>
  (gateway: AuthenticationGateway): Authentication => ({
    assertion: gateway.assertion(typeof changes === 'function' ? changes(gateway.clock.seconds()) : changes),
  });
const header =
  (
    changes: Record<string, unknown>,
    signer: Parameters<AuthenticationGateway['assertion']>[2] = BACKEND.RS256.signer,
  ) =>
  (gateway: AuthenticationGateway): Authentication => ({ assertion: gateway.assertion({}, changes, signer) });

const ACCEPTED: readonly Row[] = [
  ['its secret', () => ({ secret: BACKEND_SECRET }), 'issued'],
  ['an assertion (RFC 7523 §2.2)', claims({}), 'issued'],
  ...Object.entries(BACKEND).map(
    ([alg, { kid, signer }]): Row => [`an assertion with ${alg}`, header({ alg, kid }, signer), 'issued'],
  ),
  [
    'an assertion without kid, where one key fits',
    header({ alg: 'ES256', kid: undefined }, BACKEND.ES256.signer),
    'issued',
  ],
  ['typ JWT', header({ typ: 'JWT' }), 'issued'],
  ['typ client-authentication+jwt (rfc7523bis)', header({ typ: 'client-authentication+jwt' }), 'issued'],
  ['typ application/Client-Authentication+JWT', header({ typ: 'application/Client-Authentication+JWT' }), 'issued'],
  ['a list of one audience', claims({ aud: [TENANT_ISSUER] }), 'issued'],
  ['an exp one hour ahead', claims((now) => ({ exp: now + 3_605 })), 'issued'],
  ['an exp that passed 4 s ago', claims((now) => ({ exp: now - 4 })), 'issued'],
  ['iat and nbf 5 s ahead', claims((now) => ({ iat: now + 5, nbf: now + 5 })), 'issued'],
  ['a jti of 255 characters', claims({ jti: 'j'.repeat(255) }), 'issued'],
];

const NO_KEY = assertionRefused('the calling application has no key that its alg and kid select');
const SIGNATURE = assertionRefused('its signature is not valid');
const AUD = assertionRefused('its audience (aud) must be the issuer of the tenant and nothing else');
const EXP_FAR = assertionRefused('its expiry (exp) must be at most 3600 seconds ahead');
const JTI = assertionRefused('its id (jti) must be a string of 1 to 255 characters');

const REFUSED: readonly Row[] = [
  ['a wrong secret', () => ({ secret: 'a-wrong-secret-of-twenty-characters' }), WRONG_SECRET],
  [
    'its secret as the assertion',
    () => ({ assertion: BACKEND_SECRET }),
    assertionRefused('it is not a JWT in compact form'),
  ],
  [
    'PS256 with a key whose alg is RS256',
    header({ alg: 'PS256', kid: 'pinned' }, signers.PS256(rsaPair('backend-pinned').privateKey)),
    NO_KEY,
  ],
  ['a kid that is a number', header({ kid: 7 }), assertionRefused('its key id (kid) must be a string')],
  ['the issuer twice as aud', claims({ aud: [TENANT_ISSUER, TENANT_ISSUER] }), AUD],
  ['an exp that passed 5 s ago', claims((now) => ({ exp: now - 5 })), assertionRefused('it has expired (exp)')],
  ['an exp that is too far ahead', claims((now) => ({ exp: now + 3_606 })), EXP_FAR],
  ['an exp in milliseconds', claims((now) => ({ exp: (now + 60) * 1_000 })), EXP_FAR],
  ['an iat 6 s ahead', claims((now) => ({ iat: now + 6 })), assertionRefused('it was issued in the future (iat)')],
  ['nbf as null', claims({ nbf: null }), assertionRefused('its start (nbf) must be a number')],
  ['an nbf 6 s ahead', claims((now) => ({ nbf: now + 6 })), assertionRefused('it is not valid yet (nbf)')],
  ['a jti of 256 characters', claims({ jti: 'j'.repeat(256) }), JTI],
  [
    'an assertion over 16 KiB',
    claims({ filler: 'x'.repeat(16_384) }),
    'INVALID_REQUEST: The client assertion is longer than 16384 bytes',
  ],
];

describe.each(ENDPOINTS)('a caller that authenticates at /%s by', (endpoint) => {
  it.each([...ACCEPTED, ...REFUSED])('%s', async (_what, authenticate, outcome) => {
    const gateway = await authenticationGateway();
    expect(await gateway.ask(endpoint, authenticate(gateway))).toBe(outcome);
    const issued = outcome === 'issued';
    const [audited, ...others] = gateway.log.audits();
    expect(others).toEqual([]);
    expect(audited).toMatchObject({ client: 'backend', authenticated: issued });
    expect([audited?.code, audited?.user]).toEqual(
      issued ? [undefined, 'auth0|alice'] : [outcome.split(':')[0], undefined],
    );
  });
});

describe('the secret of a client', () => {
  it('authenticates no client that has none, and an empty one none at all', async () => {
    const gateway = await authenticationGateway((_config, backend) => Object.assign(backend, { client_secret: '' }));
    expect(await gateway.ask('graphql', { secret: '' }, 'web')).toBe(WRONG_SECRET);
    expect(await gateway.ask('graphql', { secret: '' })).toBe(WRONG_SECRET);
    expect(await gateway.ask('graphql', { assertion: '' })).toBe(assertionRefused('it is not a JWT in compact form'));
  });

  it('is compared as the operator wrote it where secret_encoded is true', async () => {
    const encoded = Buffer.from(APP_SECRET).toString('base64');
    const gateway = await authenticationGateway((_config, backend) =>
      Object.assign(backend, { client_secret: encoded, jwt_configuration: { secret_encoded: true } }),
    );
    expect(await gateway.ask('graphql', { secret: encoded })).toBe('issued');
    expect(await gateway.ask('graphql', { secret: APP_SECRET })).toBe(WRONG_SECRET);
    expect(await gateway.ask('graphql', { secret: encoded.replace(/=*$/, '') })).toBe(
      encoded.endsWith('=') ? WRONG_SECRET : 'issued',
    );
  });

  it('authenticates the client of the token where the request names none', async () => {
    const gateway = await authenticationGateway();
    const token = await gateway.idToken({ aud: 'backend' });
    await gateway.delegate({ clientAuthentication: { secret: BACKEND_SECRET } }, { token });
    await gateway.delegate({ clientAuthentication: { secret: OTHER_SECRET } }, { token });
    expect(gateway.log.audits().map(({ audit, authenticated }) => [audit, authenticated])).toEqual([
      ['sd', true],
      ['fd', false],
    ]);
  });
});

describe('an assertion counts once', () => {
  const REPLAYED = assertionRefused('it was used before (jti)');

  it.each(ENDPOINTS.flatMap((first) => ENDPOINTS.map((second) => [first, second] as const)))(
    'first at /%s, then at /%s',
    async (first, second) => {
      const gateway = await authenticationGateway();
      const assertion = gateway.assertion();
      expect(await gateway.ask(first, { assertion })).toBe('issued');
      expect(await gateway.ask(second, { assertion })).toBe(REPLAYED);
    },
  );

  it('among eight requests at once, at two endpoints', async () => {
    const gateway = await authenticationGateway();
    const assertion = gateway.assertion();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => gateway.ask(ENDPOINTS[index % 2] ?? 'graphql', { assertion })),
    );
    expect(outcomes.sort()).toEqual([...Array(7).fill(REPLAYED), 'issued']);
  });

  it('among the fields of one operation', async () => {
    const gateway = await authenticationGateway();
    const { errors, data } = await gateway.graphql(
      `mutation ($input: DelegateInput!) {
        a: delegate(input: $input) { refreshToken }
        b: delegate(input: $input) { refreshToken }
      }`,
      {
        token: await gateway.idToken({ aud: 'backend' }),
        variables: { input: { clientId: 'backend', clientAuthentication: { assertion: gateway.assertion() } } },
      },
    );
    expect([data, errors?.map(({ path }) => path)]).toEqual([{ a: { refreshToken: null }, b: null }, [['b']]]);
  });

  it('also after a reload, in another spelling of its expiry, and until it has expired', async () => {
    const gateway = await authenticationGateway();
    const assertion = gateway.assertion({ jti: 'one' });
    expect(await gateway.ask('graphql', { assertion })).toBe('issued');
    const document = baseConfig();
    Object.assign(document.tenants[0]?.clients[3] ?? {}, { client_id: 'backend', jwks: BACKEND_JWKS });
    await gateway.reload(parseConfig(document));
    expect(await gateway.ask('graphql', { assertion })).toBe(REPLAYED);
    const later = gateway.assertion({ jti: 'one', exp: gateway.clock.seconds() + 3_000 });
    expect(await gateway.ask('graphql', { assertion: later })).toBe(REPLAYED);
    gateway.clock.advance(64_000);
    expect(await gateway.ask('graphql', { assertion })).toBe(REPLAYED);
    gateway.clock.advance(1_000);
    expect(await gateway.ask('graphql', { assertion })).toBe(assertionRefused('it has expired (exp)'));
  });

  it('for one client: another one may use the same jti', async () => {
    const gateway = await authenticationGateway();
    expect(await gateway.ask('graphql', { assertion: gateway.assertion({ jti: 'one' }) })).toBe('issued');
    const other = { jti: 'one', iss: 'other', sub: 'other' };
    const assertion = gateway.assertion(other, {}, signers.RS256(rsaPair('other').privateKey));
    expect(await gateway.ask('graphql', { assertion }, 'other')).toBe('issued');
  });

  it('only when it verifies: a forged one uses up no jti', async () => {
    const gateway = await authenticationGateway();
    const forged = gateway.assertion({ jti: 'one' }, {}, signers.RS256(rsaPair('mallory').privateKey));
    expect(await gateway.ask('graphql', { assertion: forged })).toBe(SIGNATURE);
    const misdirected = gateway.assertion({ jti: 'one', aud: ISSUER });
    expect(await gateway.ask('graphql', { assertion: misdirected })).toBe(AUD);
    expect(await gateway.ask('graphql', { assertion: gateway.assertion({ jti: 'one' }) })).toBe('issued');
  });
});

describe('the keys of an assertion at a jwks_uri', () => {
  const keys = { keys: [publicJwk(ed25519Pair('backend'), { kid: 'ed' })] };
  const remote = async () => {
    const server = await httpServer(answerWith(keys));
    const gateway = await authenticationGateway((_config, backend) =>
      Object.assign(backend, { jwks: undefined, jwks_uri: `${server.url}/backend.json` }),
    );
    const signed = (changes = {}) =>
      gateway.assertion({}, { alg: 'EdDSA', kid: 'ed', ...changes }, BACKEND.EdDSA.signer);
    return { server, gateway, signed };
  };

  it('are fetched once, and verify it', async () => {
    const { server, gateway, signed } = await remote();
    expect(await gateway.ask('graphql', { assertion: signed() })).toBe('issued');
    expect(await gateway.ask('delegation', { assertion: signed() })).toBe('issued');
    expect(server.requests).toEqual(['/backend.json']);
  });

  it('are asked for no more than twice because of made-up key ids', async () => {
    const { server, gateway, signed } = await remote();
    for (let made = 0; made < 10; made++) {
      expect(await gateway.ask('graphql', { assertion: signed({ kid: `made-up-${made}` }) })).toBe(NO_KEY);
    }
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it('that cannot be fetched are UPSTREAM_UNAVAILABLE, and the secret works all the same', async () => {
    const { server, gateway, signed } = await remote();
    server.answer = connectionReset;
    expect(await gateway.ask('graphql', { assertion: signed() })).toMatch(/^UPSTREAM_UNAVAILABLE: /);
    expect(await gateway.ask('graphql', { secret: BACKEND_SECRET })).toBe('issued');
  });
});

describe('a client with require_authentication', () => {
  const strict = () =>
    authenticationGateway((_config, backend) => Object.assign(backend, { require_authentication: true }));
  const MISSING = 'UNAUTHORIZED_CLIENT: The calling application must authenticate';

  it.each(ENDPOINTS)('is refused at /%s unless it authenticates', async (endpoint) => {
    const gateway = await strict();
    expect(await gateway.ask(endpoint)).toBe(MISSING);
    expect(await gateway.ask(endpoint, { secret: BACKEND_SECRET })).toBe('issued');
    expect(await gateway.ask(endpoint, { assertion: gateway.assertion() })).toBe('issued');
    expect(await gateway.ask(endpoint, undefined, 'other')).toBe('issued');
  });

  it('is refused also where the request does not name it, and keeps its viewer', async () => {
    const gateway = await strict();
    const token = await gateway.idToken({ aud: 'backend' });
    const { errors } = await gateway.delegate({ target: 'backend' }, { token });
    expect(errors?.[0].extensions.code).toBe('UNAUTHORIZED_CLIENT');
    const viewer = await gateway.graphql('{ viewer { client { clientId } } }', { token });
    expect(viewer.data).toEqual({ viewer: { client: { clientId: 'backend' } } });
  });
});

describe('failed or missing authentication', () => {
  it('spends no request of the user, and is said before anything of the token', async () => {
    const gateway = await authenticationGateway((_config, backend) =>
      Object.assign(backend, { require_authentication: true }),
    );
    const token = await gateway.idToken({ aud: 'backend' });
    for (const input of [
      {},
      { clientAuthentication: { secret: OTHER_SECRET } },
      { clientAuthentication: { assertion: 'a' } },
    ]) {
      const { errors } = await gateway.delegate(input, { token });
      expect(errors?.[0].extensions).toEqual({ code: 'UNAUTHORIZED_CLIENT' });
      const forged = await gateway.delegate({ clientId: 'backend', ...input }, { token: 'not-a-token' });
      expect(forged.errors?.[0].extensions).toEqual({ code: 'UNAUTHORIZED_CLIENT' });
    }
    const { data } = await gateway.graphql('{ viewer { rateLimit { remaining } } }', { token });
    expect(data.viewer.rateLimit.remaining).toBe(10);
  });
});
