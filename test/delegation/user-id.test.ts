import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { findAudienceClient } from '../../src/delegation/calling-client.js';
import { decodeToken } from '../../src/delegation/decode-token.js';
import { verifyIdToken } from '../../src/delegation/verify-id-token.js';
import { DelegationError } from '../../src/errors.js';
import { callerConfig, callerGateway, refusal } from '../support/caller.js';
import { APP_SECRET, type ConfigDocument, TENANT_ISSUER } from '../support/gateway.js';
import { compactToken, signers } from '../support/identity-provider.js';

const hs256 = signers.HS256(APP_SECRET);
const NOW = Date.UTC(2026, 0, 1) / 1000;

const issuerUrl = (index: number) => `https://issuer-${index}.example.com/`;

/** The configuration with one HS256 issuer for each prefix. */
function withIssuers(prefixes: readonly (string | undefined)[], config: ConfigDocument = callerConfig()) {
  const issuers = prefixes.map((subject_prefix, index) => ({
    issuer: issuerUrl(index),
    algorithms: ['HS256'],
    ...(subject_prefix !== undefined && { subject_prefix }),
  }));
  Object.assign(config.tenants[0] as object, { issuers });
  return config;
}

/** None of these issuers has a `jwks_uri`. */
const remoteKeys = () => ({ find: () => [] });

/** The user id that the tenant gives to a subject of an issuer; undefined where it refuses. */
function userIds(prefixes: readonly string[]) {
  const [tenant] = parseConfig(withIssuers(prefixes)).tenants;
  if (!tenant) throw new Error('no tenant');
  return async (iss: string, sub: string): Promise<string | undefined> => {
    const claims = { iss, sub, aud: 'api', iat: NOW, exp: NOW + 60 };
    const token = decodeToken(compactToken({ alg: 'HS256' }, claims, hs256));
    const client = findAudienceClient(tenant, token);
    try {
      return (await verifyIdToken(token, client, { tenant, remoteKeys, nowSeconds: NOW })).userId;
    } catch (error) {
      if (error instanceof DelegationError && error.code === 'INVALID_TOKEN') return undefined;
      throw error;
    }
  };
}

describe('the user id', () => {
  it('is sub where the tenant has one issuer, and its prefix and sub where it has several', async () => {
    const one = userIds(['']);
    expect(await one(issuerUrl(0), 'auth0|alice')).toBe('auth0|alice');
    const several = userIds(['', 'partner|', 'old:']);
    expect(await several(issuerUrl(0), 'alice')).toBe('alice');
    expect(await several(issuerUrl(1), 'alice')).toBe('partner|alice');
    expect(await several(issuerUrl(2), 'alice')).toBe('old:alice');
  });

  it("is refused to a sub that begins with another issuer's prefix, and to nobody else", async () => {
    const { ask, forge, claims } = await callerGateway((config) => void withIssuers(['', 'partner|'], config));
    const asked = (index: number, sub: string) =>
      ask(forge({ alg: 'HS256' }, claims({ iss: issuerUrl(index), aud: 'api', sub }), hs256));
    const taken = refusal('its subject (sub) begins with the subject prefix of another issuer');
    expect(await asked(0, 'partner|alice')).toBe(taken);
    expect(await asked(0, 'partner|')).toBe(taken);
    expect(await asked(0, 'partner')).toBe('accepted as partner');
    expect(await asked(0, 'Partner|alice')).toBe('accepted as Partner|alice');
    expect(await asked(1, 'alice')).toBe('accepted as partner|alice');
    expect(await asked(1, 'partner|alice')).toBe('accepted as partner|partner|alice');
  });

  it('stays what it is in the tokens that the tenant signs, the longest too', async () => {
    const prefix = 'p'.repeat(64);
    const { ask, forge, claims, delegate } = await callerGateway((config) => void withIssuers(['', prefix], config));
    const header = { alg: 'HS256' };
    const sub = 's'.repeat(255);
    const token = forge(header, claims({ iss: issuerUrl(1), aud: 'api', sub }), hs256);
    const renewed = await delegate({ apiType: 'APP' }, { token });
    const own = renewed.data.delegate.credential.token;
    expect(await ask(own)).toBe(`accepted as ${prefix}${sub}`);
    const longer = claims({ iss: TENANT_ISSUER, aud: 'api', sub: `${prefix}${sub}s` });
    expect(await ask(forge(header, longer, hs256))).toBe(
      refusal('its subject (sub) must be a string of 1 to 319 characters'),
    );
  });

  it('has one bucket, whether its token is renewed or not', async () => {
    const { graphql, delegate, forge, claims } = await callerGateway(
      (config) => void withIssuers(['', 'partner|'], config),
    );
    const token = forge({ alg: 'HS256' }, claims({ iss: issuerUrl(1), aud: 'api', sub: 'alice' }), hs256);
    const first = await delegate({ apiType: 'APP' }, { token });
    expect(first.data.delegate.rateLimit.remaining).toBe(9);
    const second = await delegate({ apiType: 'APP' }, { token: first.data.delegate.credential.token });
    expect(second.data.delegate.rateLimit.remaining).toBe(8);
    const viewer = await graphql('{ viewer { userId issuer rateLimit { remaining } } }', { token });
    expect(viewer.data.viewer).toEqual({ userId: 'partner|alice', issuer: issuerUrl(1), rateLimit: { remaining: 8 } });
  });

  it('is of one user of one issuer, whatever the prefixes and subjects are', async () => {
    const character = fc.constantFrom('a', 'b', '|', 'ä', '😀');
    const text = (max: number) => fc.array(character, { maxLength: max }).map((characters) => characters.join(''));
    const distinct = fc
      .uniqueArray(text(3), { minLength: 2, maxLength: 4 })
      .filter((prefixes) =>
        prefixes.every((each, index) =>
          prefixes.every((other, at) => at === index || other === '' || !each.startsWith(other)),
        ),
      );
    let given = 0;
    await fc.assert(
      fc.asyncProperty(distinct, fc.array(text(5), { minLength: 4, maxLength: 8 }), async (prefixes, subs) => {
        const resolveUserId = userIds(prefixes);
        const owners = new Map<string, string>();
        for (const index of prefixes.keys()) {
          // Subjects that look like the user ids of another issuer are what a collision would come from.
          for (const sub of new Set(subs.flatMap((sub) => [sub, ...prefixes.map((prefix) => prefix + sub)]))) {
            const userId = await resolveUserId(issuerUrl(index), sub);
            if (userId === undefined) continue;
            given += 1;
            const owner = JSON.stringify([index, sub]);
            expect(owners.get(userId) ?? owner).toBe(owner);
            owners.set(userId, owner);
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(given).toBeGreaterThan(500);
  });
});

describe('subject_prefix', () => {
  const fault = (prefixes: readonly (string | undefined)[]) => () => parseConfig(withIssuers(prefixes));

  it('has to keep the users of several issuers apart', () => {
    const at = (index: number) => new RegExp(`^tenants\\[0\\]\\.issuers\\[${index}\\]\\.subject_prefix: .*expected `);
    expect(fault(['', undefined])).toThrow(at(1));
    expect(fault(['', ''])).toThrow(at(1));
    expect(fault(['a|', 'a|'])).toThrow(at(1));
    expect(fault(['a', 'ab'])).toThrow(at(1));
    expect(fault(['ab', 'a'])).toThrow(at(0));
    expect(fault(['', 'a|', 'b|'])).not.toThrow();
    expect(fault([undefined])).not.toThrow();
    // In UTF-8 all lone surrogates are one character, and their users would be one user.
    expect(fault(['\ud83d', '\ud83e'])).toThrow('subject_prefix: a string; expected a prefix without lone surrogates');
  });
});
