import { createHash } from 'node:crypto';
import { ENCODED_SECRET, IDP, IDP_JWKS } from '../../support/caller.js';
import { ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { type Signer, signers } from '../../support/identity-provider.js';
import { ecPair, publicJwk, rsaPair } from '../../support/keys.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const ALGORITHM = 'its algorithm (alg) must be';
const BAD_SIGNATURE = 'its signature is not valid';
const NO_KEY = 'its issuer has no suitable key with its key id (kid)';

/** The identity provider publishes its keys at a URL. */
const REMOTE_KEYS: Setting = {
  change({ tenants }, { url }) {
    Object.assign(tenants[0]!.issuers[0]!, { jwks: undefined, jwks_uri: `${url}/jwks.json` });
  },
};

/** Its JWKS also has keys with which anybody can sign: `e1`, `e3`, `short`, `oct`, `weak` and one of another curve. */
const WEAK_KEYS: Setting = {
  change({ tenants }, upstreams) {
    const e1 = { ...publicJwk(rsaPair('idp'), { kid: 'e1' }), e: 'AQ' };
    const e3 = publicJwk(rsaPair('e3', { exponent: 3 }), { kid: 'e3' });
    const short = publicJwk(rsaPair('short', { bits: 1024 }), { kid: 'short' });
    const oct = { kty: 'oct', k: SHARED.toString('base64url'), kid: 'oct', alg: 'HS256', use: 'sig' };
    const weak = { kty: 'OKP', crv: 'Ed25519', x: SMALL_ORDER.toString('base64url'), kid: 'weak' };
    const p384 = publicJwk(ecPair('p384', 'P-384'), { kid: 'p384' });
    upstreams.jwks = { keys: [...IDP_JWKS.keys, e1, e3, short, oct, weak, p384] };
    Object.assign(tenants[0]!.issuers[0]!, { jwks: undefined, jwks_uri: `${upstreams.url}/jwks.json` });
  },
};

const SHARED = Buffer.alloc(32, 7);
/** The identity of edwards25519: for it a signature needs no private key. */
const SMALL_ORDER = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);

/** A signature that needs no private key when e = 1: the padded hash itself (RFC 8017 §9.2). */
const paddedHash: Signer = (input) => {
  const hash = createHash('sha256').update(input).digest();
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), hash]);
  return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(256 - 3 - info.length, 255), Buffer.of(0), info]);
};

/** Fetches the JWKS, and again for an unknown key id, which the gateway does once in 30 seconds. */
async function fetchKeys(ask: Scene['ask'], token: Scene['token']): Promise<void> {
  await ask({ idToken: token() });
  await ask({ idToken: token({}, { kid: 'made-up' }) });
}

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const byMallory = () => signers.RS256(rsaPair('mallory').privateKey);
const byRsaKey = IDP.RS256.signer;
const toAsks = (tokens: readonly string[], clientId?: string): Ask[] =>
  tokens.map((idToken) => ({ idToken, clientId }));
const header = (more: object = {}) => ({ alg: 'RS256', typ: 'JWT', kid: 'rsa-1', ...more });

const NONE = ['none', 'None', 'NONE', 'nOnE', 'noNe', 'NonE'];

/** Every encoding of a public key that a library might take for the secret of HS256. */
function encodePublicKeys(): (string | Buffer)[] {
  return [rsaPair('idp').publicKey, rsaPair('tenant').publicKey].flatMap((key) => {
    const { n = '' } = key.export({ format: 'jwk' });
    const pems = (['spki', 'pkcs1'] as const).map((type) => key.export({ type, format: 'pem' }).toString());
    return [
      ...pems.flatMap((pem) => [pem, pem.trimEnd(), pem.replaceAll('\n', '\r\n')]),
      ...(['spki', 'pkcs1'] as const).map((type) => key.export({ type, format: 'der' })),
      JSON.stringify(key.export({ format: 'jwk' })),
      n,
      Buffer.from(n, 'base64url'),
    ];
  });
}

const KIDS = [
  '../../../../../../../dev/null',
  '/dev/null',
  'file:///dev/null',
  'C:\\Windows\\win.ini',
  'https://evil.example/jwks.json',
  "rsa-1' OR '1'='1",
  "x' UNION SELECT 'secret' -- ",
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

export const SIGNATURES: Theme = {
  title: 'A forged signature',
  setting: {},
  attacks: [
    {
      name: 'A token has alg none, in any case, and no signature',
      source: 'RFC 8725 §2.1, CVE-2022-23540',
      attack: ({ forge, claims, victim }) =>
        toAsks(NONE.map((alg) => forge({ alg, typ: 'JWT' }, claims({ sub: victim }), ''))),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'it has no signature' },
    },
    {
      name: 'A token has alg none and any signature, also a valid one of RS256',
      source: 'RFC 8725 §3.2',
      attack: ({ forge, claims, victim }) =>
        toAsks(
          NONE.flatMap((alg) => [
            forge({ alg, kid: 'rsa-1' }, claims({ sub: victim }), 'AA'),
            forge({ alg, kid: 'rsa-1' }, claims({ sub: victim }), byRsaKey),
            forge({ alg }, claims({ sub: victim, iss: TENANT_ISSUER }), 'AA'),
          ]),
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: ALGORITHM },
    },
    {
      name: 'A token names an algorithm that nobody configured, or none at all',
      source: 'RFC 8725 §3.1',
      attack: ({ forge, claims }) =>
        toAsks(
          [undefined, null, '', 'rs256', 'RS256 ', 'RS256\u0000', ['RS256'], { toString: 'RS256' }, 0, 'RS384', 'RS512']
            .concat(['PS512', 'ES384', 'ES256K', 'HS384', 'RSA-OAEP', 'dir', '__proto__', 'constructor'])
            .map((alg) => forge(header({ alg }), claims(), byRsaKey)),
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: ALGORITHM },
    },
    {
      name: 'A token is signed with HS256 and the public key of its issuer as the secret',
      source: 'RFC 8725 §2.1, CVE-2015-9235, CVE-2017-11424',
      attack: ({ forge, claims, victim }) =>
        toAsks(
          encodePublicKeys().flatMap((key) =>
            [ISSUER, TENANT_ISSUER].map((iss) =>
              forge({ alg: 'HS256', kid: 'rsa-1' }, claims({ iss, sub: victim }), signers.HS256(key)),
            ),
          ),
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: ALGORITHM },
    },
    {
      name: 'A token for a client with HS256 is signed with a public key as the secret',
      source: 'RFC 8725 §2.1, CVE-2016-10555',
      attack: ({ forge, claims, victim }) =>
        toAsks(
          encodePublicKeys().flatMap((key) =>
            [ISSUER, TENANT_ISSUER].map((iss) =>
              forge({ alg: 'HS256' }, claims({ iss, aud: 'api', sub: victim }), signers.HS256(key)),
            ),
          ),
          'api',
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'A token for a client with HS256 is signed with a guess, or with the base64 text of its secret',
      source: 'RFC 8725 §2.2, §3.5',
      attack: ({ forge, claims, victim }) =>
        ['', 'secret', '\u0000', 'null', 'undefined', ENCODED_SECRET].map((guess) => ({
          idToken: forge({ alg: 'HS256' }, claims({ aud: 'encoded', sub: victim }), signers.HS256(guess)),
          clientId: 'encoded',
        })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'A token of RS256 is signed with PS256, or with SHA-512, by the right key',
      source: 'RFC 8725 §3.1, CVE-2022-23539',
      attack: ({ forge, claims }) =>
        toAsks([
          forge(header(), claims(), IDP.PS256.signer),
          forge(header({ alg: 'PS256' }), claims(), byRsaKey),
          forge(header(), claims(), (input) => byRsaKey(createHash('sha512').update(input).digest('hex'))),
        ]),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'A token says one kind of key in alg and names another by kid',
      source: 'RFC 8725 §3.1, CVE-2022-23541',
      attack: ({ forge, claims }) =>
        toAsks([
          forge({ alg: 'RS256', kid: 'ec-1' }, claims(), IDP.ES256.signer),
          forge({ alg: 'EdDSA', kid: 'rsa-1' }, claims(), byRsaKey),
          forge({ alg: 'ES256', kid: 'ed-1' }, claims(), IDP.EdDSA.signer),
        ]),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: NO_KEY },
    },
    {
      name: 'A token carries the key that verifies it: jwk or x5c',
      source: 'CVE-2018-0114, RFC 7515 §4.1.3',
      attack: ({ forge, claims, victim }) => {
        const jwk = publicJwk(rsaPair('mallory'), { kid: 'rsa-1', alg: 'RS256' });
        const der = rsaPair('mallory').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
        const headers = [{ jwk }, { x5c: [der] }, { x5c: [der], x5t: 'rsa-1', 'x5t#S256': 'rsa-1' }];
        return toAsks(headers.map((more) => forge(header(more), claims({ sub: victim }), byMallory())));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'A token names the URL of the key that verifies it: jku or x5u',
      source: 'RFC 8725 §3.10, RFC 7515 §4.1.2',
      setting: REMOTE_KEYS,
      attack: ({ forge, claims, victim, server }) => {
        const url = `${server.upstreams.url}/mallory.json`;
        const headers = [{ jku: url }, { x5u: url }, { iss: url }, { jku: url, x5u: url }];
        return toAsks(headers.map((more) => forge(header(more), claims({ sub: victim }), byMallory())));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'The iss of a token is the URL of a server of the attacker, who hopes that it is called',
      source: 'RFC 8725 §3.8, OWASP Top 10 A10:2021 SSRF',
      setting: REMOTE_KEYS,
      attack: ({ forge, claims, server }) =>
        toAsks(
          ['', '/', '/.well-known/openid-configuration', '/jwks.json'].map((path) =>
            forge(header(), claims({ iss: `${server.upstreams.url}${path}` }), byMallory()),
          ),
          'web',
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its issuer (iss) is not configured for this tenant' },
    },
    {
      name: 'The kid of a token is a path, a URL, a query or a name of JavaScript',
      source: 'RFC 8725 §3.10, OWASP WSTG-SESS-10',
      attack: ({ forge, token, claims }) =>
        toAsks(KIDS.flatMap((kid) => [token({}, { kid }), forge(header({ kid }), claims(), byMallory())])),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: NO_KEY },
    },
    {
      name: 'A token of HS256 has a kid that is a path, and an empty or well-known secret',
      source: 'RFC 8725 §3.10, OWASP WSTG-SESS-10',
      attack: ({ forge, claims }) =>
        toAsks(
          KIDS.map((kid, index) =>
            forge({ alg: 'HS256', kid }, claims({ aud: 'api' }), signers.HS256(['', '\u0000', 'secret'][index % 3]!)),
          ),
          'api',
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'Tokens with made-up key ids shall make the gateway fetch the JWKS each time',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      setting: { ...REMOTE_KEYS, fresh: true },
      async attack({ token, ask }) {
        await fetchKeys(ask, token);
        return toAsks(Array.from({ length: 10 }, (_, index) => token({}, { kid: `made-up-${index}` })));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: NO_KEY },
    },
    {
      name: 'A token is signed by a key of the JWKS that is too weak: e = 1, e = 3, 1024 bits, small order, P-384',
      source: 'RFC 8725 §3.4, RFC 7518 §3.3, CVE-2006-4339',
      setting: WEAK_KEYS,
      async attack({ forge, claims, victim, token, ask }) {
        await fetchKeys(ask, token);
        const smallOrder: Signer = () => Buffer.concat([SMALL_ORDER, Buffer.alloc(32)]);
        const forged = [
          ['RS256', 'e1', paddedHash],
          ['RS256', 'e3', signers.RS256(rsaPair('e3').privateKey)],
          ['RS256', 'short', signers.RS256(rsaPair('short').privateKey)],
          ['EdDSA', 'weak', smallOrder],
          ['ES256', 'p384', signers.ES256(ecPair('p384').privateKey)],
        ] as const;
        return toAsks(forged.map(([alg, kid, signer]) => forge({ alg, kid }, claims({ sub: victim }), signer)));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: NO_KEY },
    },
    {
      name: 'A token is signed with HS256 and a symmetric key that the public JWKS contains',
      source: 'RFC 8725 §3.1, RFC 7517 §9.2',
      setting: WEAK_KEYS,
      attack: ({ forge, claims, victim }) =>
        toAsks([forge({ alg: 'HS256', kid: 'oct' }, claims({ sub: victim }), signers.HS256(SHARED))]),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: ALGORITHM },
    },
    {
      name: 'The signature of a token is zeros, one byte, in DER, or longer than the key',
      source: 'CVE-2022-21449, RFC 8725 §3.4',
      attack({ forge, claims, victim }) {
        const signatures = [
          ['ES256', 'ec-1', Buffer.alloc(64)],
          ['ES256', 'ec-1', Buffer.from('3006020101020101', 'hex')],
          ['EdDSA', 'ed-1', Buffer.alloc(64)],
          ['RS256', 'rsa-1', Buffer.alloc(256)],
          ['RS256', 'rsa-1', Buffer.of(1)],
          ['RS256', 'rsa-1', Buffer.alloc(512, 255)],
        ] as const;
        return toAsks(signatures.map(([alg, kid, bytes]) => forge({ alg, kid }, claims({ sub: victim }), () => bytes)));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
    {
      name: 'A signed token is changed: another user, a space, the order of its header, a bit of its signature',
      source: 'RFC 7515 §5.2',
      attack({ token, user, victim }) {
        const [head = '', payload = '', signature = ''] = token().split('.');
        const text = Buffer.from(payload, 'base64url').toString();
        const encode = (part: string) => Buffer.from(part).toString('base64url');
        const flipped = Buffer.from(signature, 'base64url');
        flipped[20] = flipped[20]! ^ 1;
        const payloads = [
          text.replace(user, victim),
          text.replace('{', '{ '),
          `${text} `,
          text.replace('"web"', '["web"]'),
        ];
        return toAsks([
          ...payloads.map((other) => `${head}.${encode(other)}.${signature}`),
          `${encode('{"kid":"rsa-1","alg":"RS256","typ":"JWT"}')}.${payload}.${signature}`,
          `${head}.${payload}.${flipped.toString('base64url')}`,
          `${head}.${payload}.${Buffer.from(signature, 'base64url').subarray(1).toString('base64url')}`,
          `${head}.${payload}.${token({ sub: victim }).split('.')[2]}`,
        ]);
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
  ],
};
