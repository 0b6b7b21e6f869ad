import { randomBytes } from 'node:crypto';
import { IDP } from '../../support/caller.js';
import { APP_SECRET, ISSUER, TENANT_ISSUER } from '../../support/gateway.js';
import { type Signer, signers } from '../../support/identity-provider.js';
import { ecPair, ed25519Pair, rsaPair } from '../../support/keys.js';
import type { Choices } from './choices.js';

const HS256 = { kid: undefined, signer: signers.HS256(APP_SECRET) };

/** Ways to sign. */
const SIGN_IN_SIGNERS = Object.entries({ EdDSA: IDP.EdDSA, ES256: IDP.ES256 });

const STRANGER = signers.ES256(ecPair('stranger').privateKey);
const STRANGER_RSA = signers.RS256(rsaPair('layer').privateKey);
const BACKEND = {
  EdDSA: { kid: 'ed', signer: signers.EdDSA(ed25519Pair('backend').privateKey) },
  ES256: { kid: 'ec', signer: signers.ES256(ecPair('backend').privateKey) },
};

/** A token before it is signed. */
export interface TokenParts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signer: Signer;
}

/** A valid token: an ID token for `web` or `api`, or an app token of the tenant for `api`. */
export function chooseToken(choices: Choices, nowSeconds: number): TokenParts {
  const times = { iat: nowSeconds, exp: nowSeconds + 3600 };
  const user = {
    sub: `auth0|${choices.pick(['alice', 'bob', 'carol', 'dave', 'mallory'])}`,
    email: 'alice@example.com',
    email_verified: true,
    app_metadata: { role: 'editor', team: 'red' },
    // So that no two cases send the same token, and a part of it that is repeated is found.
    jti: randomBytes(12).toString('base64url'),
  };
  if (choices.chance(25)) {
    const chain = { idp: ISSUER, chain_iat: nowSeconds, chain_exp: nowSeconds + 86_400, act: { sub: 'web' } };
    return {
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { iss: TENANT_ISSUER, aud: 'api', azp: 'web', role: 'editor', ...times, ...user, ...chain },
      signer: HS256.signer,
    };
  }
  const isApi = choices.chance(40);
  const [alg, { kid, signer }] = isApi ? (['HS256', HS256] as const) : chooseSigner(choices);
  return {
    header: { alg, typ: 'JWT', ...(kid && { kid }) },
    claims: { iss: ISSUER, aud: isApi ? 'api' : 'web', ...times, ...user },
    signer,
  };
}

/** RSA is rare: it takes thirty times as long. */
function chooseSigner(choices: Choices) {
  return choices.chance(3) ? (['RS256', IDP.RS256] as const) : choices.pick(SIGN_IN_SIGNERS);
}

export function signToken({ header, claims, signer }: TokenParts): string {
  return signText(JSON.stringify(header), JSON.stringify(claims), signer);
}

function encode(part: string | Uint8Array): string {
  return Buffer.from(part as string).toString('base64url');
}

function signText(header: string, payload: string | Uint8Array, signer: Signer): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${encode(signer(input))}`;
}

/** A valid assertion of the client `backend` (RFC 7523 §2.2). */
export function chooseAssertion(choices: Choices, nowSeconds: number): TokenParts {
  const [alg, { kid, signer }] = choices.chance(50)
    ? (['EdDSA', BACKEND.EdDSA] as const)
    : (['ES256', BACKEND.ES256] as const);
  return {
    header: { alg, kid },
    claims: {
      iss: 'backend',
      sub: 'backend',
      aud: TENANT_ISSUER,
      exp: nowSeconds + 60,
      jti: randomBytes(16).toString('base64url'),
    },
    signer,
  };
}

/** Names of claims that some rule reads, and of the header. */
const CLAIMS =
  'iss sub aud exp iat nbf azp jti typ token_use scp cnf events act idp chain_iat chain_exp auth_time acr amr email email_verified app_metadata user_id role __proto__ constructor'.split(
    ' ',
  );
const HEADERS = 'alg kid typ cty crit b64 jwk jku x5c x5u zip enc __proto__'.split(' ');

function chooseValue(choices: Choices, parts: TokenParts): unknown {
  const now = parts.claims.iat;
  const seconds = typeof now === 'number' ? now : 0;
  switch (choices.below(10)) {
    case 0:
      return choices.json();
    case 1:
      return seconds + choices.below(12) - 6;
    case 2:
      return choices.pick([0, -1, 1e308, 0.5, 2 ** 53, seconds * 1000, `${seconds}`, null, true, [], {}]);
    case 3:
      return choices.pick(['web', 'api', 'private', 'backend', ['web'], ['web', 'api'], ['api', 'web', 7], '*']);
    case 4:
      return choices.pick([ISSUER, TENANT_ISSUER, 'https://old.example.com/', `${ISSUER} `, ISSUER.slice(0, -1)]);
    case 5:
      return choices.pick(['HS256', 'RS256', 'none', 'ES256', 'hs256', 'EdDSA', 'PS256', ['RS256']]);
    case 6:
      return nestValue(choices.pick([2, 5, 63, 64, 65, 200]));
    case 7:
      return { sub: choices.pick(['web', 'api', 'x']), act: { sub: choices.text(), act: { sub: 'web' } } };
    case 8:
      return 'y'.repeat(choices.pick([200, 255, 256, 1_100, 20_000]));
    default:
      return choices.text();
  }
}

function nestValue(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** Changes claims or the header of a token before it is signed. */
export function changeParts(choices: Choices, parts: TokenParts): TokenParts {
  const claims = { ...parts.claims };
  const header = { ...parts.header };
  for (let count = choices.below(3); count >= 0; count--) {
    const [part, names] = choices.chance(25) ? [header, HEADERS] : [claims, CLAIMS];
    const name = choices.pick(names);
    if (choices.chance(25)) delete part[name];
    else
      Object.defineProperty(part, name, {
        value: chooseValue(choices, parts),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return {
    ...parts,
    header,
    claims,
    signer: choices.chance(90) ? parts.signer : choices.pick([STRANGER, STRANGER_RSA]),
  };
}

/** Writes a token in a form that is not quite the right one, and signs it all the same. */
export function writeOddly(choices: Choices, { header, claims, signer }: TokenParts): string {
  const [head, payload] = [JSON.stringify(header), JSON.stringify(claims)];
  switch (choices.below(9)) {
    case 0:
      return signText(head, `${payload.slice(0, -1)},"sub":"auth0|bob"}`, signer);
    case 1:
      return signText(`{"alg":"none",${head.slice(1)}`, payload, signer);
    case 2:
      return signText(head, Buffer.concat([Buffer.from(payload), Buffer.from([0xff, 0xfe])]), signer);
    case 3:
      return signText(head, `\ufeff${payload}`, signer);
    case 4:
      return signText(` ${head}\r\n`, ` ${payload} `, signer);
    case 5:
      return signText(head, choices.pick(['', '[]', 'null', '""', '7', '{', payload.slice(1), `[${payload}]`]), signer);
    case 6:
      return signText(head, payload.replaceAll('a', '\\u0061'), signer);
    case 7: {
      const levels = choices.pick([63, 64, 65, 100, 5_000]);
      return signText(head, `{"acr":${'['.repeat(levels)}${']'.repeat(levels)},${payload.slice(1)}`, signer);
    }
    default:
      return signText(head, Buffer.from(payload, 'utf16le'), signer);
  }
}

/** Breaks the form of a token that was signed. */
export function breakToken(choices: Choices, token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  switch (choices.below(14)) {
    case 0:
      return `${header}.${payload}`;
    case 1:
      return `${header}.${payload}.`;
    case 2:
      return `${token}.${signature}.${payload}`;
    case 3:
      return `${token}=`;
    case 4:
      return token.replaceAll('-', '+').replaceAll('_', '/');
    case 5:
      return ` ${token}\n`;
    case 6:
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    case 7:
      return `${header}.${payload}.${signature.slice(0, choices.below(signature.length + 1))}`;
    case 8:
      return `${header}..${signature}`;
    case 9:
      return `${header}.${payload}.${'A'.repeat(choices.pick([1, 86, 15_500, 16_384]))}`;
    case 10: {
      const bytes = Buffer.from(choices.pick([signature, payload]), 'base64url');
      const at = choices.below(Math.max(1, bytes.length));
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << choices.below(8)), at);
      return choices.chance(50) ? `${header}.${payload}.${encode(bytes)}` : `${header}.${encode(bytes)}.${signature}`;
    }
    case 11:
      return choices.text();
    case 12:
      return `${token.slice(0, choices.below(token.length))}${choices.text()}`;
    default:
      return token.toLowerCase();
  }
}

/** A token of any kind: valid, changed before it was signed, or broken afterwards. */
export function makeToken(choices: Choices, parts: TokenParts): string {
  switch (choices.below(8)) {
    case 0:
    case 1:
    case 2:
      return signToken(parts);
    case 3:
    case 4:
    case 5:
      return signToken(changeParts(choices, parts));
    case 6:
      return writeOddly(choices, choices.chance(50) ? changeParts(choices, parts) : parts);
    default:
      return breakToken(choices, signToken(parts));
  }
}
