import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClaimPath, mapClaims, readClaim } from '../../../src/addons/shared/claim-path.js';

const read = (claims: unknown, path: string) => readClaim(claims as Record<string, unknown>, new ClaimPath(path));

describe('a claim path', () => {
  it.each([
    ['a name', { email: 'a@example.com' }, 'email', 'a@example.com'],
    ['a name below a name', { app_metadata: { role: 'admin' } }, 'app_metadata.role', 'admin'],
    ['a name with dots', { 'https://example.com/role': 'admin' }, 'https://example.com/role', 'admin'],
    ['a name below one with dots', { 'https://example.com/m': { role: 'a' } }, 'https://example.com/m.role', 'a'],
    ['a name with dots below a name', { a: { 'b.c': 1 } }, 'a.b.c', 1],
    ['the longest name that exists', { 'a.b': { c: 'long' }, a: { b: { c: 'short' } } }, 'a.b.c', 'long'],
    ['the whole path as one name first', { 'a.b.c': 'whole', a: { b: { c: 'short' } } }, 'a.b.c', 'whole'],
    ['a shorter name if the longer one leads nowhere', { 'a.b': { x: 1 }, a: { b: { c: 2 } } }, 'a.b.c', 2],
    ['null', { a: null }, 'a', null],
    ['false', { a: { b: false } }, 'a.b', false],
    ['an empty name', { '': { '': 1 } }, '.', 1],
    ['a list as a whole', { a: [1, 2] }, 'a', [1, 2]],
  ])('finds %s', (_what, claims, path, expected) => {
    expect(read(claims, path)).toEqual(expected);
  });

  it.each([
    ['a missing name', { a: 1 }, 'b'],
    ['anything below a string', { a: 'text' }, 'a.length'],
    ['anything below null', { a: null }, 'a.b'],
    ['an entry of a list', { a: ['x'] }, 'a.0'],
    ['the length of a list', { a: ['x'] }, 'a.length'],
    ['a name in another case', { Role: 1 }, 'role'],
    ['an inherited member', {}, 'constructor'],
    ['an inherited member of a nested object', { a: {} }, 'a.constructor.name'],
    ['a prototype', { a: {} }, 'a.__proto__'],
  ])('does not find %s', (_what, claims, path) => {
    expect(read(claims, path)).toBeUndefined();
  });

  it('finds any value at any path', () => {
    const name = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (names, value) => {
        const claims = names.reduceRight<unknown>((inner, each) => Object.fromEntries([[each, inner]]), value);
        expect(read(claims, names.join('.'))).toEqual(value);
      }),
    );
  });
});

describe('a claim map', () => {
  const map = (entries: Record<string, string> | [string, string][]) =>
    (Array.isArray(entries) ? entries : Object.entries(entries)).map(
      ([name, path]) => [name, new ClaimPath(path)] as const,
    );

  it('gives the values of its paths, in its own order', () => {
    const mapped = mapClaims({ b: 1, a: null }, map({ x: 'b', y: 'missing', z: 'a' }));
    expect(Object.entries(mapped)).toEqual([
      ['x', 1],
      ['z', null],
    ]);
  });

  it('does not set a prototype', () => {
    const mapped = mapClaims({ evil: { polluted: true } }, map([['__proto__', 'evil']]));
    expect(Object.getPrototypeOf(mapped)).toBe(Object.prototype);
    expect(Object.hasOwn(mapped, '__proto__')).toBe(true);
  });
});
