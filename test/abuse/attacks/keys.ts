import { createHash } from 'node:crypto';
import { IDP_JWKS } from '../../support/caller.js';
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
const toAsks = (tokens: readonly string[], clientId?: string): Ask[] =>
  tokens.map((idToken) => ({ idToken, clientId }));
const header = (more: object = {}) => ({ alg: 'RS256', typ: 'JWT', kid: 'rsa-1', ...more });

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

export const KEYS: Theme = {
  title: 'A key of the attacker, or none at all',
  setting: {},
  attacks: [
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
  ],
};
