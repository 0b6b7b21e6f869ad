import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';

const PAYLOAD = '{ credential { token } rateLimit { limit remaining reset resetAt retryAfter } }';
const ADDRESS_1 = { remoteAddress: '192.0.2.1' };
const ADDRESS_2 = { remoteAddress: '192.0.2.2' };

/** A gateway that lets many aliases and attempts through, so that only the bucket decides. */
function roomyGateway(change: Parameters<typeof testGateway>[0] = () => {}): Promise<TestGateway> {
  return testGateway((config) => {
    Object.assign(config, {
      rate_limit: { attempts_per_minute: 10_000 },
      graphql: { max_aliases: 1_000, max_tokens: 100_000 },
    });
    change(config);
  });
}

/** One operation that asks for as many delegations as there are inputs. */
function manyDelegations(inputs: readonly object[]) {
  const names = inputs.map((_, index) => `input${index}`);
  return {
    query: `mutation (${names.map((name) => `$${name}: DelegateInput!`)}) {
      ${names.map((name, index) => `d${index}: delegate(input: $${name}) ${PAYLOAD}`).join('\n')}
    }`,
    variables: Object.fromEntries(inputs.map((input, index) => [names[index], input])),
  };
}

/** One operation with the same delegation under many aliases. */
function aliases(count: number) {
  const fields = Array.from({ length: count }, (_, index) => `d${index}: delegate(input: $input) ${PAYLOAD}`);
  return {
    query: `mutation ($input: DelegateInput!) { ${fields.join('\n')} }`,
    variables: { input: { target: 'api' } },
  };
}

function granted({ data }: GraphqlAnswer): number {
  return Object.values(data ?? {}).filter((payload) => payload !== null).length;
}

function isRateLimited({ errors }: GraphqlAnswer): boolean {
  return errors?.[0].extensions.code === 'RATE_LIMITED';
}

function readRateLimitHeaders({ headers }: GraphqlAnswer) {
  return {
    limit: Number(headers.get('x-ratelimit-limit')),
    remaining: Number(headers.get('x-ratelimit-remaining')),
    reset: Number(headers.get('x-ratelimit-reset')),
  };
}

describe('the limit of a user', () => {
  let gateway: TestGateway;
  let alice: string;
  let bob: string;
  beforeEach(async () => {
    gateway = await roomyGateway();
    alice = await gateway.idToken({ sub: 'auth0|alice' });
    bob = await gateway.idToken({ sub: 'auth0|bob' });
  });
  const spend = (token: string, connection = ADDRESS_1) => gateway.delegate({ target: 'api' }, { token, connection });
  const remaining = async (token: string, connection = ADDRESS_1) => {
    const { data } = await gateway.graphql('{ viewer { rateLimit { remaining } } }', { token, connection });
    return data.viewer.rateLimit.remaining;
  };

  it('grants 10 of 200 aliases in one operation', async () => {
    const { query, variables } = aliases(200);
    const answer = await gateway.graphql(query, { variables, token: alice });
    expect(granted(answer)).toBe(10);
    expect(answer.errors).toHaveLength(190);
    expect(new Set(answer.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['RATE_LIMITED']));
  });

  it('grants 10 of 200 requests at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => spend(alice)));
    expect(answers.filter(({ data }) => data.delegate !== null)).toHaveLength(10);
    expect(answers.filter(isRateLimited)).toHaveLength(190);
  });

  it('grants exactly 10 to each of two users from each of two addresses, however they mix', async () => {
    const { query, variables } = aliases(25);
    const counts = new Map<string, number>();
    const owners = [alice, bob].flatMap((token) => [ADDRESS_1, ADDRESS_2].map((connection) => ({ token, connection })));
    const requests = Array.from({ length: 20 }, () => owners)
      .flat()
      .map(({ token, connection }, index) => async () => {
        const answer =
          index % 3 === 0
            ? await gateway.graphql(query, { variables, token, connection })
            : await spend(token, connection);
        const owner = `${token === alice ? 'alice' : 'bob'} ${connection.remoteAddress}`;
        counts.set(owner, (counts.get(owner) ?? 0) + granted(answer));
      });
    await Promise.all(requests.map((send) => send()));
    expect(Object.fromEntries(counts)).toEqual({
      'alice 192.0.2.1': 10,
      'alice 192.0.2.2': 10,
      'bob 192.0.2.1': 10,
      'bob 192.0.2.2': 10,
    });
  });

  it('says the same in the headers and in the typed fields, on success and on refusal', async () => {
    for (let request = 1; request <= 12; request++) {
      const answer = await spend(alice);
      const { resetAt, retryAfter, ...figures } =
        answer.data.delegate?.rateLimit ?? answer.errors![0].extensions.rateLimit ?? {};
      expect(figures).toEqual({
        limit: 10,
        remaining: Math.max(0, 10 - request),
        reset: gateway.clock.seconds() + 60 * Math.min(10, request),
      });
      expect(readRateLimitHeaders(answer)).toEqual(figures);
      expect(Date.parse(resetAt)).toBe(figures.reset * 1000);
      expect(retryAfter).toBe(request < 10 ? null : 60);
      expect(answer.headers.get('retry-after')).toBe(request > 10 ? '60' : null);
    }
    gateway.clock.advance(59_000);
    expect((await spend(alice)).headers.get('retry-after')).toBe('1');
    gateway.clock.advance(1_000);
    expect(granted(await spend(alice))).toBe(1);
  });

  it('answers 200 with an integer Retry-After when every delegation was refused', async () => {
    for (let request = 0; request < 10; request++) await spend(alice);
    const { query, variables } = aliases(3);
    const answer = await gateway.graphql(query, { variables, token: alice });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(readRateLimitHeaders(answer)).toEqual({ limit: 10, remaining: 0, reset: gateway.clock.seconds() + 600 });
    expect(answer.errors).toHaveLength(3);
    expect(answer.errors?.[0]).toMatchObject({
      message: 'The user has no delegation left; the next one is possible in 60 s',
      extensions: {
        code: 'RATE_LIMITED',
        retryAfter: 60,
        rateLimit: { limit: 10, remaining: 0, reset: gateway.clock.seconds() + 600, retryAfter: 60 },
      },
    });
  });

  it('answers 200 with Retry-After when some delegations succeeded, and says which were refused', async () => {
    for (let request = 0; request < 9; request++) await spend(alice);
    const { query, variables } = aliases(3);
    const answer = await gateway.graphql(query, { variables, token: alice });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(readRateLimitHeaders(answer).remaining).toBe(0);
    expect(answer.data.d0.rateLimit.remaining).toBe(0);
    expect(answer.data).toMatchObject({ d1: null, d2: null });
    expect(answer.errors?.map(({ path, extensions: { code, retryAfter } }) => ({ path, code, retryAfter }))).toEqual([
      { path: ['d1'], code: 'RATE_LIMITED', retryAfter: 60 },
      { path: ['d2'], code: 'RATE_LIMITED', retryAfter: 60 },
    ]);
    expect(answer.text).not.toContain('"http"');
  });

  it('shows the least remaining in the headers when one answer has several outcomes', async () => {
    for (let request = 0; request < 4; request++) await spend(bob);
    const both = [alice, bob].map((idToken) => ({ target: 'api', subjectToken: { idToken } }));
    for (const inputs of [both, both.toReversed()]) {
      const { query, variables } = manyDelegations(inputs);
      const answer = await gateway.graphql(query, { variables });
      const figures = [answer.data.d0.rateLimit, answer.data.d1.rateLimit];
      const { limit, remaining: least, reset } = figures.toSorted((a, b) => a.remaining - b.remaining)[0];
      expect(readRateLimitHeaders(answer)).toEqual({ limit, remaining: least, reset });
      expect(figures.map((each) => each.remaining).toSorted()).not.toEqual([least, least]);
    }
    // A refusal has least of all, wherever it stands among successes.
    while (granted(await spend(bob)) === 1);
    const { query, variables } = manyDelegations(both.toReversed());
    const answer = await gateway.graphql(query, { variables });
    expect([answer.status, granted(answer)]).toEqual([200, 1]);
    expect(readRateLimitHeaders(answer)).toMatchObject({ remaining: 0 });
  });

  it('is not touched by tokens that do not verify, nor by an unknown client', async () => {
    const forged = `${alice.slice(0, alice.lastIndexOf('.'))}.${randomBytes(256).toString('base64url')}`;
    for (let request = 0; request < 12; request++) {
      const answer = await spend(forged);
      expect(answer.status).toBe(200);
      expect(answer.errors?.[0]).toMatchObject({
        message: expect.stringMatching(/its signature is not valid$/),
        extensions: { code: 'INVALID_TOKEN' },
      });
      expect(answer.headers.get('x-ratelimit-remaining')).toBeNull();
    }
    const unknown = await gateway.delegate({ clientId: 'nobody', target: 'api' }, { token: alice });
    expect(unknown.errors?.[0]).toMatchObject({
      message: 'clientId names no application of this tenant',
      extensions: { code: 'UNAUTHORIZED_CLIENT' },
    });
    expect(await remaining(alice)).toBe(10);
  });

  it.each([
    [
      'a forbidden target',
      { target: 'private' },
      'UNAUTHORIZED_CLIENT',
      /not among the allowed_clients of the target$/,
    ],
    ['an unknown target', { target: 'nothing' }, 'INVALID_TARGET', /^target names no application/],
    [
      'an add-on that the target lacks',
      { target: 'api', apiType: 'FIREBASE' },
      'ADDON_NOT_CONFIGURED',
      /not configured for apiType FIREBASE$/,
    ],
    ['a scope that is none', { target: 'api', scope: ['"'] }, 'INVALID_SCOPE', /^scope must consist of scope values/],
  ])('is spent by %s, and the refusal carries its figures', async (_, input, code, message) => {
    const answer = await gateway.delegate(input, { token: alice });
    expect(answer.status).toBe(200);
    expect(answer.errors![0].extensions).toMatchObject({ code, rateLimit: { limit: 10, remaining: 9 } });
    expect(answer.errors?.[0].message).toMatch(message);
    expect(readRateLimitHeaders(answer)).toEqual({ limit: 10, remaining: 9, reset: gateway.clock.seconds() + 60 });
    expect(await remaining(alice)).toBe(9);
  });

  it('refuses before it authorizes, so that a user without requests learns nothing of targets', async () => {
    for (let request = 0; request < 10; request++) await spend(alice);
    const answer = await gateway.delegate({ target: 'nothing' }, { token: alice });
    expect(answer.errors?.[0]).toMatchObject({
      message: 'The user has no delegation left; the next one is possible in 60 s',
      extensions: { code: 'RATE_LIMITED' },
    });
  });

  it('is not spent by the viewer query, which says how much is left', async () => {
    await spend(alice);
    for (let request = 0; request < 20; request++) expect(await remaining(alice)).toBe(9);
  });

  it('is one for all addresses of an IPv6 /64, and another for the next', async () => {
    const from = (remoteAddress: string) => spend(alice, { remoteAddress });
    for (let host = 1; host <= 10; host++) expect(granted(await from(`2001:db8:0:1::${host}`))).toBe(1);
    expect(await from('2001:db8:0:1:ffff:ffff:ffff:ffff')).toSatisfy(isRateLimited);
    expect(readRateLimitHeaders(await from('2001:db8:0:2::1')).remaining).toBe(9);
    expect(readRateLimitHeaders(await from('::ffff:192.0.2.9')).remaining).toBe(9);
    expect(readRateLimitHeaders(await from('192.0.2.9')).remaining).toBe(8);
  });

  it('is never that of another user whose id looks like the key of a bucket', async () => {
    while (granted(await spend(alice)) === 1);
    for (const sub of [
      'auth0|alice","192.0.2.1',
      '","auth0|alice',
      '["acme","auth0|alice","192.0.2.1"]',
      'auth0|alice|192.0.2.1',
      'auth0|alice:192.0.2.1',
      'auth0|alice 192.0.2.1',
      '4 11 acme auth0|alice 192.0.2.1',
      'auth0|alice\u00a0',
      'auth0|alice\\',
      'auth0|Alice',
      'acme|auth0|alice',
      '__proto__',
    ]) {
      expect(readRateLimitHeaders(await spend(await gateway.idToken({ sub }))).remaining, sub).toBe(9);
    }
  });

  it.each([' ', '","'])('is one in each tenant, also where a tenant is called acme%salice', async (between) => {
    const [acme] = baseConfig().tenants;
    const two = await roomyGateway((config) => {
      config.tenants.push(
        Object.assign({}, acme, {
          name: `acme${between}auth0|alice`,
          issuer: 'https://other.example.com/',
          hosts: ['other.test'],
        }),
      );
    });
    const request = (host: string, token = alice) => two.delegate({ target: 'api' }, { token, headers: { host } });
    for (let count = 0; count < 3; count++) await request('gateway.test');
    expect(readRateLimitHeaders(await request('other.test')).remaining).toBe(9);
    expect(readRateLimitHeaders(await request('gateway.test')).remaining).toBe(6);
    // The tenant's name and the user id, joined, look alike.
    await request('gateway.test', await two.idToken({ sub: `auth0|alice${between}bob` }));
    expect(readRateLimitHeaders(await request('other.test', await two.idToken({ sub: 'bob' }))).remaining).toBe(9);
  });

  it('is 10 requests and one a minute unless the configuration says otherwise', async () => {
    const generous = await testGateway((config) => {
      config.rate_limit = { burst: 3, refill_per_minute: 60 };
    });
    const send = () => generous.delegate({ target: 'api' }, { token: alice });
    expect(readRateLimitHeaders(await send())).toEqual({ limit: 3, remaining: 2, reset: generous.clock.seconds() + 1 });
    await send();
    await send();
    expect((await send()).headers.get('retry-after')).toBe('1');
    generous.clock.advance(1_000);
    expect(readRateLimitHeaders(await send())).toMatchObject({ limit: 3, remaining: 0 });
  });

  it('outlives a reload that does not change it', async () => {
    await spend(alice);
    await spend(alice);
    await gateway.reload(parseConfig(baseConfig()));
    expect(readRateLimitHeaders(await spend(alice)).remaining).toBe(7);
  });
});

describe('the limit of a user over all addresses', () => {
  const VIEWER = '{ viewer { rateLimit { limit remaining reset retryAfter } } }';
  const address = (index: number) => ({ remoteAddress: `2001:db8:0:${index.toString(16)}::1` });

  async function limitedGateway(rateLimit: object) {
    const gateway = await roomyGateway((config) => Object.assign(config.rate_limit as object, rateLimit));
    const token = await gateway.idToken();
    const spend = (connection = ADDRESS_1, user = token) =>
      gateway.delegate({ target: 'api' }, { token: user, connection });
    const peek = async (connection = ADDRESS_1) =>
      (await gateway.graphql(VIEWER, { token, connection })).data.viewer.rateLimit;
    return { gateway, token, spend, peek };
  }

  it('is 60 requests and six a minute, from however many addresses', async () => {
    const { gateway, spend } = await limitedGateway({});
    const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => spend(address(index))));
    expect(answers.filter((answer) => granted(answer) === 1)).toHaveLength(60);
    expect(answers.filter(isRateLimited)).toHaveLength(240);
    expect(readRateLimitHeaders(answers[299]!)).toEqual({
      limit: 60,
      remaining: 0,
      reset: gateway.clock.seconds() + 600,
    });
    expect(answers[299]!.headers.get('retry-after')).toBe('10');
    gateway.clock.advance(60_000);
    const later = await Promise.all(Array.from({ length: 20 }, (_, index) => spend(address(300 + index))));
    expect(later.filter((answer) => granted(answer) === 1)).toHaveLength(6);
  });

  it('is another one for another user', async () => {
    const { gateway, spend } = await limitedGateway({ per_user: { burst: 2 } });
    for (let index = 0; index < 3; index++) await spend(address(index));
    expect(await spend(address(4))).toSatisfy(isRateLimited);
    expect(granted(await spend(address(4), await gateway.idToken({ sub: 'auth0|bob' })))).toBe(1);
  });

  it('loses nothing to a request that the bucket of the address refuses, nor the other way round', async () => {
    const { spend, peek } = await limitedGateway({ burst: 2, per_user: { burst: 3 } });
    for (let count = 0; count < 10; count++) await spend(ADDRESS_1);
    // Two were spent here; the eight that were refused took nothing of the three.
    expect(granted(await spend(ADDRESS_2))).toBe(1);
    for (let count = 0; count < 10; count++) expect(await spend(ADDRESS_2)).toSatisfy(isRateLimited);
    expect(await peek(ADDRESS_2)).toMatchObject({ limit: 3, remaining: 0 });
    expect(await peek(address(1))).toMatchObject({ limit: 3, remaining: 0 });
  });

  it('shows, in every place, the bucket with fewer requests remaining, and that of the address on a tie', async () => {
    const { gateway, spend, peek } = await limitedGateway({ burst: 4, per_user: { burst: 6 } });
    const shown: number[][] = [];
    const addresses = [ADDRESS_1, ADDRESS_1, ADDRESS_2, ADDRESS_2, ADDRESS_2, ADDRESS_2, ADDRESS_2];
    for (const connection of addresses) {
      const answer = await spend(connection);
      const { resetAt: _, ...status } = answer.data.delegate?.rateLimit ?? answer.errors![0].extensions.rateLimit;
      const { limit, remaining, reset } = status;
      shown.push([limit, remaining]);
      expect(readRateLimitHeaders(answer)).toEqual({ limit, remaining, reset });
      expect(await peek(connection)).toEqual(status);
    }
    expect(shown).toEqual([
      [4, 3],
      [4, 2],
      // A tie at three: the user has used three of six, and one of four here.
      [4, 3],
      // A tie at two.
      [4, 2],
      [4, 1],
      // A tie at none, where the bucket of the address waits longer.
      [4, 0],
      [4, 0],
    ]);
    expect(await peek(address(1))).toEqual({
      limit: 6,
      remaining: 0,
      reset: gateway.clock.seconds() + 60,
      retryAfter: 10,
    });
  });

  it('shows of two empty buckets the one that stays empty longer, so that Retry-After can be relied on', async () => {
    const { gateway, spend } = await limitedGateway({
      burst: 2,
      refill_per_minute: 60,
      per_user: { burst: 2, refill_per_minute: 1 },
    });
    await spend();
    await spend();
    const refused = await spend();
    expect(refused.headers.get('retry-after')).toBe('60');
    gateway.clock.advance(59_000);
    expect(await spend()).toSatisfy(isRateLimited);
    gateway.clock.advance(1_000);
    expect(granted(await spend())).toBe(1);
  });

  it('is none when it is false', async () => {
    const { spend } = await limitedGateway({ per_user: false });
    for (let index = 0; index < 100; index++) expect(granted(await spend(address(index)))).toBe(1);
  });

  it('keeps its buckets over a reload when both limits stay the same, and not when one changes', async () => {
    const { gateway, spend, peek } = await limitedGateway({ per_user: { burst: 3 } });
    const reload = (rateLimit: object) =>
      gateway.reload(parseConfig({ ...baseConfig(), rate_limit: { attempts_per_minute: 100, ...rateLimit } }));
    await spend();
    await reload({ per_user: { burst: 3 } });
    expect(await peek()).toMatchObject({ limit: 3, remaining: 2 });
    await reload({ per_user: { burst: 4 } });
    expect(await peek()).toMatchObject({ limit: 4, remaining: 4 });
    await spend();
    await reload({ per_user: { burst: 4, refill_per_minute: 7 } });
    expect(await peek()).toMatchObject({ limit: 4, remaining: 4 });
    await spend();
    await reload({ per_user: false });
    expect(await peek()).toMatchObject({ limit: 10, remaining: 10 });
  });
});
