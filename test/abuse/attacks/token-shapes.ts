import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { IDP } from '../../support/caller.js';
import { ISSUER } from '../../support/gateway.js';
import { signers } from '../../support/identity-provider.js';
import type { Ask, Theme } from '../attack.js';
import type { Scene } from '../scene.js';

const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' };
const CANONICAL = 'a part of it is not canonical base64url';
const NO_WHITE_SPACE = 'an Authorization header with white space in it holds no Bearer token';
const HEADER_LIMIT = 'node:http refuses headers of more than 32 KiB';

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
/** Signs a payload as it stands. */
const sign = ({ forge }: Scene, payload: string | Uint8Array, header: object | string = HEADER) =>
  forge(header, payload, IDP.RS256.signer);
/** The payload of a valid token with more members before and after its own. */
const payload = ({ claims }: Scene, before: string, after = '') =>
  `{${before}${JSON.stringify(claims()).slice(1, -1)}${after}}`;

const encode = (text: string) => Buffer.from(text).toString('base64url');

/** A signed token of exactly this many characters. */
function sized({ forge, claims }: Scene, length: number): string {
  for (let padding = 0; padding < 4; padding++) {
    const header = { ...HEADER, pad: 'p'.repeat(padding) };
    const overhead = encode(JSON.stringify(header)).length + 2 + 342;
    const filler = Math.floor(((length - overhead) * 3) / 4) - JSON.stringify(claims({ pad: '' })).length;
    const token = forge(header, claims({ pad: 'p'.repeat(filler) }), IDP.RS256.signer);
    if (token.length === length) return token;
  }
  throw new Error(`no token has ${length} characters`);
}

export const TOKEN_SHAPES: Theme = {
  title: 'A token that two parsers could read differently, or that costs much to read',
  setting: {},
  attacks: [
    {
      name: 'A valid signature comes with a critical extension',
      source: 'RFC 7515 §4.1.11, CVE-2025-59420',
      attack: ({ token }) =>
        [{ crit: ['b64'], b64: true }, { crit: ['exp'], exp: 1 }, { crit: [] }, { crit: 'b64' }, { crit: null }].map(
          (header) => ({ idToken: token({}, header) }),
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its header has crit, and no extension is supported' },
    },
    {
      name: 'A token says that its payload is not encoded, with b64',
      source: 'RFC 7797 §3 and §6',
      attack: ({ token }) => [true, false, null].map((b64) => ({ idToken: token({}, { b64 }) })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its header has b64, and no extension is supported' },
    },
    {
      name: 'The signature covers the payload without encoding',
      source: 'RFC 7797 §5.2, RFC 7515 §5.2',
      attack: ({ claims }) => {
        const text = JSON.stringify(claims());
        const header = encode(JSON.stringify(HEADER));
        const signature = Buffer.from(IDP.RS256.signer(`${header}.${text}`)).toString('base64url');
        return { idToken: `${header}.${encode(text)}.${signature}` };
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its signature is not valid' },
    },
    {
      name: 'A signed token has a claim twice, first that of another user, then the own one',
      source: 'RFC 7519 §4, RFC 8725 §2.6',
      attack: (scene) =>
        [`"sub":"${scene.victim}",`, `"\\u0073ub":"${scene.victim}",`, '"exp":1,', `"iss":"${ISSUER}x",`].map(
          (before) => ({ idToken: sign(scene, payload(scene, before)) }),
        ),
      control: honest,
      outcome: {
        granted: 'the last one counts in every check, and the credential is for the own user',
        check: ({ token = '' }, { user }) => expect(readJwt(token).payload.sub).toBe(user),
      },
    },
    {
      name: 'A signed token has a claim twice, and the last one is not valid',
      source: 'RFC 7519 §4, RFC 8725 §2.6',
      attack: (scene) =>
        [`,"iss":"${ISSUER}x"`, ',"exp":1', ',"aud":"other"', ',"sub":""', ',"typ":"Bearer"', ',"\\u0065xp":1'].map(
          (after) => ({ idToken: sign(scene, payload(scene, '', after)), clientId: 'web' }),
        ),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: /\((iss|exp|aud|sub)\)|claim typ/ },
    },
    {
      name: 'The header has alg twice, first RS256, then none or HS256',
      source: 'RFC 7515 §4, RFC 8725 §2.1',
      attack: (scene) => [
        { idToken: sign(scene, payload(scene, ''), '{"alg":"RS256","kid":"rsa-1","alg":"none"}') },
        {
          idToken: scene.forge('{"alg":"RS256","kid":"rsa-1","alg":"HS256"}', scene.claims(), signers.HS256('secret')),
        },
      ],
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its algorithm (alg) must be' },
    },
    {
      name: 'A token sets its user through a prototype',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet, CVE-2019-10744',
      attack: (scene) => {
        const { sub: _sub, ...rest } = scene.claims();
        const text = JSON.stringify(rest).slice(1);
        return [
          `{"__proto__":{"sub":"${scene.victim}"},${text}`,
          `{"constructor":{"prototype":{"sub":"${scene.victim}"}},${text}`,
        ].map((each) => ({ idToken: sign(scene, each) }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its subject (sub) must be a string of 1 to 255 characters' },
    },
    {
      name: 'The payload of a token is JSON, but no object',
      source: 'RFC 7519 §7.2',
      attack: (scene) => ['["web"]', 'null', '"web"', '7', 'true'].map((text) => ({ idToken: sign(scene, text) })),
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its payload is not a JSON object' },
    },
    {
      name: 'The payload of a token is not JSON in UTF-8: Latin-1, UTF-16, a byte order mark, a comment',
      source: 'RFC 8725 §3.7, RFC 7519 §7.2',
      attack: (scene) => {
        const text = payload(scene, '"name":"ÿ",');
        return [
          Buffer.from(text, 'latin1'),
          Buffer.from(text, 'utf16le'),
          Buffer.from(`\ufeff${text}`),
          Buffer.from(`${text}//`),
          Buffer.from(text.slice(0, -1)),
          Buffer.alloc(0),
        ].map((bytes) => ({ idToken: sign(scene, bytes) }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'its payload is not JSON' },
    },
    {
      name: 'The claims of a token nest so deep that code which walks them runs out of stack',
      source: 'RFC 8259 §9, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: (scene) =>
        [
          `"deep":${'['.repeat(65)}${']'.repeat(65)},`,
          `"deep":${'{"a":'.repeat(64)}{}${'}'.repeat(64)},`,
          `"deep":${'['.repeat(5_500)}${']'.repeat(5_500)},`,
        ].map((before) => ({ idToken: sign(scene, payload(scene, before)) })),
      control: (scene) => ({ idToken: sign(scene, payload(scene, `"deep":${'['.repeat(64)}${']'.repeat(64)},`)) }),
      outcome: { refused: 'INVALID_TOKEN', message: 'its payload is nested more than 64 levels deep' },
    },
    {
      name: 'A token is spelled in another way: padding, another alphabet, stray bits',
      source: 'RFC 7515 §2, RFC 4648 §3.5, CVE-2022-39227',
      attack: (scene) => {
        const [header = '', body = '', signature = ''] = scene.token().split('.');
        // With 256 bytes, four bits of the last character are unused.
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const stray = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)!) | 1];
        const otherAlphabet = Buffer.from(signature, 'base64url').toString('base64').replaceAll('=', '');
        const forged = `{"${header}.${body}.":"","protected":"${header}","payload":"${body}","signature":"${signature}"}`;
        return [
          `${header}.${body}.${stray}`,
          `${header}.${body}.${signature}==`,
          `${header}=.${body}.${signature}`,
          `${header}.${body}=.${signature}`,
          ...(otherAlphabet === signature ? [] : [`${header}.${body}.${otherAlphabet}`]),
          `"${header}.${body}.${signature}"`,
          forged,
        ].map((idToken) => ({ idToken, clientId: 'web' }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: CANONICAL },
    },
    {
      name: 'A token has white space or line ends around or in it',
      source: 'RFC 7515 §2, RFC 4648 §3.3',
      attack: ({ token }) => {
        const valid = token();
        const at = valid.length - 100;
        return [
          ` ${valid}`,
          `${valid} `,
          `${valid}\n`,
          `Bearer ${valid}`,
          `${valid.slice(0, at)}\r\n${valid.slice(at)}`,
        ].map((idToken) => ({ idToken, clientId: 'web' }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: CANONICAL },
      notAt: { 'graphql-header': NO_WHITE_SPACE },
    },
    {
      name: 'A token comes in a JSON serialization, or with more or fewer parts',
      source: 'RFC 7515 §7.2, RFC 7519 §1',
      attack: ({ token }) => {
        const [header, body, signature] = token().split('.');
        return [
          JSON.stringify({ protected: header, payload: body, signature }),
          JSON.stringify({ payload: body, signatures: [{ protected: header, signature }] }),
          `${header}.${body}`,
          `${header}.${body}.${signature}.${signature}`,
          '.'.repeat(16_000),
        ].map((idToken) => ({ idToken, clientId: 'web' }));
      },
      control: honest,
      outcome: { refused: 'INVALID_TOKEN', message: 'it is not a JWT in compact form' },
    },
    {
      name: 'A token is longer than 16 KiB',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: (scene) => [16_385, 20_000].map((length) => ({ idToken: sized(scene, length) })),
      control: (scene) => ({ idToken: sized(scene, 16_384) }),
      outcome: { refused: 'INVALID_REQUEST', message: 'The subject token is longer than 16384 bytes' },
    },
    {
      name: 'A token of 1 MiB fills the body',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      attack: () => ({ idToken: 'x'.repeat(1 << 20), clientId: 'web' }),
      control: honest,
      outcome: {
        unaudited: 'graphql',
        refused: 'INVALID_REQUEST',
        status: 413,
        message: 'The body is longer than 102400 bytes',
      },
      notAt: { 'graphql-header': HEADER_LIMIT },
    },
  ],
};
