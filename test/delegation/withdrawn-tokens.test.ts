import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type CallerGateway, callerConfig, callerGateway, IDP_JWKS, refusal } from '../support/caller.js';
import { type ConfigDocument, ISSUER } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';

const PARTNER = 'https://partner.example.com/';
const ALICE = 'accepted as auth0|alice';
const byTenant = refusal('it was issued before tokens_valid_after of the tenant');
const byIssuer = refusal('it was issued before tokens_valid_after of its issuer');
const denied = refusal('its user is among the denied_subjects of the tenant');

type Change = (config: ConfigDocument) => void;
const withTenant = (fields: object): Change => {
  return (config) => void Object.assign(config.tenants[0] as object, fields);
};
const withIssuer = (fields: object): Change => {
  return (config) => void Object.assign(config.tenants[0]?.issuers[0] as object, fields);
};

/** Reloads a gateway with the usual configuration, changed. */
async function reload(gateway: CallerGateway, ...changes: readonly Change[]): Promise<void> {
  const config = callerConfig();
  for (const change of changes) change(config);
  await gateway.reload(parseConfig(config));
}

/** A token of the identity provider, and one that the tenant signed for the same user and application. */
async function issueBoth(gateway: CallerGateway) {
  const idToken = gateway.token();
  const renewed = await gateway.delegate({ apiType: 'APP', subjectToken: { idToken } });
  return { idToken, appToken: renewed.data.delegate.credential.token as string };
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('tokens_valid_after, taken by a reload,', () => {
  it('of the tenant refuses what the tenant signed before it, and nothing else', async () => {
    const gateway = await callerGateway();
    const { idToken, appToken } = await issueBoth(gateway);
    const issuedAt = gateway.clock.seconds();
    gateway.clock.advance(60_000);
    expect(await gateway.ask(appToken)).toBe(ALICE);
    await reload(gateway, withTenant({ tokens_valid_after: iso(issuedAt + 1) }));
    expect(await gateway.ask(appToken)).toBe(byTenant);
    expect(await gateway.ask(idToken)).toBe(ALICE);
    const { appToken: later } = await issueBoth(gateway);
    expect(await gateway.ask(later)).toBe(ALICE);
    await reload(gateway);
    expect(await gateway.ask(appToken)).toBe(ALICE);
  });

  it('of an issuer refuses the tokens that it issued before it and the chains that began before it, and nothing else', async () => {
    const gateway = await callerGateway();
    const { idToken, appToken } = await issueBoth(gateway);
    gateway.clock.advance(60_000);
    await reload(gateway, withIssuer({ tokens_valid_after: iso(gateway.clock.seconds()) }));
    expect(await gateway.ask(idToken)).toBe(byIssuer);
    expect(await gateway.ask(appToken)).toMatch(/^INVALID_TOKEN: .* its chain began \(chain_iat\) before/);
    expect(await gateway.ask(gateway.token())).toBe(ALICE);
    const viewer = await gateway.graphql('{ viewer { userId } }', { token: idToken });
    expect(viewer.errors).toMatchObject([{ extensions: { code: 'INVALID_TOKEN' } }]);
    const legacy = await postForm(gateway, { client_id: 'web', id_token: idToken });
    expect([legacy.status, legacy.body.error]).toEqual([401, 'invalid_token']);
  });

  it('of one issuer does not concern another one', async () => {
    const partner: Change = (config) => {
      const [tenant] = config.tenants;
      Object.assign(tenant?.issuers[0] as object, { subject_prefix: '' });
      tenant?.issuers.push({ issuer: PARTNER, subject_prefix: 'partner|', jwks: IDP_JWKS } as never);
      for (const client of tenant?.clients ?? []) Object.assign(client, { issuers: [ISSUER, PARTNER] });
    };
    const gateway = await callerGateway(partner);
    const [first, second] = [gateway.token(), gateway.token({ iss: PARTNER })];
    gateway.clock.advance(60_000);
    await reload(gateway, partner, withIssuer({ tokens_valid_after: iso(gateway.clock.seconds()) }));
    expect(await gateway.ask(first)).toBe(byIssuer);
    expect(await gateway.ask(second)).toBe('accepted as partner|auth0|alice');
  });

  it.each([
    [0, '2026-01-01T00:00:00Z', ALICE],
    [-1, '2026-01-01T00:00:00Z', byIssuer],
    [-0.5, '2026-01-01T00:00:00Z', byIssuer],
    [0, '2026-01-01T00:00:00.500Z', byIssuer],
    [1, '2026-01-01T00:00:00.500Z', ALICE],
    [0, '2026-01-01T01:00:00+01:00', ALICE],
    [-1, '2026-01-01T01:00:00+01:00', byIssuer],
    [0, '2025-12-31T20:30:00-03:30', ALICE],
    [0, '2026-01-01T00:00:00-01:00', byIssuer],
  ])('compares iat (%d s from 2026) in seconds with %s, without leeway', async (offset, time, expected) => {
    const gateway = await callerGateway(withIssuer({ tokens_valid_after: time }));
    expect(await gateway.ask(gateway.token({ iat: gateway.clock.seconds() + offset }))).toBe(expected);
  });

  it.each(['2026-01-01', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z', '2026-01-01 00:00:00Z', 'now', '', 1767225600])(
    'is a time with a zone: not %j',
    (tokens_valid_after) => {
      const expected =
        /tokens_valid_after: .*expected (a string|an ISO 8601 time with a zone, such as 2026-01-01T00:00:00Z)$/;
      for (const change of [withTenant({ tokens_valid_after }), withIssuer({ tokens_valid_after })]) {
        const config = callerConfig();
        change(config);
        expect(() => parseConfig(config)).toThrow(expected);
      }
    },
  );
});

describe('denied_subjects, taken by a reload,', () => {
  it('refuse a user by the user id, also in a token that the tenant signed', async () => {
    const gateway = await callerGateway();
    const { idToken, appToken } = await issueBoth(gateway);
    await reload(gateway, withTenant({ denied_subjects: ['auth0|mallory', 'auth0|alice'] }));
    expect(await gateway.ask(idToken)).toBe(denied);
    expect(await gateway.ask(appToken)).toBe(denied);
    expect(await gateway.ask(gateway.token({ sub: 'auth0|bob' }))).toBe('accepted as auth0|bob');
    await reload(gateway);
    expect(await gateway.ask(idToken)).toBe(ALICE);
  });

  it('are user ids, with the prefix of the issuer', async () => {
    const prefixed = withIssuer({ subject_prefix: 'corp|' });
    const gateway = await callerGateway(prefixed);
    const { idToken, appToken } = await issueBoth(gateway);
    await reload(gateway, prefixed, withTenant({ denied_subjects: ['auth0|alice'] }));
    expect(await gateway.ask(idToken)).toBe('accepted as corp|auth0|alice');
    await reload(gateway, prefixed, withTenant({ denied_subjects: ['corp|auth0|alice'] }));
    expect(await gateway.ask(idToken)).toBe(denied);
    expect(await gateway.ask(appToken)).toBe(denied);
  });

  it('spend nothing of the limit of the user', async () => {
    const gateway = await callerGateway();
    await reload(gateway, withTenant({ denied_subjects: ['auth0|alice'] }));
    const subjectToken = { idToken: gateway.token() };
    for (let call = 0; call < 20; call++) {
      const { errors, headers } = await gateway.delegate({ subjectToken });
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_TOKEN' } }]);
      expect(headers.get('x-ratelimit-remaining')).toBeNull();
    }
  });
});
