import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  APP_SECRET,
  type ConfigDocument,
  ISSUER,
  TENANT_ISSUER,
  type TestGateway,
  testGateway,
} from '../support/gateway.js';
import { compactToken, signers } from '../support/identity-provider.js';

const DAY = 86_400;
type ClientFields = Record<string, unknown> & { readonly client_id: string };

/** A gateway with these RS256 clients in place of the usual ones; the tenant allows long chains unless it says otherwise. */
function chainGateway(clients: readonly ClientFields[], delegation: object = {}): Promise<TestGateway> {
  return testGateway((config: ConfigDocument) => {
    const [tenant] = config.tenants;
    Object.assign(tenant!, { clients, delegation: { enabled: true, ...delegation } });
    Object.assign(config, { rate_limit: { burst: 1_000 } });
  });
}

const open = (client_id: string, more: object = {}) => ({ client_id, allowed_clients: ['*'], ...more });

interface Hop {
  readonly token: string;
  readonly claims: Record<string, unknown>;
}

/** Delegates and returns the app token, or the code and the message of the refusal. */
async function hop(gateway: TestGateway, token: string, input: object): Promise<Hop | string> {
  const { data, errors } = await gateway.delegate({ apiType: 'APP', ...input }, { token });
  if (errors) return `${errors[0].extensions.code}: ${errors[0].message}`;
  const issued = data.delegate.credential.token;
  return { token: issued, claims: decodeJwt(issued) };
}

async function issued(gateway: TestGateway, token: string, input: object): Promise<Hop> {
  const result = await hop(gateway, token, input);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe('an app token says where it comes from', () => {
  it('with the identity provider, the times of its token, how the user signed in, and who delegated', async () => {
    const gateway = await chainGateway([open('web'), open('api'), open('vault')]);
    const now = gateway.clock.seconds();
    const signIn = { auth_time: now - 604_800, acr: 'urn:mfa', amr: ['pwd', 'otp'] };
    const idToken = await gateway.idToken(signIn);
    const origin = { idp: ISSUER, chain_iat: now, chain_exp: now + DAY, ...signIn };
    const first = await issued(gateway, idToken, { target: 'api' });
    expect(first.claims).toMatchObject({ ...origin, azp: 'web', aud: 'api', act: { sub: 'web' } });
    gateway.clock.advance(60_000);
    const second = await issued(gateway, first.token, { target: 'vault' });
    expect(second.claims).toMatchObject({ ...origin, azp: 'api', aud: 'vault', iat: now + 60 });
    expect(second.claims.act).toEqual({ sub: 'api', act: { sub: 'web' } });
  });

  it('with none of the claims that its identity provider did not send', async () => {
    const gateway = await chainGateway([open('web'), open('api')]);
    const { claims } = await issued(gateway, await gateway.idToken(), { target: 'api' });
    for (const name of ['auth_time', 'acr', 'amr']) expect(claims).not.toHaveProperty(name);
  });

  it('with a chain_exp that is the later of the end of the first token and the configured age', async () => {
    const gateway = await chainGateway([open('web'), open('api')], { max_chain_age_in_seconds: 600 });
    const now = gateway.clock.seconds();
    const chainExp = async (claims: object) =>
      (await issued(gateway, await gateway.idToken({ ...claims }), { target: 'api' })).claims.chain_exp;
    expect(await chainExp({ exp: now + 60 })).toBe(now + 600);
    expect(await chainExp({ exp: now + 7_200 })).toBe(now + 7_200);
  });
});

describe('a chain ends', () => {
  it('at chain_exp, however often it is renewed, and no app token is valid after it', async () => {
    const lifetime = { jwt_configuration: { lifetime_in_seconds: 36_000 } };
    const gateway = await chainGateway([open('web', lifetime), open('api', lifetime)]);
    const end = gateway.clock.seconds() + DAY;
    let { token } = await issued(gateway, await gateway.idToken({ exp: gateway.clock.seconds() + 2 }), {
      target: 'web',
    });
    for (let renewals = 0; renewals < 3; renewals++) {
      gateway.clock.advance(28_000_000);
      const renewed = await issued(gateway, token, {});
      expect(renewed.claims.exp).toBe(Math.min(gateway.clock.seconds() + 36_000, end));
      token = renewed.token;
    }
    gateway.clock.advance((end - gateway.clock.seconds() - 1) * 1000);
    const last = await issued(gateway, token, {});
    expect([last.claims.iat, last.claims.exp]).toEqual([end - 1, end]);
    gateway.clock.advance(1000);
    for (const each of [token, last.token]) {
      expect(await hop(gateway, each, {})).toBe(
        'INVALID_TOKEN: The subject token does not verify: its chain has expired (chain_exp)',
      );
    }
  });
});

describe('the depth of a chain', () => {
  const clients = ['a', 'b', 'c', 'd', 'e'].map((id) => open(id));

  it('is 3 applications before the target, and counts an add-on of the caller itself', async () => {
    const gateway = await chainGateway([
      ...clients,
      open('web'),
      open('fire', { addons: { firebase: { secret: 'a-secret-of-firebase' } } }),
    ]);
    let hopped = await issued(gateway, await gateway.idToken(), { target: 'a' });
    hopped = await issued(gateway, hopped.token, { target: 'b' });
    hopped = await issued(gateway, hopped.token, { target: 'fire' });
    expect(hopped.claims.act).toEqual({ sub: 'b', act: { sub: 'a', act: { sub: 'web' } } });
    const refused = 'UNAUTHORIZED_CLIENT: The token was delegated by as many applications as the tenant allows (3)';
    expect(await hop(gateway, hopped.token, { target: 'd' })).toBe(refused);
    expect(await hop(gateway, hopped.token, { target: 'fire', apiType: 'FIREBASE' })).toBe(refused);
    expect(await hop(gateway, hopped.token, { target: 'unknown' })).toBe(refused);
    // A renewal adds no application, however long the chain is.
    const renewed = await issued(gateway, hopped.token, {});
    expect([renewed.claims.act, renewed.claims.azp]).toEqual([hopped.claims.act, 'fire']);
  });

  it('leaves only the calling application among the targets of viewer when no other one can follow', async () => {
    const gateway = await chainGateway([open('web'), open('api'), open('vault')], { max_chain_depth: 1 });
    const idToken = await gateway.idToken();
    const { token } = await issued(gateway, idToken, { target: 'api' });
    const listTargets = async (token: string) => {
      const { data } = await gateway.graphql('{ viewer { targets { clientId } } }', { token });
      return data.viewer.targets.map(({ clientId }: { readonly clientId: string }) => clientId);
    };
    expect(await listTargets(idToken)).toEqual(['web', 'api', 'vault']);
    expect(await listTargets(token)).toEqual(['api']);
  });

  it('does not count the outermost application again', async () => {
    const gateway = await chainGateway([...clients, open('web')], { max_chain_depth: 1 });
    // A token of several audiences is not renewed: the new one has fewer.
    const wide = await gateway.idToken({ aud: ['web', 'https://api.example.com/'], azp: 'web' });
    const narrow = await issued(gateway, wide, { target: 'web' });
    expect(narrow.claims.act).toEqual({ sub: 'web' });
    expect((await issued(gateway, narrow.token, { target: 'a' })).claims.act).toEqual({ sub: 'web' });

    const first = await issued(gateway, await gateway.idToken(), { target: 'web' });
    expect(first.claims).not.toHaveProperty('act');
    for (const target of ['a', 'b']) {
      const { claims } = await issued(gateway, first.token, { target });
      expect(claims.act).toEqual({ sub: 'web' });
    }
    const onward = await issued(gateway, first.token, { target: 'a' });
    expect(await hop(gateway, onward.token, { target: 'b' })).toMatch(/^UNAUTHORIZED_CLIENT: /);
  });
});

describe('allowed_clients', () => {
  it('hold for every application that the token passed through', async () => {
    const gateway = await chainGateway([
      open('web'),
      { client_id: 'api', allowed_clients: ['web'] },
      { client_id: 'vault', allowed_clients: ['api'] },
      { client_id: 'shared', allowed_clients: ['api', 'web'] },
    ]);
    const idToken = await gateway.idToken();
    expect(await hop(gateway, idToken, { target: 'vault' })).toMatch(
      /^UNAUTHORIZED_CLIENT: The calling application is/,
    );
    const api = await issued(gateway, idToken, { target: 'api' });
    expect(await hop(gateway, api.token, { clientId: 'api', target: 'vault' })).toBe(
      'UNAUTHORIZED_CLIENT: An application that delegated the token before is not among the allowed_clients of the target',
    );
    expect((await issued(gateway, api.token, { target: 'shared' })).claims.aud).toBe('shared');
    const viewer = await gateway.graphql('{ viewer { targets { clientId } } }', { token: api.token });
    expect(viewer.data.viewer.targets).toEqual([{ clientId: 'web' }, { clientId: 'api' }, { clientId: 'shared' }]);
  });

  it('hold for the calling application alone where it authenticated', async () => {
    const gateway = await chainGateway([
      open('web'),
      { client_id: 'api', client_secret: APP_SECRET, allowed_clients: ['web'] },
      { client_id: 'vault', allowed_clients: ['api'] },
      { client_id: 'closed', allowed_clients: ['web'] },
    ]);
    const { token } = await issued(gateway, await gateway.idToken(), { target: 'api' });
    const authenticated = { clientId: 'api', clientAuthentication: { secret: APP_SECRET } };
    expect(await hop(gateway, token, { target: 'vault' })).toMatch(/^UNAUTHORIZED_CLIENT: /);
    const { claims } = await issued(gateway, token, { ...authenticated, target: 'vault' });
    expect(claims).toMatchObject({ aud: 'vault', azp: 'api', act: { sub: 'api', act: { sub: 'web' } } });
    expect(await hop(gateway, token, { ...authenticated, target: 'closed' })).toMatch(/^UNAUTHORIZED_CLIENT: /);
  });
});

describe('an HS256 token of the tenant', () => {
  const forge = (gateway: TestGateway) => {
    const now = gateway.clock.seconds();
    const claims = { iss: TENANT_ISSUER, sub: 'ceo', aud: 'api', azp: 'web', iat: now, exp: now + 1_000_000_000 };
    const origin = { idp: ISSUER, chain_iat: now, chain_exp: now + 1_000_000_000 };
    return compactToken({ alg: 'HS256' }, { ...claims, ...origin }, signers.HS256(APP_SECRET));
  };
  const gatewayWith = (api: object) =>
    testGateway((config) => {
      Object.assign(config.tenants[0]!.clients[1]!, api);
      Object.assign(config.tenants[0]!.clients[3]!, { allowed_clients: ['*'] });
    });

  it('renews itself and does nothing else: anybody with the secret of the client could have made it', async () => {
    const gateway = await gatewayWith({});
    const token = forge(gateway);
    expect(await hop(gateway, token, { target: 'private' })).toBe(
      'UNAUTHORIZED_CLIENT: An HS256 token of the tenant can only be renewed, unless the calling application has hs256_delegation',
    );
    const renewed = await issued(gateway, token, {});
    expect(renewed.claims).toMatchObject({ aud: 'api', exp: gateway.clock.seconds() + 3600 });
    const viewer = await gateway.graphql('{ viewer { targets { clientId } } }', { token });
    expect(viewer.data.viewer.targets).toEqual([{ clientId: 'api' }]);
  });

  it('delegates where the client has hs256_delegation', async () => {
    const gateway = await gatewayWith({ hs256_delegation: true });
    expect((await issued(gateway, forge(gateway), { target: 'private' })).claims.aud).toBe('private');
  });
});

describe('claims', () => {
  const clients = [
    open('web', { claims: { banned: 'app_metadata.banned' } }),
    open('api', { claims: { role: 'app_metadata.role' } }),
    open('strict', { claims: { role: { path: 'app_metadata.role', required: true } } }),
    open('fire', { addons: { firebase: { secret: 'a-secret-of-firebase', data_claim: 'firebase_data' } } }),
  ];
  const user = { app_metadata: { role: 'editor', banned: true }, firebase_data: { uid: 'fb-1', banned: true } };

  it('of a map are carried over by a renewal under their own names', async () => {
    const gateway = await chainGateway(clients);
    const first = await issued(gateway, await gateway.idToken(user), {});
    expect(first.claims.banned).toBe(true);
    const renewed = await issued(gateway, first.token, {});
    expect(renewed.claims.banned).toBe(true);
    const without = await issued(gateway, await gateway.idToken(), {});
    expect((await issued(gateway, without.token, {})).claims).not.toHaveProperty('banned');
  });

  it('that a map requires must be in the token of an identity provider too', async () => {
    const gateway = await chainGateway(clients);
    expect((await issued(gateway, await gateway.idToken(user), { target: 'strict' })).claims.role).toBe('editor');
    expect(await hop(gateway, await gateway.idToken(), { target: 'strict' })).toBe(
      'INVALID_REQUEST: The claim "app_metadata.role" must be in the token: the configuration of the target reads it',
    );
    expect((await issued(gateway, await gateway.idToken(), { target: 'api' })).claims).not.toHaveProperty('role');
  });
});

describe('the rules of its identity provider hold for the whole chain', () => {
  const PARTNER = 'https://partner.example.com/';
  const twoIssuers =
    (more: { readonly issuer?: object; readonly api?: object; readonly fire?: object } = {}) =>
    (config: ConfigDocument) => {
      const [tenant] = config.tenants;
      const [first] = tenant!.issuers;
      Object.assign(tenant!, {
        issuers: [
          { ...first, subject_prefix: '', ...more.issuer },
          { ...first, issuer: PARTNER, subject_prefix: 'partner|' },
        ],
        clients: [
          open('web', { issuers: [ISSUER, PARTNER] }),
          open('api', {
            issuers: [ISSUER, PARTNER],
            claims: { email: 'email', email_verified: 'email_verified' },
            ...more.api,
          }),
          open('fire', {
            issuers: [ISSUER],
            addons: { firebase: { secret: 'a-secret-of-firebase', uid: 'email' } },
            ...more.fire,
          }),
        ],
      });
    };
  const ALICE = { email: 'alice@example.com', email_verified: true };

  it('tokens_valid_after of an identity provider ends the chains that began before it', async () => {
    const before = await testGateway(twoIssuers());
    const { token } = await issued(before, await before.idToken(ALICE), { target: 'api' });
    const cutOff = (time: string) => testGateway(twoIssuers({ issuer: { tokens_valid_after: time } }));
    expect((await issued(await cutOff('2026-01-01T00:00:00Z'), token, {})).claims.aud).toBe('api');
    expect(await hop(await cutOff('2026-01-01T00:00:01Z'), token, {})).toBe(
      'INVALID_TOKEN: The subject token does not verify: its chain began (chain_iat) before tokens_valid_after of its identity provider',
    );
  });
});
