import { describe, expect, it } from 'vitest';
import { type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';

const VIEWER = '{ viewer { userId } }';
const ADDRESS_2 = { remoteAddress: '192.0.2.2' };

async function guardedGateway(attempts: number): Promise<TestGateway> {
  return testGateway((config) => {
    Object.assign(config, {
      rate_limit: { attempts_per_minute: attempts },
      graphql: { max_aliases: 1_000, max_tokens: 100_000 },
    });
  });
}

function aliases(count: number, field = 'delegate(input: { target: "api" }) { refreshToken }') {
  return Array.from({ length: count }, (_, index) => `d${index}: ${field}`).join('\n');
}

function readCode({ errors }: GraphqlAnswer): string | undefined {
  return errors?.[0].extensions.code;
}

function expectRefused(answer: GraphqlAnswer, max: number, retryAfter: number) {
  expect(answer.status).toBe(429);
  expect(answer.data).toBeUndefined();
  expect(answer.errors).toEqual([
    {
      message: `Too many attempts from this address: at most ${max} in a minute; try again in ${retryAfter} s`,
      extensions: { code: 'RATE_LIMITED', retryAfter },
    },
  ]);
  expect(answer.headers.get('retry-after')).toBe(String(retryAfter));
  expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
}

describe('the attempt guard', () => {
  it('refuses the attempts of an address over the limit with 429, RATE_LIMITED and Retry-After alone', async () => {
    const gateway = await guardedGateway(3);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await gateway.delegate({ target: 'api' }, { token: await gateway.idToken() })).errors).toBeUndefined();
      gateway.clock.advance(7_300);
    }
    const token = await gateway.idToken();
    expectRefused(await gateway.delegate({ target: 'api' }, { token }), 3, 39);
    // Refused attempts do not count: the wait is over when Retry-After says so, and not a second earlier.
    gateway.clock.advance(38_000);
    expectRefused(await gateway.delegate({ target: 'api' }, { token }), 3, 1);
    gateway.clock.advance(1_000);
    expect((await gateway.delegate({ target: 'api' }, { token })).errors).toBeUndefined();
    expectRefused(await gateway.delegate({ target: 'api' }, { token }), 3, 7);
  });

  it('spends nothing of the limit of a user when it refuses', async () => {
    const gateway = await guardedGateway(2);
    const token = await gateway.idToken();
    for (let attempt = 0; attempt < 5; attempt++) await gateway.delegate({ target: 'api' }, { token });
    gateway.clock.advance(60_000);
    const answer = await gateway.graphql('{ viewer { rateLimit { remaining } } }', { token });
    // Two were spent, and one came back in the minute.
    expect(answer.data.viewer.rateLimit.remaining).toBe(9);
  });

  it('counts each alias, and refuses the whole of an operation that asks for too many without charging it', async () => {
    const gateway = await guardedGateway(10);
    const token = await gateway.idToken();
    expectRefused(await gateway.graphql(`mutation { ${aliases(11)} }`, { token }), 10, 60);
    expect((await gateway.graphql(`mutation { ${aliases(6)} }`, { token })).errors).toBeUndefined();
    gateway.clock.advance(10_000);
    expect((await gateway.graphql(`mutation { ${aliases(2)} }`, { token })).errors).toBeUndefined();
    // Two are left. Three find room when the first six have gone.
    expectRefused(await gateway.graphql(`mutation { ${aliases(3)} }`, { token }), 10, 50);
    expect((await gateway.graphql(`mutation { ${aliases(2)} }`, { token })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(`mutation { ${aliases(7)} }`, { token }), 10, 60);
    gateway.clock.advance(50_000);
    expect((await gateway.graphql(`{ ${aliases(6, 'viewer { userId }')} }`, { token })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(VIEWER, { token }), 10, 10);
  });

  it('refuses 200 aliases before any of them is looked at', async () => {
    const gateway = await guardedGateway(120);
    expectRefused(await gateway.graphql(`mutation { ${aliases(200)} }`, { token: 'none' }), 120, 60);
    expect(gateway.log.audits()).toHaveLength(1);
  });

  it('lets exactly the limit of parallel requests through', async () => {
    const gateway = await guardedGateway(20);
    const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.graphql(VIEWER, { token: 'none' })));
    expect(answers.filter((answer) => readCode(answer) === 'INVALID_TOKEN')).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(80);
  });

  it.each([
    [
      'inline fragments',
      'mutation { ... { a: delegate(input: {}) { refreshToken } } ... on Mutation { b: delegate(input: {}) { refreshToken } } }',
    ],
    [
      'fragments, however deep',
      'mutation { ...One } fragment One on Mutation { a: delegate(input: {}) { refreshToken } ...Two } fragment Two on Mutation { b: delegate(input: {}) { refreshToken } }',
    ],
    ['the query for the viewer', '{ a: viewer { userId } b: viewer { userId } }'],
  ])('counts what is asked for through %s', async (_, query) => {
    const gateway = await guardedGateway(3);
    expect(readCode(await gateway.graphql(query, { token: 'none' }))).toBe('INVALID_TOKEN');
    expectRefused(await gateway.graphql(query, { token: 'none' }), 3, 60);
    expect(readCode(await gateway.graphql(VIEWER, { token: 'none' }))).toBe('INVALID_TOKEN');
    expectRefused(await gateway.graphql(VIEWER, { token: 'none' }), 3, 60);
  });

  it('counts a field once that is named twice under one key, because it runs once', async () => {
    const gateway = await guardedGateway(1);
    const token = await gateway.idToken();
    const query = '{ viewer { userId } viewer { issuer } ...V ...V } fragment V on Query { viewer { userId } }';
    expect((await gateway.graphql(query, { token })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(VIEWER, { token }), 1, 60);
  });

  it('charges no other operations', async () => {
    const gateway = await guardedGateway(1);
    const free = [
      '{ __typename }',
      'mutation { __typename }',
      '{ __schema { queryType { name } } }',
      '{ __type(name: "Mutation") { fields { name } } }',
      // The name is no guarded field where it is an alias of something else, or below the root.
      '{ viewer: __typename delegate: __typename }',
      // These do not run.
      '{ viewer { userId ',
      '{ viewer { nothing } }',
    ];
    for (const query of free) for (let count = 0; count < 3; count++) await gateway.graphql(query);
    expect((await gateway.graphql(VIEWER, { token: await gateway.idToken() })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(VIEWER, { token: await gateway.idToken() }), 1, 60);
    for (const query of free) expect(readCode(await gateway.graphql(query)), query).not.toBe('RATE_LIMITED');
  });

  it('stops at the first fault of variables, however many there are, and charges what they cannot leave out', async () => {
    const gateway = await guardedGateway(10);
    const query = `mutation($input: DelegateInput!, $yes: Boolean!) {
      ${aliases(10, 'delegate(input: $input) @skip(if: $yes) { refreshToken }')}
    }`;
    const input = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`unknown${index}`, 'x'.repeat(80)]));
    const answer = await gateway.graphql(query, { variables: { input, yes: true } });
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Variable "$input" got an invalid value: Field "…" is not defined by type "DelegateInput".',
      extensions: { code: 'INVALID_REQUEST' },
    });
    expectRefused(await gateway.graphql(VIEWER), 10, 60);
  });

  it('charges no field that @skip or @include leaves out', async () => {
    const gateway = await guardedGateway(1);
    const query = `query ($yes: Boolean!, $no: Boolean = false) {
      __typename
      a: viewer @skip(if: true) { userId }
      b: viewer @include(if: $no) { userId }
      ... on Query @skip(if: $yes) { c: viewer { userId } }
      ...V @include(if: false)
      d: viewer @include(if: $yes) @skip(if: $no) { userId }
    } fragment V on Query { e: viewer { userId } }`;
    const answer = await gateway.graphql(query, { variables: { yes: true }, token: await gateway.idToken() });
    expect(answer.data).toEqual({ __typename: 'Query', d: { userId: 'auth0|alice' } });
    expectRefused(await gateway.graphql(VIEWER), 1, 60);
    // What @skip hides cannot be said without its variable, so it counts.
    expectRefused(await gateway.graphql(query), 1, 60);
  });

  it('charges fields whose @skip or @include cannot be evaluated', async () => {
    const gateway = await guardedGateway(15);
    const query = `query($b: Boolean = true) { ${aliases(10, 'viewer @include(if: $b) { userId }')} }`;
    const answer = await gateway.graphql(query, { variables: { b: null } });
    expect(answer.errors?.map(({ message }) => message)).toEqual([
      'Argument "if" of non-null type "Boolean!" must not be null.',
    ]);
    expectRefused(await gateway.graphql(query, { variables: { b: null } }), 15, 60);
  });

  it('charges a document with several operations for the one that runs', async () => {
    const gateway = await guardedGateway(4);
    const query = `query Free { __typename } query One ${VIEWER} mutation Four { ${aliases(4)} }`;
    const run = async (operationName?: string) => {
      const response = await gateway.fetch(
        new Request('http://gateway.test/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
          body: JSON.stringify({ query, operationName }),
        }),
        { remoteAddress: '192.0.2.1' },
      );
      const { errors } = (await response.json()) as GraphqlAnswer;
      return `${response.status} ${errors?.[0].extensions.code ?? 'no error'}`;
    };
    for (let count = 0; count < 3; count++) {
      expect(await run('Free')).toBe('200 no error');
      expect(await run()).toBe('400 INVALID_REQUEST');
      expect(await run('One')).toBe('200 INVALID_TOKEN');
    }
    expect(await run('Four')).toBe('429 RATE_LIMITED');
    expect(await run('One')).toBe('200 INVALID_TOKEN');
    expect(await run('One')).toBe('429 RATE_LIMITED');
    expect(await run('Free')).toBe('200 no error');
  });

  it('counts good and bad tokens, delegate and viewer, in one log for each address', async () => {
    const gateway = await guardedGateway(4);
    const token = await gateway.idToken();
    expect((await gateway.delegate({ target: 'api' }, { token })).errors).toBeUndefined();
    expect(readCode(await gateway.delegate({ target: 'api' }, { token: 'none' }))).toBe('INVALID_TOKEN');
    expect(readCode(await gateway.delegate({ target: 'api' }))).not.toBe('RATE_LIMITED');
    expect((await gateway.graphql(VIEWER, { token })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(VIEWER, { token }), 4, 60);
    expectRefused(await gateway.delegate({ target: 'api' }, { token }), 4, 60);
    expect((await gateway.delegate({ target: 'api' }, { token, connection: ADDRESS_2 })).errors).toBeUndefined();
  });

  it('counts an IPv6 /64 as one address', async () => {
    const gateway = await guardedGateway(1);
    const from = async (remoteAddress: string) =>
      readCode(await gateway.graphql(VIEWER, { connection: { remoteAddress } }));
    expect(await from('2001:db8::1')).not.toBe('RATE_LIMITED');
    expect(await from('2001:db8::ffff:1')).toBe('RATE_LIMITED');
    expect(await from('2001:db8:0:1::1')).not.toBe('RATE_LIMITED');
  });

  it('leaves one audit line for each operation that it refuses, without the token', async () => {
    const gateway = await guardedGateway(2);
    const token = await gateway.idToken();
    await gateway.graphql(`mutation { ${aliases(3)} }`, { token, headers: { 'x-request-id': 'request-1' } });
    expect(gateway.log.audits()).toEqual([
      expect.objectContaining({
        audit: 'limit_delegation',
        tenant: 'acme',
        ip: '192.0.2.1',
        requestId: 'request-1',
        attempts: 3,
        code: 'RATE_LIMITED',
      }),
    ]);
    expect(gateway.log.lines.join('')).not.toContain(token);
  });
});
