import { describe, expect, it } from 'vitest';
import { testGateway } from '../../support/gateway.js';

const VIEWER = /* GraphQL */ `
  query Viewer {
    viewer {
      id
      userId
      issuer
      client {
        clientId
        name
      }
      targets {
        clientId
        name
        apiTypes
      }
      rateLimit {
        limit
        remaining
        reset
        resetAt
        retryAfter
      }
    }
  }
`;

describe('viewer', () => {
  it('returns the user of the token, and the targets and api types that the policy allows', async () => {
    const gateway = await testGateway();
    const { status, data } = await gateway.graphql(VIEWER, { token: await gateway.idToken() });
    expect(status).toBe(200);
    expect(data.viewer).toMatchObject({
      userId: 'auth0|alice',
      issuer: 'https://login.example.com/',
      client: { clientId: 'web', name: 'Web app' },
      targets: [
        { clientId: 'web', name: 'Web app', apiTypes: ['APP'] },
        { clientId: 'api', name: 'API', apiTypes: ['APP'] },
        { clientId: 'chat', name: 'Chat', apiTypes: ['APP', 'FIREBASE'] },
      ],
    });
  });

  it('lists exactly the targets and api types that delegate grants', async () => {
    const gateway = await testGateway((config) => {
      config.rate_limit = { burst: 100, per_user: false };
    });
    const token = await gateway.idToken();
    const { data } = await gateway.graphql(VIEWER, { token });
    const allowed = new Set<string>();
    for (const { clientId, apiTypes } of data.viewer.targets) {
      for (const apiType of apiTypes) allowed.add(`${clientId} ${apiType}`);
    }
    for (const target of ['web', 'api', 'chat', 'private']) {
      for (const apiType of ['APP', 'FIREBASE']) {
        const answer = await gateway.delegate({ target, apiType }, { token });
        expect(answer.errors === undefined, `${target} ${apiType}`).toBe(allowed.has(`${target} ${apiType}`));
      }
    }
  });

  it('lists no targets when the grant types of the application lack delegation', async () => {
    const gateway = await testGateway((config) => {
      Object.assign(config.tenants[0]!.clients[0]!, { grant_types: ['authorization_code'] });
    });
    const { data } = await gateway.graphql(VIEWER, { token: await gateway.idToken() });
    expect(data.viewer.targets).toEqual([]);
  });

  it('returns the user id with the prefix of the issuer', async () => {
    const gateway = await testGateway((config) => {
      const [first] = config.tenants[0]!.issuers;
      Object.assign(first!, { subject_prefix: 'main:' });
      config.tenants[0]!.issuers.push({
        ...first!,
        issuer: 'https://other.example.com/',
        subject_prefix: 'x:',
      } as never);
      for (const client of config.tenants[0]!.clients) Object.assign(client, { issuers: [first!.issuer] });
    });
    const { data } = await gateway.graphql(VIEWER, { token: await gateway.idToken() });
    expect(data.viewer.userId).toBe('main:auth0|alice');
  });

  it('returns the rate-limit status without taking a request', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const untouched = { limit: 10, remaining: 10, reset: gateway.clock.seconds(), retryAfter: null };
    for (let query = 0; query < 3; query++) {
      const { data, headers } = await gateway.graphql(VIEWER, { token });
      expect(data.viewer.rateLimit).toMatchObject(untouched);
      expect(headers.get('x-ratelimit-remaining')).toBeNull();
    }
    const spent = await gateway.delegate({}, { token });
    const after = await gateway.graphql(VIEWER, { token });
    expect(after.data.viewer.rateLimit).toEqual(spent.data.delegate.rateLimit);
    for (let call = 0; call < 9; call++) await gateway.delegate({}, { token });
    const empty = await gateway.graphql(VIEWER, { token });
    expect(empty.data.viewer.rateLimit).toMatchObject({ remaining: 0, retryAfter: 60 });
  });

  it('has an id that is the same in the payload of a delegation, by whichever token, and of this user and tenant alone', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    const { viewer } = (await gateway.graphql(VIEWER, { token })).data;
    const { delegate } = (
      await gateway.graphql(
        'mutation { delegate(input: { target: "web" }) { credential { token } rateLimit { remaining } viewer { id userId client { clientId } targets { clientId name apiTypes } rateLimit { remaining } } } }',
        { token },
      )
    ).data;
    const { id, userId, targets } = viewer;
    expect(delegate.viewer).toEqual({
      id,
      userId,
      client: { clientId: 'web' },
      targets,
      rateLimit: delegate.rateLimit,
    });
    const ask = async (by: string, from = gateway) => (await from.graphql(VIEWER, { token: by })).data.viewer.id;
    expect(await ask(delegate.credential.token)).toBe(id);
    expect(await ask(await gateway.idToken({ sub: 'auth0|bob' }))).not.toBe(id);
    const other = await testGateway(({ tenants }) =>
      Object.assign(tenants[0]!, { issuer: 'https://other.example.com/' }),
    );
    expect(await ask(await other.idToken(), other)).not.toBe(id);
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(id, 'base64url').toString('latin1')).not.toMatch(/alice|acme/);
  });

  it('is counted by the attempt guard, together with delegate', async () => {
    const gateway = await testGateway((config) => {
      config.rate_limit = { attempts_per_minute: 2 };
    });
    const token = await gateway.idToken();
    await gateway.graphql(VIEWER, { token });
    await gateway.delegate({}, { token });
    const refused = await gateway.graphql(VIEWER, { token });
    expect([refused.status, refused.errors?.[0].extensions.code]).toEqual([429, 'RATE_LIMITED']);
  });

  it.each([
    ['no token', undefined, 'INVALID_TOKEN', 'There is no Authorization: Bearer header'],
    ['a token that does not verify', 'no.token.at-all', 'INVALID_TOKEN', 'The subject token does not verify: '],
  ])('refuses %s', async (_name, token, code, message) => {
    const gateway = await testGateway();
    const answer = await gateway.graphql(VIEWER, token === undefined ? {} : { token });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ viewer: null });
    expect(answer.errors?.[0].extensions.code).toBe(code);
    expect(answer.errors?.[0].message).toContain(message);
    expect(answer.headers.get('www-authenticate')).toBe(
      token === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
    );
  });

  it('refuses a token of an unknown application, and every token in a tenant without delegation', async () => {
    const gateway = await testGateway();
    const foreign = await gateway.graphql(VIEWER, { token: await gateway.idToken({ aud: 'elsewhere' }) });
    expect([foreign.status, foreign.errors?.[0].extensions.code]).toEqual([200, 'UNAUTHORIZED_CLIENT']);
    const off = await testGateway((config) => {
      config.tenants[0]!.delegation.enabled = false;
    });
    const disabled = await off.graphql(VIEWER, { token: await off.idToken() });
    expect([disabled.status, disabled.errors?.[0].extensions.code]).toEqual([200, 'DELEGATION_DISABLED']);
  });
});
