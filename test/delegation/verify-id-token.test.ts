import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type CallerGateway, callerConfig, callerGateway, IDP, IDP_JWKS, refusal } from '../support/caller.js';
import { APP_SECRET, ISSUER, TENANT_ISSUER } from '../support/gateway.js';
import { signers } from '../support/identity-provider.js';
import { ecPair, publicJwk, rsaPair } from '../support/keys.js';

const ALICE = 'accepted as auth0|alice';
const hs256 = signers.HS256(APP_SECRET);

let gateway: CallerGateway;
beforeAll(async () => {
  gateway = await callerGateway((config) => {
    const [web, ...others] = config.tenants[0]?.clients ?? [];
    Object.assign(web as object, { trusted_azp: ['native-app'] });
    Object.assign(others.find(({ client_id }) => client_id === 'ps') as object, { trusted_azp: ['web'] });
  });
});

/** A gateway with changes to its only issuer. */
function withIssuer(issuer: Record<string, unknown>): Promise<CallerGateway> {
  return callerGateway((config) => void Object.assign(config.tenants[0]?.issuers[0] as object, issuer));
}

/** A gateway with changes to the client `web`. */
function withWeb(web: Record<string, unknown>): Promise<CallerGateway> {
  return callerGateway((config) => void Object.assign(config.tenants[0]?.clients[0] as object, web));
}

describe('the configured algorithms', () => {
  it.each(Object.entries(IDP))('accept %s from an issuer that lists it', async (alg, { kid, signer }) => {
    expect(await gateway.ask(gateway.forge({ alg, kid }, gateway.claims(), signer))).toBe(ALICE);
  });

  it('refuse an asymmetric algorithm that the issuer does not list, though its JWKS has the key', async () => {
    const { ask, token, forge, claims } = await withIssuer({ algorithms: ['ES256', 'EdDSA'] });
    expect(await ask(token())).toBe(refusal('its algorithm (alg) must be ES256 or EdDSA'));
    expect(await ask(forge({ alg: 'ES256', kid: 'ec-1' }, claims(), IDP.ES256.signer))).toBe(ALICE);
  });

  it.each(['api', 'encoded'])('accept HS256 with the secret of the HS256 client %s', async (aud) => {
    expect(await gateway.ask(gateway.forge({ alg: 'HS256' }, gateway.claims({ aud }), hs256))).toBe(ALICE);
  });

  it('accept an encoded secret in base64url and in base64', async () => {
    const bytes = Buffer.from('fb'.repeat(40), 'hex');
    expect(bytes.toString('base64url')).not.toBe(bytes.toString('base64').replaceAll('=', ''));
    for (const encoding of ['base64', 'base64url'] as const) {
      const { ask, forge, claims } = await withWeb({
        client_secret: bytes.toString(encoding),
        jwt_configuration: { alg: 'HS256', secret_encoded: true },
      });
      expect(await ask(forge({ alg: 'HS256' }, claims(), signers.HS256(bytes)))).toBe(ALICE);
    }
  });

  it('do not decode a plain secret that looks like base64', async () => {
    const client_secret = Buffer.from(APP_SECRET).toString('base64');
    const { ask, forge, claims } = await withWeb({ client_secret, jwt_configuration: { alg: 'HS256' } });
    expect(await ask(forge({ alg: 'HS256' }, claims(), signers.HS256(client_secret)))).toBe(ALICE);
    expect(await ask(forge({ alg: 'HS256' }, claims(), hs256))).toBe(refusal('its signature is not valid'));
  });

  it('accept only HS256 when issuer and client have HS256', async () => {
    expect(await gateway.ask(gateway.token({ aud: 'api' }))).toBe(refusal('its algorithm (alg) must be HS256'));
  });

  it('refuse HS256 for a client whose alg is RS256 or absent, though it has a secret', async () => {
    for (const jwt_configuration of [{ alg: 'RS256' }, {}]) {
      const { ask, forge, claims, token } = await withWeb({ client_secret: APP_SECRET, jwt_configuration });
      expect(await ask(forge({ alg: 'HS256' }, claims(), hs256))).toBe(
        refusal('its algorithm (alg) must be RS256 or PS256 or ES256 or EdDSA'),
      );
      expect(await ask(token())).toBe(ALICE);
    }
  });

  it('accept every asymmetric algorithm of the issuer for a client whose alg is PS256', async () => {
    expect(await gateway.ask(gateway.token({ aud: 'ps' }))).toBe(ALICE);
  });

  it('refuse HS256 from an issuer that does not list it, and accept its asymmetric algorithms for HS256 clients', async () => {
    const { ask, forge, claims, token } = await withIssuer({ algorithms: ['RS256'] });
    expect(await ask(forge({ alg: 'HS256' }, claims({ aud: 'api' }), hs256))).toBe(
      refusal('its algorithm (alg) must be RS256'),
    );
    expect(await ask(token({ aud: 'api' }))).toBe(ALICE);
  });

  it('refuse every token of an issuer that lists only HS256 for a client without HS256', async () => {
    const { ask, forge, claims, token } = await withIssuer({ algorithms: ['HS256'], jwks: undefined });
    const rule = refusal('its algorithm (alg) must be one that its issuer lists');
    expect(await ask(token())).toBe(rule);
    expect(await ask(forge({ alg: 'HS256' }, claims(), hs256))).toBe(rule);
  });

  it('verify HS256 only with the secret of the calling client', async () => {
    const other = 'the-secret-of-another-client-0123456789-0123456789';
    const { ask, forge, claims } = await withWeb({ client_secret: other, jwt_configuration: { alg: 'HS256' } });
    expect(await ask(forge({ alg: 'HS256' }, claims({ aud: 'api' }), signers.HS256(other)))).toBe(
      refusal('its signature is not valid'),
    );
  });

  it('require an HS256 secret of at least 32 bytes', () => {
    const expected = 'a string; expected a secret of at least 32 bytes, as HS256 demands';
    const configured = (client_secret: string, secret_encoded: boolean) => () => {
      const config = callerConfig();
      Object.assign(config.tenants[0]?.clients[0] as object, {
        client_secret,
        jwt_configuration: { alg: 'HS256', secret_encoded },
      });
      return parseConfig(config);
    };
    expect(configured('s'.repeat(31), false)).toThrow(`tenants[0].clients[0].client_secret: ${expected}`);
    expect(configured('s'.repeat(32), false)).not.toThrow();
    expect(configured(Buffer.alloc(31, 7).toString('base64'), true)).toThrow(expected);
    expect(configured(Buffer.alloc(32, 7).toString('base64'), true)).not.toThrow();
  });
});

describe('tokens that the tenant signed', () => {
  const own = (signer: (input: string) => Uint8Array, alg: string, aud: string, header: object = {}) =>
    gateway.forge(
      { alg, typ: 'JWT', ...header },
      gateway.claims({ iss: TENANT_ISSUER, aud, ...gateway.origin() }),
      signer,
    );
  const tenantKey = rsaPair('tenant').privateKey;

  async function tenantKid(): Promise<string> {
    const response = await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), {
      remoteAddress: '192.0.2.1',
    });
    return (await response.json()).keys[0].kid;
  }

  it.each([
    { client: 'web', alg: 'RS256', others: ['PS256', 'HS256'] },
    { client: 'ps', alg: 'PS256', others: ['RS256', 'HS256'] },
    { client: 'api', alg: 'HS256', others: ['RS256', 'PS256'] },
  ] as const)(
    'are accepted only with the algorithm of the client: $alg for $client',
    async ({ client, alg, others }) => {
      const kid = await tenantKid();
      const sign = { RS256: signers.RS256(tenantKey), PS256: signers.PS256(tenantKey), HS256: hs256 };
      expect(await gateway.ask(own(sign[alg], alg, client, { kid }))).toBe(ALICE);
      for (const other of others) {
        expect(await gateway.ask(own(sign[other], other, client, { kid }))).toBe(
          refusal(`its algorithm (alg) must be ${alg}`),
        );
      }
    },
  );

  it("need the kid of the tenant's key", async () => {
    const signer = signers.RS256(tenantKey);
    expect(await gateway.ask(own(signer, 'RS256', 'web', { kid: 'rsa-1' }))).toBe(
      refusal('its issuer has no suitable key with its key id (kid)'),
    );
    expect(await gateway.ask(own(signer, 'RS256', 'web'))).toBe(
      refusal('it has no key id (kid), and its issuer does not have exactly one suitable key'),
    );
  });

  it("are refused with a key of the identity provider, as its tokens are with the tenant's key", async () => {
    const kid = await tenantKid();
    expect(await gateway.ask(own(IDP.RS256.signer, 'RS256', 'web', { kid }))).toBe(
      refusal('its signature is not valid'),
    );
    const swapped = gateway.forge({ alg: 'RS256', kid: 'rsa-1' }, gateway.claims(), signers.RS256(tenantKey));
    expect(await gateway.ask(swapped)).toBe(refusal('its signature is not valid'));
  });

  it('are accepted from the application that they were issued for', async () => {
    const first = await gateway.delegate({ target: 'api' }, { token: gateway.token() });
    const passed = first.data.delegate.credential.token;
    expect(await gateway.ask(passed)).toBe(ALICE);
    expect(await gateway.ask(passed, 'web')).toBe(refusal('its algorithm (alg) must be RS256'));
  });
});

describe('the key', () => {
  const second = publicJwk(rsaPair('second'), { kid: 'rsa-2' });
  const sign = signers.RS256(rsaPair('second').privateKey);

  it('is selected by kid', async () => {
    const { ask, forge, claims, token } = await withIssuer({ jwks: { keys: [...IDP_JWKS.keys, second] } });
    expect(await ask(forge({ alg: 'RS256', kid: 'rsa-2' }, claims(), sign))).toBe(ALICE);
    expect(await ask(token())).toBe(ALICE);
    expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1' }, claims(), sign))).toBe(
      refusal('its signature is not valid'),
    );
    expect(await ask(token({}, { kid: 'rsa-3' }))).toBe(
      refusal('its issuer has no suitable key with its key id (kid)'),
    );
  });

  it('without kid is the only suitable one; with several suitable ones the token is refused', async () => {
    expect(await gateway.ask(gateway.token({}, { kid: undefined }))).toBe(ALICE);
    const { ask, token } = await withIssuer({ jwks: { keys: [...IDP_JWKS.keys, second] } });
    expect(await ask(token({}, { kid: undefined }))).toBe(
      refusal('it has no key id (kid), and its issuer does not have exactly one suitable key'),
    );
  });

  it('can be any of several with the same kid', async () => {
    const { ask, forge, claims, token } = await withIssuer({
      jwks: { keys: [...IDP_JWKS.keys, { ...second, kid: 'rsa-1' }] },
    });
    expect(await ask(token())).toBe(ALICE);
    expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1' }, claims(), sign))).toBe(ALICE);
  });

  it('is used only with the algorithm of its JWK', async () => {
    const keys = [publicJwk(rsaPair('idp'), { kid: 'rsa-1', alg: 'RS256' })];
    const { ask, forge, claims, token } = await withIssuer({ jwks: { keys } });
    expect(await ask(token())).toBe(ALICE);
    expect(await ask(forge({ alg: 'PS256', kid: 'rsa-1' }, claims(), IDP.PS256.signer))).toBe(
      refusal('its issuer has no suitable key with its key id (kid)'),
    );
  });

  it.each([{ kid: 5 }, { kid: null }, { kid: ['rsa-1'] }, { kid: { toString: 'rsa-1' } }])(
    'is not selected by a kid that is not a string: %j',
    async (header) => {
      expect(await gateway.ask(gateway.token({}, header))).toBe(refusal('its key id (kid) must be a string'));
    },
  );
});

describe('typ', () => {
  it.each([undefined, 'JWT', 'jwt', 'Jwt', 'application/jwt', 'APPLICATION/JWT'])('may be %s', async (typ) => {
    expect(await gateway.ask(gateway.token({}, { typ }))).toBe(ALICE);
  });

  it.each([
    'at+jwt',
    'application/at+jwt',
    'logout+jwt',
    'JOSE',
    'JWS',
    'secevent+jwt',
    'jwt ',
    '',
    null,
    7,
    { JWT: true },
  ])('is refused when it is %j', async (typ) => {
    expect(await gateway.ask(gateway.token({}, { typ }))).toBe(
      refusal('its type (typ) must be JWT, as in an ID token'),
    );
  });

  it.each([{ 'http://schemas.openid.net/event/backchannel-logout': {} }, {}, null, false])(
    'does not matter for a token with events %j, which is refused as a logout token',
    async (events) => {
      expect(await gateway.ask(gateway.token({ events }))).toBe(refusal('a logout token (events) is not an ID token'));
    },
  );
});

describe('iss', () => {
  it.each([
    ISSUER.slice(0, -1),
    `${ISSUER}/`,
    `${ISSUER}?`,
    ISSUER.toUpperCase(),
    'HTTPS://login.example.com/',
    'https://login.example.com:443/',
    'https://login.example.com./',
    'https://login.example.com/../',
    'https://login.example.com.evil.example/',
    'https://evil.example/https://login.example.com/',
    ` ${ISSUER}`,
    `${ISSUER}\u0000`,
    '__proto__',
    '',
    null,
    undefined,
    [[ISSUER]],
    { toString: ISSUER },
  ])('is refused when it is not exactly a configured issuer: %j', async (iss) => {
    expect(await gateway.ask(gateway.token({ iss }))).toBe(
      refusal('its issuer (iss) is not configured for this tenant'),
    );
  });

  it('is compared as text, so that it need not be a URL', async () => {
    const { ask, token } = await withIssuer({ issuer: 'accounts.example.com' });
    expect(await ask(token({ iss: 'accounts.example.com' }))).toBe(ALICE);
    expect(await ask(token({ iss: 'https://accounts.example.com' }))).toBe(
      refusal('its issuer (iss) is not configured for this tenant'),
    );
  });
});

describe('aud and azp', () => {
  const several = 'it has several audiences, so its authorized party (azp) must be the calling application';
  it.each([
    { aud: 'web' },
    { aud: ['web'] },
    { aud: 'web', azp: 'native-app' },
    { aud: ['web'], azp: 'native-app' },
    { aud: ['web', 'other'], azp: 'web' },
    { aud: ['other', 'web'], azp: 'web' },
  ])('are accepted for web: %j', async (claims) => {
    expect(await gateway.ask(gateway.token(claims), 'web')).toBe(ALICE);
    expect(await gateway.ask(gateway.token(claims))).toBe(ALICE);
  });

  it.each([
    [
      { aud: 'ps' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    [
      { aud: 'WEB' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    [
      { aud: 'web ' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    [
      { aud: 'web,ps' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    [
      { aud: ['ps', 'other'], azp: 'web' },
      'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
    ],
    [{ aud: ['web', 'ps'] }, several],
    [{ aud: ['web', 'ps'], azp: 'ps' }, several],
    [{ aud: ['web', 'web'] }, several],
    [{ aud: 'web', azp: ['web'] }, 'its authorized party (azp) must be a string'],
    [{ aud: 'web', azp: null }, 'its authorized party (azp) must be a string'],
    [{ aud: undefined }, 'its audience (aud) must be a string or a list of strings'],
    [{ aud: null }, 'its audience (aud) must be a string or a list of strings'],
    [{ aud: [] }, 'its audience (aud) must be a string or a list of strings'],
    [{ aud: { web: true } }, 'its audience (aud) must be a string or a list of strings'],
    [{ aud: ['web', 5] }, 'its audience (aud) must be a string or a list of strings'],
    [{ aud: [['web']] }, 'its audience (aud) must be a string or a list of strings'],
  ])('are refused for web: %j', async (claims, rule) => {
    expect(await gateway.ask(gateway.token(claims), 'web')).toBe(refusal(rule));
  });

  it('select the calling application when the request does not name one', async () => {
    expect(await gateway.ask(gateway.token({ aud: 'ps', azp: 'web' }))).toBe(ALICE);
    expect(await gateway.ask(gateway.token({ aud: ['ps', 'web'], azp: 'ps' }))).toBe(ALICE);
    expect(await gateway.ask(gateway.token({ aud: ['ps', 'web'] }))).toBe(
      refusal('it has several audiences, so its authorized party (azp) must name an application'),
    );
    expect(await gateway.ask(gateway.token({ aud: undefined, azp: 'web' }))).toBe(
      refusal('its audience (aud) must be a string or a list of strings'),
    );
    expect(await gateway.ask(gateway.token({ aud: 'https://api.example.com/' }))).toBe(
      'UNAUTHORIZED_CLIENT: No application of this tenant has the audience (aud) of the subject token as its client_id',
    );
  });

  it.each(['nobody', '', '__proto__', 'WEB'])('are not checked for the unknown client %j', async (clientId) => {
    expect(await gateway.ask('not a token', clientId)).toBe(
      'UNAUTHORIZED_CLIENT: clientId names no application of this tenant',
    );
  });
});

describe('exp, iat and nbf', () => {
  const now = Date.UTC(2026, 0, 1) / 1000;
  it.each([
    [{ exp: now - 4 }, ALICE],
    [{ exp: now - 5 }, refusal('it has expired (exp)')],
    [{ exp: -now }, refusal('it has expired (exp)')],
    [{ iat: now + 5 }, ALICE],
    [{ iat: now + 6 }, refusal('it was issued in the future (iat)')],
    [{ iat: now * 1000 }, refusal('it was issued in the future (iat)')],
    [{ nbf: now + 5 }, ALICE],
    [{ nbf: now + 6 }, refusal('it is not valid yet (nbf)')],
    [{ iat: now - 0.5, exp: now + 0.5, nbf: now - 0.5 }, ALICE],
  ])('have a leeway of 5 s: %j, %s', async (claims, outcome) => {
    expect(await gateway.ask(gateway.token(claims))).toBe(outcome);
  });

  const kinds = [
    ['exp', 'its expiry (exp) must be a number'],
    ['iat', 'its issue time (iat) must be a number'],
    ['nbf', 'its start (nbf) must be a number'],
  ] as const;
  const values = [`"${now + 60}"`, '""', 'null', 'true', '[]', `[${now + 60}]`, '{}', '1e400', '-1e400'];
  it.each(kinds.flatMap(([claim, rule]) => values.map((value) => ({ claim, value, rule }))))(
    'are refused when $claim is $value',
    async ({ claim, value, rule }) => {
      const payload = JSON.stringify(gateway.claims({ [claim]: 'here' })).replace('"here"', value);
      const token = gateway.forge({ alg: 'RS256', kid: 'rsa-1' }, payload, IDP.RS256.signer);
      expect(await gateway.ask(token)).toBe(refusal(rule));
    },
  );

  it('are required, except nbf', async () => {
    expect(await gateway.ask(gateway.token({ exp: undefined }))).toBe(refusal('its expiry (exp) must be a number'));
    expect(await gateway.ask(gateway.token({ iat: undefined }))).toBe(refusal('its issue time (iat) must be a number'));
    expect(await gateway.ask(gateway.token({ nbf: undefined }))).toBe(ALICE);
  });

  it('are compared with the current time: a valid token expires', async () => {
    const later = await callerGateway();
    const token = later.token();
    expect(await later.ask(token)).toBe(ALICE);
    later.clock.advance(3_605_000);
    expect(await later.ask(token)).toBe(refusal('it has expired (exp)'));
  });
});

describe('sub', () => {
  const text = 'its subject (sub) must be a string of 1 to 255 characters';
  const characters = 'its subject (sub) must not contain control characters or lone surrogates';

  it.each(['a', 'auth0|5f7c8ec7c33c6c004bbafe82', ' ü\u2028 ', '__proto__'])('may be %j', async (sub) => {
    expect(await gateway.ask(gateway.token({ sub }))).toBe(`accepted as ${sub}`);
  });

  it('may have 255 UTF-16 code units and no more', async () => {
    for (const [sub, longer] of [
      ['s'.repeat(255), 's'.repeat(256)],
      [`${'😀'.repeat(127)}s`, '😀'.repeat(128)],
    ] as const) {
      expect(await gateway.ask(gateway.token({ sub }))).toBe(`accepted as ${sub}`);
      expect(await gateway.ask(gateway.token({ sub: longer }))).toBe(refusal(text));
    }
  });

  it.each([{ sub: undefined }, { sub: null }, { sub: '' }, { sub: 5 }, { sub: ['auth0|alice'] }, { sub: { id: 1 } }])(
    'is refused when it is missing, empty or not a string: %j',
    async (claims) => {
      expect(await gateway.ask(gateway.token(claims))).toBe(refusal(text));
    },
  );

  it.each([
    '\u0000',
    'alice\u0000admin',
    'a\nb',
    '\u001b[0m',
    '\u007f',
    '\u0085',
    '\ud800',
    'a\udc00b',
    '\udc00\ud800',
  ])('is refused when it contains %j', async (sub) => {
    expect(await gateway.ask(gateway.token({ sub }))).toBe(refusal(characters));
  });
});

describe('a key that the issuer does not have', () => {
  it.each([
    ['RS256', signers.RS256(rsaPair('stranger').privateKey)],
    ['PS256', signers.PS256(rsaPair('stranger').privateKey)],
    ['ES256', signers.ES256(ecPair('stranger').privateKey)],
  ] as const)('does not verify a token with %s', async (alg, signer) => {
    const token = gateway.forge({ alg, kid: IDP[alg].kid }, gateway.claims(), signer);
    expect(await gateway.ask(token)).toBe(refusal('its signature is not valid'));
  });
});
