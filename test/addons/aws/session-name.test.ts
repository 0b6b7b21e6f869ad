import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toRoleSessionName } from '../../../src/addons/aws/session-name.js';
import { anyCodePoint } from '../../support/any-text.js';

const LEGAL = /^[\w+=,.@-]{2,64}$/;

/** Any Unicode, lone surrogates, and typical user ids. */
const userId = fc.oneof(
  fc.string({ unit: anyCodePoint, maxLength: 80 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 80 }),
  fc.stringMatching(/^[\w+=,.@|-]{1,70}$/),
  fc.stringMatching(/^(auth0|google-oauth2|email)\|[a-f0-9]{24}$/),
);

describe('a role session name', () => {
  it('is legal for every user id', () => {
    fc.assert(
      fc.property(userId, (id) => LEGAL.test(toRoleSessionName(id))),
      { numRuns: 5_000 },
    );
  });

  it('is never shared by two users, even if the id of one is the session name of the other', () => {
    const users = fc.uniqueArray(userId, { minLength: 2, maxLength: 12 });
    const property = fc.property(users, (ids) => {
      const impostors = ids.map(toRoleSessionName);
      const theirs = impostors.map(toRoleSessionName);
      const everyone = [...new Set([...ids, ...impostors, ...theirs])];
      return new Set(everyone.map(toRoleSessionName)).size === everyone.length;
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('differs for lone surrogates and U+FFFD, which have the same UTF-8 encoding', () => {
    const ids = ['a|\ud800', 'a|\udbff', 'a|\udc00', 'a|\ufffd'];
    expect(new Set(ids.map(toRoleSessionName)).size).toBe(ids.length);
  });

  it.each([
    ['alice@example.com', 'alice@example.com'],
    ['a_b+c=d,e.f-g', 'a_b+c=d,e.f-g'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ])('is the user id if that is legal: %s', (id, name) => {
    expect(toRoleSessionName(id)).toBe(name);
  });

  it.each([
    ['auth0|5f7c8ec7c33c6c004bbafe82', /^auth0-5f7c8ec7c33c6c004bbafe82=[\w-]{32}$/],
    ['waad|Zoë 😀', /^waad-Zo---=[\w-]{32}$/],
    ['x'.repeat(65), /^x{31}=[\w-]{32}$/],
    ['a', /^a=[\w-]{32}$/],
    ['', /^=[\w-]{32}$/],
  ])('has the legal characters of %j and a fingerprint', (id, name) => {
    expect(toRoleSessionName(id)).toMatch(name);
  });
});
