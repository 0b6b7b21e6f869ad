import { createHash, publicEncrypt } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CallerGateway, callerGateway, ENCODED_SECRET, IDP, IDP_JWKS, refusal } from '../support/caller.js';
import { ISSUER, TENANT_ISSUER } from '../support/gateway.js';
import { type Signer, signers } from '../support/identity-provider.js';
import { answerWith, httpServer } from '../support/jwks-server.js';
import { ecPair, publicJwk, rsaPair } from '../support/keys.js';

const ALICE = 'accepted as auth0|alice';
const ASYMMETRIC = 'its algorithm (alg) must be RS256 or PS256 or ES256 or EdDSA';
const CANONICAL = refusal('a part of it is not canonical base64url');
const NO_KEY = refusal('its issuer has no suitable key with its key id (kid)');
const BAD_SIGNATURE = refusal('its signature is not valid');

const mallory = rsaPair('mallory');
const fetched: string[] = [];
let gateway: CallerGateway;
beforeAll(async () => {
  gateway = await callerGateway(() => {}, {
    deps: {
      fetch(input) {
        fetched.push(String(input));
        return Promise.reject(new TypeError('fetch failed'));
      },
    },
  });
});

describe('alg', () => {
  const cases = ['n', 'N'].flatMap((n) =>
    ['o', 'O'].flatMap((o) => ['n', 'N'].flatMap((m) => ['e', 'E'].map((e) => n + o + m + e))),
  );
  it.each(cases)('%s is refused, with or without a signature', async (alg) => {
    const { claims, forge, ask } = gateway;
    for (const aud of ['web', 'api', 'ps']) {
      const rule = aud === 'api' ? 'its algorithm (alg) must be HS256' : ASYMMETRIC;
      const unsigned = { alg, typ: 'JWT' };
      expect(await ask(forge(unsigned, claims({ aud }), ''))).toBe(refusal('it has no signature'));
      expect(await ask(forge(unsigned, claims({ aud }), 'AA'))).toBe(refusal(rule));
      expect(await ask(forge(unsigned, claims({ aud }), IDP.RS256.signer))).toBe(refusal(rule));
      expect(await ask(forge(unsigned, claims({ aud, iss: TENANT_ISSUER }), 'AA'))).toContain('its algorithm (alg)');
    }
  });

  it.each([
    { alg: undefined },
    { alg: null },
    { alg: '' },
    { alg: 'rs256' },
    { alg: 'RS256 ' },
    { alg: 'RS256\u0000' },
    { alg: ['RS256'] },
    { alg: { toString: 'RS256' } },
    { alg: 0 },
    { alg: 'RS384' },
    { alg: 'RS512' },
    { alg: 'PS512' },
    { alg: 'ES384' },
    { alg: 'ES256K' },
    { alg: 'HS384' },
    { alg: 'RSA-OAEP' },
    { alg: 'dir' },
    { alg: '__proto__' },
    { alg: 'constructor' },
  ])('is refused when it is not configured: %j', async (header) => {
    const token = gateway.forge({ typ: 'JWT', kid: 'rsa-1', ...header }, gateway.claims(), IDP.RS256.signer);
    expect(await gateway.ask(token)).toBe(refusal(ASYMMETRIC));
  });

  it('does not verify a signature that was made with another algorithm', async () => {
    const { claims, forge, ask } = gateway;
    expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1' }, claims(), IDP.PS256.signer))).toBe(BAD_SIGNATURE);
    expect(await ask(forge({ alg: 'PS256', kid: 'rsa-1' }, claims(), IDP.RS256.signer))).toBe(BAD_SIGNATURE);
    expect(await ask(forge({ alg: 'RS256', kid: 'ec-1' }, claims(), IDP.ES256.signer))).toBe(NO_KEY);
    expect(await ask(forge({ alg: 'EdDSA', kid: 'rsa-1' }, claims(), IDP.RS256.signer))).toBe(NO_KEY);
    const sha512: Signer = (input) => IDP.RS256.signer(createHash('sha512').update(input).digest('hex'));
    expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1' }, claims(), sha512))).toBe(BAD_SIGNATURE);
  });
});

describe('a public key as the secret of HS256', () => {
  const { publicKey } = rsaPair('idp');
  const tenant = rsaPair('tenant').publicKey;
  const forms = [publicKey, tenant].flatMap((key) => [
    ...(['spki', 'pkcs1'] as const).flatMap((type) => {
      const pem = key.export({ type, format: 'pem' }).toString();
      return [pem, pem.trimEnd(), pem.replaceAll('\n', '\r\n'), key.export({ type, format: 'der' })];
    }),
    JSON.stringify(key.export({ format: 'jwk' })),
    JSON.stringify(publicJwk(rsaPair('idp'), { kid: 'rsa-1' })),
    key.export({ format: 'jwk' }).n as string,
    Buffer.from(key.export({ format: 'jwk' }).n as string, 'base64url'),
  ]);

  it('does not verify a token, in any encoding of the key', async () => {
    const { claims, forge, ask } = gateway;
    for (const form of forms) {
      const signer = signers.HS256(form);
      for (const kid of [undefined, 'rsa-1']) {
        const header = { alg: 'HS256', typ: 'JWT', kid };
        expect(await ask(forge(header, claims(), signer))).toBe(refusal(ASYMMETRIC));
        expect(await ask(forge(header, claims({ aud: 'api' }), signer))).toBe(BAD_SIGNATURE);
        expect(await ask(forge(header, claims({ iss: TENANT_ISSUER }), signer))).toBe(
          refusal('its algorithm (alg) must be RS256'),
        );
        expect(await ask(forge(header, claims({ iss: TENANT_ISSUER, aud: 'api' }), signer))).toBe(BAD_SIGNATURE);
      }
    }
  });

  it('does not verify a token either when the JWKS contains a symmetric key', async () => {
    const secret = Buffer.alloc(32, 7);
    const oct = { kty: 'oct', k: secret.toString('base64url'), kid: 'shared', alg: 'HS256', use: 'sig' };
    const { ask, forge, claims } = await callerGateway((config) => {
      Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: { keys: [...IDP_JWKS.keys, oct] } });
    });
    const header = { alg: 'HS256', kid: 'shared' };
    expect(await ask(forge(header, claims(), signers.HS256(secret)))).toBe(refusal(ASYMMETRIC));
    expect(await ask(forge(header, claims({ aud: 'api' }), signers.HS256(secret)))).toBe(BAD_SIGNATURE);
  });

  it.each(['', 'secret', '\u0000', ENCODED_SECRET, 'null', 'undefined'])(
    'does not verify a token, and neither does the guess %j',
    async (secret) => {
      for (const aud of ['api', 'encoded']) {
        const token = gateway.forge({ alg: 'HS256' }, gateway.claims({ aud }), signers.HS256(secret));
        expect(await gateway.ask(token)).toBe(BAD_SIGNATURE);
      }
    },
  );
});

describe('a key in the header of the token', () => {
  const sign = signers.RS256(mallory.privateKey);
  const jwk = publicJwk(mallory, { kid: 'mallory', alg: 'RS256' });
  const der = mallory.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

  it.each([
    ['jwk', { jwk }],
    ['jwk with the kid of the known key', { jwk: { ...jwk, kid: 'rsa-1' }, kid: 'rsa-1' }],
    ['x5c', { x5c: [der] }],
    ['x5c with the thumbprint of the known key', { x5c: [der], x5t: 'rsa-1', 'x5t#S256': 'rsa-1', kid: 'rsa-1' }],
  ])('is not used for verification: %s', async (_what, header) => {
    const { claims, forge, ask } = gateway;
    const named = forge({ alg: 'RS256', kid: 'mallory', ...header }, claims(), sign);
    expect(await ask(named)).toBe('kid' in header ? BAD_SIGNATURE : NO_KEY);
    expect(await ask(forge({ alg: 'RS256', ...header, kid: undefined }, claims(), sign))).toBe(BAD_SIGNATURE);
    const own = forge({ alg: 'RS256', ...header }, claims({ iss: TENANT_ISSUER }), sign);
    expect(await ask(own)).toMatch(/^INVALID_TOKEN: /);
  });

  it('is not fetched from a URL: the only request is for the configured JWKS', async () => {
    const evil = await httpServer(answerWith({ keys: [jwk, publicJwk(mallory, { kid: 'rsa-1' })] }));
    const good = await httpServer(answerWith(IDP_JWKS));
    const asked: string[] = [];
    const { ask, forge, claims, token } = await callerGateway(
      (config) => {
        const jwks_uri = `${good.url}/jwks.json`;
        Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: undefined, jwks_uri });
      },
      {
        deps: {
          fetch(input, init) {
            asked.push(String(input));
            return fetch(input, init);
          },
        },
      },
    );
    const url = `${evil.url}/jwks.json`;
    const headers = [
      { jku: url },
      { x5u: url },
      { kid: url },
      { iss: evil.url },
      { jku: url, x5u: url, kid: 'mallory' },
    ];
    for (const header of headers) {
      expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1', ...header }, claims(), sign))).toBe(
        'kid' in header ? NO_KEY : BAD_SIGNATURE,
      );
    }
    const issuer = refusal('its issuer (iss) is not configured for this tenant');
    for (const iss of [evil.url, `${evil.url}/`, url]) {
      expect(await ask(forge({ alg: 'RS256', kid: 'rsa-1', jku: url }, claims({ iss }), sign))).toBe(issuer);
    }
    expect(await ask(token())).toBe(ALICE);
    expect(evil.requests).toEqual([]);
    expect(new Set(asked)).toEqual(new Set([`${good.url}/jwks.json`]));
    expect(new Set(good.requests)).toEqual(new Set(['/jwks.json']));
  });
});

describe('kid', () => {
  const injections = [
    '../../../../../../../dev/null',
    '/dev/null',
    'file:///dev/null',
    'C:\\Windows\\win.ini',
    'http://127.0.0.1:1/jwks.json',
    'https://evil.example/jwks.json',
    '//evil.example/jwks.json',
    "rsa-1' OR '1'='1",
    "x' UNION SELECT 'secret' -- ",
    'rsa-1"; DROP TABLE keys; --',
    '$(id)',
    '`id`',
    '| id',
    '{{7*7}}',
    '*',
    '.*',
    'rsa-1\u0000',
    'rsa-1\n',
    'RSA-1',
    ' rsa-1',
    '',
    '0',
    '__proto__',
    'constructor',
    'toString',
    'k'.repeat(4096),
  ];
  it.each(injections.map((kid) => ({ kid, name: kid.slice(0, 40) })))(
    'is only compared with the key ids of the JWKS: $name',
    async ({ kid }) => {
      const { claims, forge, ask, token } = gateway;
      expect(await ask(token({}, { kid }))).toBe(NO_KEY);
      expect(await ask(forge({ alg: 'RS256', kid }, claims(), signers.RS256(mallory.privateKey)))).toBe(NO_KEY);
      for (const secret of ['', '\u0000', 'secret']) {
        const symmetric = forge({ alg: 'HS256', kid }, claims({ aud: 'api' }), signers.HS256(secret));
        expect(await ask(symmetric)).toBe(BAD_SIGNATURE);
      }
    },
  );
});

describe('the signature', () => {
  const { RS256, ES256, EdDSA } = IDP;

  it('is refused when it is empty', async () => {
    const [header, payload] = gateway.token().split('.') as [string, string];
    expect(await gateway.ask(`${header}.${payload}.`)).toBe(refusal('it has no signature'));
    expect(await gateway.ask(`${header}.${payload}`)).toBe(refusal('it is not a JWT in compact form'));
  });

  it.each([
    ['ES256 of zeros', 'ES256', 'ec-1', Buffer.alloc(64)],
    ['ES256 in DER', 'ES256', 'ec-1', Buffer.from('3006020101020101', 'hex')],
    ['EdDSA of zeros', 'EdDSA', 'ed-1', Buffer.alloc(64)],
    ['RS256 of zeros', 'RS256', 'rsa-1', Buffer.alloc(256)],
    ['RS256 of one byte', 'RS256', 'rsa-1', Buffer.of(1)],
    ['RS256 that is longer than the key', 'RS256', 'rsa-1', Buffer.alloc(512, 255)],
    ['HS256 of one zero byte', 'HS256', undefined, Buffer.of(0)],
  ])('is refused when it is %s', async (_what, alg, kid, bytes) => {
    const aud = alg === 'HS256' ? 'api' : 'web';
    expect(await gateway.ask(gateway.forge({ alg, kid }, gateway.claims({ aud }), () => bytes))).toBe(BAD_SIGNATURE);
  });

  it('is refused when it is truncated, extended, or changed in one bit', async () => {
    for (const [alg, { kid, signer }] of Object.entries({ RS256, ES256, EdDSA })) {
      const token = gateway.forge({ alg, kid }, gateway.claims(), signer);
      const [header, payload, signature] = token.split('.') as [string, string, string];
      const bytes = Buffer.from(signature, 'base64url');
      const flipped = Buffer.from(bytes);
      flipped[20] = (flipped[20] as number) ^ 1;
      for (const other of [bytes.subarray(0, -1), bytes.subarray(1), Buffer.concat([bytes, Buffer.of(0)]), flipped]) {
        expect(await gateway.ask(`${header}.${payload}.${other.toString('base64url')}`)).toBe(BAD_SIGNATURE);
      }
      expect(await gateway.ask(token)).toBe(ALICE);
    }
  });

  it('covers the bytes of header and payload as they were sent', async () => {
    const token = gateway.token({ sub: 'auth0|bob' });
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const text = Buffer.from(payload, 'base64url').toString();
    const changed = [text.replace('bob', 'eve'), text.replace('{', '{ '), `${text} `, text.replace('"web"', '["web"]')];
    for (const other of changed) {
      expect(await gateway.ask(`${header}.${Buffer.from(other).toString('base64url')}.${signature}`)).toBe(
        BAD_SIGNATURE,
      );
    }
    const reordered = Buffer.from('{"kid":"rsa-1","alg":"RS256","typ":"JWT"}').toString('base64url');
    expect(await gateway.ask(`${reordered}.${payload}.${signature}`)).toBe(BAD_SIGNATURE);
    expect(await gateway.ask(token)).toBe('accepted as auth0|bob');
  });

  it('does not verify another token', async () => {
    const [header, payload] = gateway.token({ sub: 'auth0|admin' }).split('.') as [string, string];
    const signature = gateway.token({ sub: 'auth0|bob' }).split('.')[2];
    expect(await gateway.ask(`${header}.${payload}.${signature}`)).toBe(BAD_SIGNATURE);
  });

  it('has one encoding, as every part of a token has', async () => {
    const token = gateway.token();
    const [header, payload, signature] = token.split('.') as [string, string, string];
    // With 256 bytes, four bits of the last character are unused.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const stray = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1) as string) | 1];
    expect(Buffer.from(stray, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    const respelled = [
      `${header}.${payload}.${stray}`,
      `${header}.${payload}.${signature}==`,
      `${header}.${payload}.${signature} `,
      `${header}.${payload}.${signature}\n`,
      `${header}.${payload}.${signature.slice(0, 100)}\n${signature.slice(100)}`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}=.${signature}`,
      `${header}.${payload.slice(0, 10)} ${payload.slice(10)}.${signature}`,
      ` ${token}`,
      `"${token}"`,
      `Bearer ${token}`,
    ];
    for (const other of respelled) expect(await gateway.ask(other)).toBe(CANONICAL);
    expect(await gateway.ask(token)).toBe(ALICE);
  });

  it('is refused in a JSON serialization', async () => {
    const [header, payload, signature] = gateway.token().split('.');
    const refused = refusal('it is not a JWT in compact form');
    expect(await gateway.ask(JSON.stringify({ protected: header, payload, signature }))).toBe(refused);
    expect(await gateway.ask(JSON.stringify({ payload, signatures: [{ protected: header, signature }] }))).toBe(
      refused,
    );
  });
});

describe('the JSON of a token', () => {
  const header = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };
  const signed = (text: string) => gateway.forge(header, text, IDP.RS256.signer);
  /** The payload of a valid token with more members before and after its own. */
  const payload = (before: string, after = '') => `{${before}${JSON.stringify(gateway.claims()).slice(1, -1)}${after}}`;

  it('may contain a claim twice, and every check reads the last one', async () => {
    expect(await gateway.ask(signed(payload('"sub":"auth0|admin",')))).toBe(ALICE);
    expect(await gateway.ask(signed(payload('', ',"sub":"auth0|bob"')))).toBe('accepted as auth0|bob');
    expect(await gateway.ask(signed(payload('', ',"\\u0073ub":"auth0|bob"')))).toBe('accepted as auth0|bob');
    expect(await gateway.ask(signed(payload('', ',"aud":"other"')), 'web')).toBe(
      refusal(
        'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
      ),
    );
    expect(await gateway.ask(signed(payload('', ',"exp":1')))).toBe(refusal('it has expired (exp)'));
    expect(await gateway.ask(signed(payload('', `,"iss":"${ISSUER}x"`)))).toBe(
      refusal('its issuer (iss) is not configured for this tenant'),
    );
  });

  it('may contain a header parameter twice, and every check reads the last one', async () => {
    const { forge, claims, ask } = gateway;
    const first = '{"alg":"none","typ":"at+jwt","kid":"x","alg":"RS256","typ":"JWT","kid":"rsa-1"}';
    expect(await ask(forge(first, claims(), IDP.RS256.signer))).toBe(ALICE);
    const last = '{"alg":"RS256","kid":"rsa-1","alg":"none"}';
    expect(await ask(forge(last, claims(), IDP.RS256.signer))).toBe(refusal(ASYMMETRIC));
    const symmetric = '{"alg":"RS256","kid":"rsa-1","alg":"HS256"}';
    expect(await ask(forge(symmetric, claims(), signers.HS256('secret')))).toBe(refusal(ASYMMETRIC));
    const typed = '{"alg":"RS256","kid":"rsa-1","typ":"JWT","typ":"at+jwt"}';
    expect(await ask(forge(typed, claims(), IDP.RS256.signer))).toBe(
      refusal('its type (typ) must be JWT, as in an ID token'),
    );
  });

  it('sets no claim through a prototype', async () => {
    const { sub: _sub, ...rest } = gateway.claims();
    const text = `{"__proto__":{"sub":"auth0|admin"},${JSON.stringify(rest).slice(1)}`;
    expect(await gateway.ask(signed(text))).toBe(refusal('its subject (sub) must be a string of 1 to 255 characters'));
  });

  it('is refused when it is not an object in UTF-8', async () => {
    expect(await gateway.ask(signed('["web"]'))).toBe(refusal('its payload is not a JSON object'));
    expect(await gateway.ask(signed('null'))).toBe(refusal('its payload is not a JSON object'));
    const bytes = Buffer.from(payload('"name":"ÿ",'), 'latin1');
    expect(await gateway.ask(gateway.forge(header, bytes, IDP.RS256.signer))).toBe(refusal('its payload is not JSON'));
  });

  it('may nest claims 64 levels deep; deeper ones are refused before a request is taken from the bucket', async () => {
    const lists = (levels: number) => `"deep":${'['.repeat(levels)}${']'.repeat(levels)},`;
    const objects = (levels: number) => `"deep":${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)},`;
    for (const deep of [lists, objects]) {
      expect(await gateway.ask(signed(payload(deep(64))))).toBe(ALICE);
      const tooDeep = refusal('its payload is nested more than 64 levels deep');
      expect(await gateway.ask(signed(payload(deep(65))))).toBe(tooDeep);
    }
    expect(await gateway.ask(signed(payload(lists(5_800))))).toBe(
      refusal('its payload is nested more than 64 levels deep'),
    );
    expect(gateway.log.audits().at(-1)).toMatchObject({ audit: 'fd', code: 'INVALID_TOKEN' });
  });
});

describe('header extensions', () => {
  it.each([
    [{ crit: ['b64'], b64: true }, 'crit'],
    [{ crit: ['b64'], b64: false }, 'crit'],
    [{ crit: ['exp'], exp: 1 }, 'crit'],
    [{ crit: [] }, 'crit'],
    [{ crit: 'b64' }, 'crit'],
    [{ b64: false }, 'b64'],
    [{ b64: true }, 'b64'],
  ])('are refused though the signature is valid: %j', async (header, name) => {
    expect(await gateway.ask(gateway.token({}, header))).toBe(
      refusal(`its header has ${name}, and no extension is supported`),
    );
  });

  it('with b64 do not verify a payload that was signed without encoding', async () => {
    const claims = JSON.stringify(gateway.claims());
    const encoded = Buffer.from('{"alg":"RS256","kid":"rsa-1","b64":false,"crit":["b64"]}').toString('base64url');
    const signature = Buffer.from(IDP.RS256.signer(`${encoded}.${claims}`)).toString('base64url');
    const payload = Buffer.from(claims).toString('base64url');
    expect(await gateway.ask(`${encoded}.${payload}.${signature}`)).toBe(
      refusal('its header has crit, and no extension is supported'),
    );
  });
});

describe('tokens of another kind', () => {
  const audience = refusal(
    'its audience (aud) must contain the client_id of the calling application; client_id in the configuration must be the value that the identity provider puts into aud',
  );

  it('an access token is refused by its typ or its audience', async () => {
    const access = { aud: 'https://api.example.com/', azp: 'web', client_id: 'web', scope: 'openid read:things' };
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
      expect(await gateway.ask(gateway.token({ ...access, aud: 'web' }, { typ }))).toBe(
        refusal('its type (typ) must be JWT, as in an ID token'),
      );
    }
    expect(await gateway.ask(gateway.token(access), 'web')).toBe(audience);
    expect(await gateway.ask(gateway.token(access))).toBe(
      'UNAUTHORIZED_CLIENT: No application of this tenant has the audience (aud) of the subject token as its client_id',
    );
    const several = { ...access, aud: ['https://api.example.com/', `${ISSUER}userinfo`] };
    expect(await gateway.ask(gateway.token(several))).toBe(audience);
    expect(await gateway.ask(gateway.token(several), 'web')).toBe(audience);
  });

  it('a logout token is refused with any typ', async () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    expect(await gateway.ask(gateway.token({ events, jti: 'x', sid: 'y' }, { typ: 'logout+jwt' }))).toBe(
      refusal('its type (typ) must be JWT, as in an ID token'),
    );
    for (const typ of ['JWT', undefined]) {
      expect(await gateway.ask(gateway.token({ events, jti: 'x', sid: 'y' }, { typ }))).toBe(
        refusal('a logout token (events) is not an ID token'),
      );
    }
  });

  it('an encrypted token is refused with any content', async () => {
    const encrypted = refusal('it is encrypted (JWE); expected a signed ID token');
    for (const [alg, key] of [
      ['RSA-OAEP-256', rsaPair('tenant').publicKey],
      ['RSA-OAEP', rsaPair('idp').publicKey],
      ['dir', Buffer.alloc(32, 7)],
    ] as const) {
      const plaintext = Buffer.from(alg === 'dir' ? JSON.stringify(gateway.claims()) : gateway.token());
      const jwe = await new CompactEncrypt(plaintext)
        .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'JWT', typ: 'JWT' })
        .encrypt(key);
      expect(await gateway.ask(jwe)).toBe(encrypted);
      expect(await gateway.ask(jwe, 'web')).toBe(encrypted);
    }
    const wrapped = publicEncrypt(rsaPair('tenant').publicKey, Buffer.from('key'));
    expect(await gateway.ask(gateway.forge({ alg: 'RSA-OAEP', enc: 'A256GCM' }, gateway.claims(), () => wrapped))).toBe(
      refusal(ASYMMETRIC),
    );
  });

  it('a token of another tenant is refused, also for a client with the same id', async () => {
    const other = rsaPair('other-tenant');
    const two = await callerGateway((config) => {
      const [acme] = config.tenants;
      const globex = structuredClone({ ...acme, signing_key: other.pem }) as typeof acme & { hosts: string[] };
      Object.assign(globex as object, {
        name: 'globex',
        hosts: ['globex.test'],
        issuer: 'https://globex.example.com/',
      });
      Object.assign(globex?.issuers[0] as object, {
        issuer: 'https://login.globex.example/',
        jwks: { keys: [publicJwk(rsaPair('globex-idp'), { kid: 'rsa-1' })] },
      });
      config.tenants.push(globex as never);
    });
    const unknown = refusal('its issuer (iss) is not configured for this tenant');
    const sign = signers.RS256(rsaPair('globex-idp').privateKey);
    const header = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };
    const iss = 'https://login.globex.example/';
    const theirs = two.forge(header, two.claims({ iss }), sign);
    expect(await two.ask(theirs)).toBe(unknown);
    expect(await two.ask(two.forge(header, two.claims(), sign))).toBe(BAD_SIGNATURE);
    const atGlobex = await two.delegate({}, { token: theirs, headers: { host: 'globex.test' } });
    expect(atGlobex.errors).toBeUndefined();
    expect(await two.ask(atGlobex.data.delegate.credential.token)).toBe(unknown);
    const ours = await two.delegate({}, { token: two.token(), headers: { host: 'globex.test' } });
    expect(ours.errors?.[0].message).toBe(
      'The subject token does not verify: its issuer (iss) is not configured for this tenant',
    );
  });
});

describe('the size of a token', () => {
  /** A signed token with exactly this many characters. */
  function sized(length: number): string {
    for (let kid = 0; kid < 4; kid++) {
      const header = { alg: 'RS256', kid: 'rsa-1', pad: 'p'.repeat(kid) };
      const overhead = Buffer.from(JSON.stringify(header)).toString('base64url').length + 2 + 342;
      const claims = gateway.claims({ pad: '' });
      const pad = Math.floor(((length - overhead) * 3) / 4) - JSON.stringify(claims).length;
      const token = gateway.forge(header, { ...claims, pad: 'p'.repeat(pad) }, IDP.RS256.signer);
      if (token.length === length) return token;
    }
    throw new Error(`no token of ${length} characters`);
  }

  it('may be 16 KiB and no more', async () => {
    expect(await gateway.ask(sized(16_384))).toBe(ALICE);
    const tooLong = 'INVALID_REQUEST: The subject token is longer than 16384 bytes';
    expect(await gateway.ask(sized(16_385))).toBe(tooLong);
    expect(await gateway.ask(sized(16_385), 'web')).toBe(tooLong);
    expect(await gateway.ask('x'.repeat(90_000), 'web')).toBe(tooLong);
  });

  it('of 1 MiB is refused: in the input by the body limit, in the header by the token limit', async () => {
    const token = 'x'.repeat(1 << 20);
    expect(await gateway.ask(token)).toBe('INVALID_REQUEST 413: The body is longer than 102400 bytes');
    const { status, errors } = await gateway.delegate({}, { token, connection: { remoteAddress: '192.0.2.77' } });
    expect([status, errors?.[0].extensions.code, errors?.[0].message]).toEqual([
      200,
      'INVALID_REQUEST',
      'The subject token is longer than 16384 bytes',
    ]);
  });
});

describe('weak keys', () => {
  /** A signature that needs no private key when e = 1: the padded hash itself (RFC 8017 §9.2). */
  const unit: Signer = (input) => {
    const hash = createHash('sha256').update(input).digest();
    const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), hash]);
    return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(256 - 3 - info.length, 255), Buffer.of(0), info]);
  };
  const e1 = { ...publicJwk(rsaPair('idp'), { kid: 'e1' }), e: 'AQ' };
  const e3 = publicJwk(rsaPair('e3', { exponent: 3 }), { kid: 'e3' });
  const short = publicJwk(rsaPair('short', { bits: 1024 }), { kid: 'short' });

  it('in a fetched JWKS verify no token, and the log says why', async () => {
    const server = await httpServer(answerWith({ keys: [...IDP_JWKS.keys, e1, e3, short] }));
    const { ask, forge, claims, token, log } = await callerGateway((config) => {
      const jwks_uri = `${server.url}/jwks.json`;
      Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: undefined, jwks_uri });
    });
    expect(await ask(token())).toBe(ALICE);
    expect(await ask(forge({ alg: 'RS256', kid: 'e1' }, claims(), unit))).toBe(NO_KEY);
    for (const [kid, { privateKey }] of [
      ['e3', rsaPair('e3')],
      ['short', rsaPair('short')],
    ] as const) {
      expect(await ask(forge({ alg: 'RS256', kid }, claims(), signers.RS256(privateKey)))).toBe(NO_KEY);
    }
    const lines = log.lines.map((line) => JSON.parse(line)).filter((line) => line.skipped);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'JWKS holds keys that are not used',
        jwks_uri: `${server.url}/jwks.json`,
        skipped: [
          'keys[3] is an RSA key with an exponent below 65537',
          'keys[4] is an RSA key with an exponent below 65537',
          'keys[5] is an RSA key of fewer than 2048 bits',
        ],
      }),
    ]);
  });

  it('that are the only keys of a configured JWKS are a configuration error', async () => {
    const only = (jwk: unknown) =>
      callerGateway((config) => {
        Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: { keys: [jwk] } });
      });
    const diagnostic = 'tenants[0].issuers[0].jwks: a mapping; expected a JWKS with at least one usable key';
    await expect(only(e1)).rejects.toThrow(`${diagnostic} (keys[0] is an RSA key with an exponent below 65537)`);
    await expect(only(e3)).rejects.toThrow(`${diagnostic} (keys[0] is an RSA key with an exponent below 65537)`);
    await expect(only(short)).rejects.toThrow(`${diagnostic} (keys[0] is an RSA key of fewer than 2048 bits)`);
  });

  it('of small order on edwards25519, for which signatures need no private key, verify no token', async () => {
    const identity = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
    const weak = { kty: 'OKP', crv: 'Ed25519', x: identity.toString('base64url'), kid: 'weak' };
    const { ask, forge, claims } = await callerGateway((config) => {
      Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: { keys: [...IDP_JWKS.keys, weak] } });
    });
    const forgery: Signer = () => Buffer.concat([identity, Buffer.alloc(32)]);
    expect(await ask(forge({ alg: 'EdDSA', kid: 'weak' }, claims(), forgery))).toBe(NO_KEY);
  });

  it('of another curve are not used as keys of P-256', async () => {
    const p384 = ecPair('p384', 'P-384');
    const jwks = { keys: [...IDP_JWKS.keys, publicJwk(p384, { kid: 'p384' })] };
    const { ask, forge, claims } = await callerGateway((config) => {
      Object.assign(config.tenants[0]?.issuers[0] as object, { jwks });
    });
    expect(await ask(forge({ alg: 'ES256', kid: 'p384' }, claims(), signers.ES256(p384.privateKey)))).toBe(NO_KEY);
  });
});

it('the tests above, except those with a jwks_uri, made the gateway fetch nothing', () => {
  expect(fetched).toEqual([]);
});
