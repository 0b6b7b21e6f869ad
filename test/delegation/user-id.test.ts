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

/** A configuration with one HS256 issuer for each prefix. */
function withIssuers(prefixes: readonly (string | undefined)[], config: ConfigDocument = callerConfig()) {
  const issuers = prefixes.map((subject_prefix, index) => ({
    issuer: issuerUrl(index),
    algorithms: ['HS256'],
    ...(subject_prefix !== undefined && { subject_prefix }),
  }));
  Object.assign(config.tenants[0] as object, { issuers });
  for (const client of config.tenants[0]?.clients ?? []) {
    Object.assign(client, { issuers: issuers.map(({ issuer }) => issuer) });
  }
  return config;
}

/** None of these issuers has a `jwks_uri`. */
const remoteKeys = () => ({ find: () => [] });

/** Resolves the user id of a subject of an issuer; undefined when the tenant refuses it. */
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
  it('is sub when the tenant has one issuer, and the subject prefix and sub when it has several', async () => {
    const one = userIds(['']);
    expect(await one(issuerUrl(0), 'auth0|alice')).toBe('auth0|alice');
    const several = userIds(['', 'partner|', 'old:']);
    expect(await several(issuerUrl(0), 'alice')).toBe('alice');
    expect(await several(issuerUrl(1), 'alice')).toBe('partner|alice');
    expect(await several(issuerUrl(2), 'alice')).toBe('old:alice');
  });

  it("is refused only for a sub that begins with another issuer's prefix", async () => {
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

  it('is the same in a token that the tenant signs, also the longest', async () => {
    const prefix = 'p'.repeat(64);
    const { ask, forge, claims, delegate } = await callerGateway((config) => void withIssuers(['', prefix], config));
    const header = { alg: 'HS256' };
    const sub = 's'.repeat(255);
    const token = forge(header, claims({ iss: issuerUrl(1), aud: 'api', sub }), hs256);
    const renewed = await delegate({ apiType: 'APP' }, { token });
    const own = renewed.data.delegate.credential.token;
    expect(await ask(own)).toBe(`accepted as ${prefix}${sub}`);
    const { iat, exp } = claims();
    const origin = { idp: issuerUrl(1), chain_iat: iat, chain_exp: exp };
    const longer = claims({ iss: TENANT_ISSUER, aud: 'api', sub: `${prefix}${sub}s`, ...origin });
    expect(await ask(forge(header, longer, hs256))).toBe(
      refusal('its subject (sub) must be a string of 1 to 319 characters'),
    );
  });

  it('has the same bucket with the original and with the renewed token', async () => {
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

  it('is different for each subject of each issuer, with any prefixes and subjects', async () => {
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
          // A collision would need a subject that looks like the user id of another issuer.
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
  const parsing = (prefixes: readonly (string | undefined)[]) => () => parseConfig(withIssuers(prefixes));

  it('must distinguish the users of several issuers', () => {
    const at = (index: number) => new RegExp(`^tenants\\[0\\]\\.issuers\\[${index}\\]\\.subject_prefix: .*expected `);
    expect(parsing(['', undefined])).toThrow(at(1));
    expect(parsing(['', ''])).toThrow(at(1));
    expect(parsing(['a|', 'a|'])).toThrow(at(1));
    expect(parsing(['a', 'ab'])).toThrow(at(1));
    expect(parsing(['ab', 'a'])).toThrow(at(0));
    expect(parsing(['', 'a|', 'b|'])).not.toThrow();
    expect(parsing([undefined])).not.toThrow();
    // UTF-8 encodes every lone surrogate as the same character, so two users would become one.
    expect(parsing(['\ud83d', '\ud83e'])).toThrow(
      'subject_prefix: a string; expected a prefix without lone surrogates',
    );
  });
});
