import { describe, expect, it } from 'vitest';
import { decodeToken } from '../../src/delegation/decode-token.js';
import { DelegationError } from '../../src/errors.js';

const encode = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64url');
const HEADER = encode('{"alg":"RS256"}');
const PAYLOAD = encode('{"sub":"alice"}');
const SIGNATURE = encode(Uint8Array.of(1));

/** The error of `decodeToken`, or `taken apart`. */
function decodeOrRefuse(token: string): string {
  try {
    decodeToken(token);
    return 'taken apart';
  } catch (error) {
    if (!(error instanceof DelegationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const invalid = (rule: string) => `INVALID_TOKEN: The subject token does not verify: ${rule}`;

describe('a token in compact form', () => {
  it('is decoded into header, claims, and what its signature is verified with', () => {
    expect(decodeToken(`${HEADER}.${PAYLOAD}.${SIGNATURE}`)).toEqual({
      signingInput: `${HEADER}.${PAYLOAD}`,
      signature: Buffer.from(SIGNATURE, 'base64url'),
      header: { alg: 'RS256' },
      claims: { sub: 'alice' },
    });
  });

  it.each(['', 'x', 'not a token', '.', `${HEADER}.${PAYLOAD}`, `${HEADER}.${PAYLOAD}.${SIGNATURE}.`])(
    'is refused unless it has three parts: %j',
    (token) => {
      expect(decodeOrRefuse(token)).toBe(invalid('it is not a JWT in compact form'));
    },
  );

  it('is refused as encrypted when it has five parts', () => {
    expect(decodeOrRefuse('a.b.c.d.e')).toBe(invalid('it is encrypted (JWE); expected a signed ID token'));
  });

  it('is refused without a signature', () => {
    expect(decodeOrRefuse(`${HEADER}.${PAYLOAD}.`)).toBe(invalid('it has no signature'));
  });

  it('is refused when it is longer than 16 KiB', () => {
    const sized = (length: number) => `${HEADER}.${PAYLOAD}.`.padEnd(length, 'A');
    expect(decodeOrRefuse(sized(16_384))).toBe('taken apart');
    expect(decodeOrRefuse(sized(16_385))).toBe('INVALID_REQUEST: The subject token is longer than 16384 bytes');
    expect(decodeOrRefuse('€'.repeat(5_462))).toBe('INVALID_REQUEST: The subject token is longer than 16384 bytes');
  });
});

describe('base64url', () => {
  const spellings = {
    'with padding': (part: string) => `${part}=`,
    'with double padding': (part: string) => `${part}==`,
    'with a space': (part: string) => `${part} `,
    'with a leading space': (part: string) => ` ${part}`,
    'with a line break': (part: string) => `${part.slice(0, 1)}\n${part.slice(1)}`,
    'with a tab': (part: string) => `${part.slice(0, 1)}\t${part.slice(1)}`,
    'with a NUL': (part: string) => `${part}\u0000`,
    'with a percent sign': (part: string) => `${part}%3D`,
    'with an exclamation mark': (part: string) => `${part.slice(0, 1)}!${part.slice(1)}`,
    'with a letter of another alphabet': (part: string) => `${part}é`,
    'one character short of a whole byte': (part: string) => `${part}${'A'.repeat((5 - (part.length % 4)) % 4)}`,
  };
  const parts = [HEADER, PAYLOAD, SIGNATURE];
  it.each(
    Object.entries(spellings).flatMap(([how, spell]) =>
      ['header', 'payload', 'signature'].map((part, at) => ({
        how,
        part,
        token: parts.map((each, index) => (index === at ? spell(each) : each)).join('.'),
      })),
    ),
  )('of the $part is refused $how', ({ token }) => {
    expect(decodeOrRefuse(token)).toBe(invalid('a part of it is not canonical base64url'));
  });

  it('is refused with unused bits that are not zero, in every part', () => {
    // With seven bytes, four bits of the last character are unused.
    const part = encode('{"a":1}');
    const stray = 'eyJhIjoxfR';
    expect(part).toBe('eyJhIjoxfQ');
    expect(Buffer.from(stray, 'base64url')).toEqual(Buffer.from(part, 'base64url'));
    expect(decodeOrRefuse(`${part}.${part}.${part}`)).toBe('taken apart');
    for (const token of [`${stray}.${part}.${part}`, `${part}.${stray}.${part}`, `${part}.${part}.${stray}`]) {
      expect(decodeOrRefuse(token)).toBe(invalid('a part of it is not canonical base64url'));
    }
  });

  it('is refused in the alphabet of base64', () => {
    const bytes = Uint8Array.of(0xfb, 0xff, 0xfe);
    const standard = Buffer.from(bytes).toString('base64');
    expect(standard).toBe('+//+');
    expect(decodeOrRefuse(`${HEADER}.${PAYLOAD}.${standard}`)).toBe(invalid('a part of it is not canonical base64url'));
    expect(decodeOrRefuse(`${HEADER}.${PAYLOAD}.${encode(bytes)}`)).toBe('taken apart');
  });
});

describe('header and payload', () => {
  const documents = ['', '{', 'null', '[]', '"text"', '7', '{"a":1}{', "{'a':1}", '\ufeff{}', '{"a":NaN}'];
  const notObjects = new Set(['null', '[]', '"text"', '7']);
  it.each(documents)('are refused when they are not JSON objects: %j', (text) => {
    const what = notObjects.has(text) ? 'is not a JSON object' : 'is not JSON';
    expect(decodeOrRefuse(`${encode(text)}.${PAYLOAD}.${SIGNATURE}`)).toBe(invalid(`its header ${what}`));
    expect(decodeOrRefuse(`${HEADER}.${encode(text)}.${SIGNATURE}`)).toBe(invalid(`its payload ${what}`));
  });

  it.each([
    ['an invalid sequence', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ['an overlong quotation mark', Uint8Array.of(0x7b, 0xc0, 0xa2, 0x7d)],
    ['a surrogate', Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d)],
    ['UTF-16', new Uint8Array(Buffer.from('{"sub":"alice"}', 'utf16le'))],
  ])('are refused when they are not UTF-8: %s', (_what, bytes) => {
    expect(decodeOrRefuse(`${HEADER}.${encode(bytes)}.${SIGNATURE}`)).toBe(invalid('its payload is not JSON'));
    expect(decodeOrRefuse(`${encode(bytes)}.${PAYLOAD}.${SIGNATURE}`)).toBe(invalid('its header is not JSON'));
  });

  it('have the last value of a member that occurs twice', () => {
    const { header, claims } = decodeToken(
      [encode('{"alg":"none","\\u0061lg":"RS256"}'), encode('{"sub":"mallory","sub":"alice"}'), SIGNATURE].join('.'),
    );
    expect(header).toEqual({ alg: 'RS256' });
    expect(claims).toEqual({ sub: 'alice' });
  });

  it('change no prototype', () => {
    const { claims } = decodeToken(`${HEADER}.${encode('{"__proto__":{"sub":"admin"}}')}.${SIGNATURE}`);
    expect(claims.sub).toBeUndefined();
    expect(({} as { sub?: string }).sub).toBeUndefined();
  });
});

describe('a header extension', () => {
  it.each([
    '{"crit":["b64"],"b64":true}',
    '{"crit":["exp"]}',
    '{"crit":[]}',
    '{"crit":null}',
    '{"crit":["__proto__"]}',
  ])('that is marked as critical is refused: %s', (header) => {
    expect(decodeOrRefuse(`${encode(header)}.${PAYLOAD}.${SIGNATURE}`)).toBe(
      invalid('its header has crit, and no extension is supported'),
    );
  });

  it.each(['{"b64":false}', '{"b64":true}', '{"b64":"false"}', '{"b64":null}'])(
    'that changes the signing input is refused: %s',
    (header) => {
      expect(decodeOrRefuse(`${encode(header)}.${PAYLOAD}.${SIGNATURE}`)).toBe(
        invalid('its header has b64, and no extension is supported'),
      );
    },
  );
});
