import { createHash } from 'node:crypto';
import { ENCODED_SECRET, IDP } from '../../support/caller.js';
import { ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { signers } from '../../support/identity-provider.js';
import { rsaPair } from '../../support/keys.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';

const ALGORITHM = 'its algorithm (alg) must be';
const BAD_SIGNATURE = 'its signature is not valid';
const NO_KEY = 'its issuer has no suitable key with its key id (kid)';

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
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

/** Flips one bit of the signature of a token, cuts it at either end, and extends it. */
function changeSignature(token: string): string[] {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const flipped = Buffer.from(bytes);
  flipped[20] = flipped[20]! ^ 1;
  return [flipped, bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])].map(
    (each) => `${header}.${payload}.${each.toString('base64url')}`,
  );
}

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
      attack({ token, forge, claims, user, victim }) {
        const [head = '', payload = '', signature = ''] = token().split('.');
        const text = Buffer.from(payload, 'base64url').toString();
        const encode = (part: string) => Buffer.from(part).toString('base64url');
        const payloads = [
          text.replace(user, victim),
          text.replace('{', '{ '),
          `${text} `,
          text.replace('"web"', '["web"]'),
        ];
        const { RS256, ES256, EdDSA } = IDP;
        return toAsks([
          ...payloads.map((other) => `${head}.${encode(other)}.${signature}`),
          `${encode('{"kid":"rsa-1","alg":"RS256","typ":"JWT"}')}.${payload}.${signature}`,
          `${head}.${payload}.${token({ sub: victim }).split('.')[2]}`,
          ...Object.entries({ RS256, ES256, EdDSA }).flatMap(([alg, { kid, signer }]) =>
            changeSignature(forge({ alg, kid }, claims(), signer)),
          ),
        ]);
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: BAD_SIGNATURE },
    },
  ],
};
