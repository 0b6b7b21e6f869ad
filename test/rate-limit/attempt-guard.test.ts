import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { baseConfig, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';

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
    expect(gateway.log.audits()).toEqual([]);
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

  it.each([
    ['__typename', '{ __typename }'],
    ['__typename of the mutation', 'mutation { __typename }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    [
      'introspection under several aliases',
      '{ a: __type(name: "Mutation") { name } b: __type(name: "Query") { name } }',
    ],
    // The name is no guarded field where it is an alias of something else, or below the root.
    ['aliases that look like guarded fields', '{ viewer: __typename delegate: __typename }'],
    ['an operation whose fields are all left out', '{ viewer @skip(if: true) { userId } }'],
  ])('counts any other operation once: %s', async (_what, query) => {
    const gateway = await guardedGateway(2);
    for (let count = 0; count < 2; count++) expect((await gateway.graphql(query)).errors).toBeUndefined();
    expectRefused(await gateway.graphql(query), 2, 60);
    expectRefused(await gateway.graphql(VIEWER), 2, 60);
  });

  it('charges nothing for what does not run', async () => {
    const gateway = await guardedGateway(1);
    const free = ['{ viewer { userId ', '{ viewer { nothing } }', '{ viewer { userId } } { viewer { issuer } }'];
    for (const query of free) for (let count = 0; count < 3; count++) await gateway.graphql(query);
    expect((await gateway.graphql(VIEWER, { token: await gateway.idToken() })).errors).toBeUndefined();
    expectRefused(await gateway.graphql(VIEWER, { token: await gateway.idToken() }), 1, 60);
    for (const query of free) expect(readCode(await gateway.graphql(query)), query).not.toBe('RATE_LIMITED');
  });

  it('charges nothing for documents, health, preflight requests and GraphiQL', async () => {
    const gateway = await testGateway((config) => {
      Object.assign(config, { graphiql: true, rate_limit: { attempts_per_minute: 1 } });
    });
    const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
      const request = new Request(`http://gateway.test${path}`, { method, headers });
      return (await gateway.fetch(request, { remoteAddress: '192.0.2.1' })).status;
    };
    const sendAll = async () => [
      await send('GET', '/.well-known/jwks.json'),
      await send('GET', '/saml/metadata'),
      await send('GET', '/livez'),
      await send('OPTIONS', '/graphql'),
      await send('OPTIONS', '/delegation'),
      await send('GET', '/graphql', { accept: 'text/html' }),
      // An image of a page elsewhere sends this, without an Origin.
      await send('GET', '/delegation'),
    ];
    const statuses = [200, 404, 200, 204, 204, 200, 405];
    for (let count = 0; count < 3; count++) expect(await sendAll()).toEqual(statuses);
    expect(readCode(await gateway.graphql(VIEWER))).not.toBe('RATE_LIMITED');
    expectRefused(await gateway.graphql(VIEWER), 1, 60);
    expect(await sendAll()).toEqual(statuses);
  });

  it('stops at the first error of the variables, however many there are, and charges what they cannot leave out', async () => {
    const gateway = await guardedGateway(10);
    const query = `mutation($input: DelegateInput!, $yes: Boolean!) {
      ${aliases(10, 'delegate(input: $input) @skip(if: $yes) { refreshToken }')}
    }`;
    const input = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`unknown${index}`, 'x'.repeat(80)]));
    const answer = await gateway.graphql(query, { variables: { input, yes: true } });
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Variable "$input" got an invalid value: Field "unknown0" is not defined by type "DelegateInput".',
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
    const query = `query One ${VIEWER} mutation Four { ${aliases(4)} }`;
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
      expect(await run('None')).toBe('400 INVALID_REQUEST');
      expect(await run()).toBe('400 INVALID_REQUEST');
      expect(await run('One')).toBe('200 INVALID_TOKEN');
    }
    expect(await run('Four')).toBe('429 RATE_LIMITED');
    expect(await run('One')).toBe('200 INVALID_TOKEN');
    expect(await run('One')).toBe('429 RATE_LIMITED');
    expect(await run()).toBe('400 INVALID_REQUEST');
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

  it('counts an address in each tenant, so that one tenant cannot lock an address out of another', async () => {
    const [acme] = baseConfig().tenants;
    const gateway = await testGateway((config) => {
      config.rate_limit = { attempts_per_minute: 1 };
      config.tenants.push(
        Object.assign({}, acme, {
          name: 'acme","192.0.2.1',
          issuer: 'https://other.example.com/',
          hosts: ['other.test'],
        }),
      );
    });
    const ask = async (host: string) => readCode(await gateway.graphql(VIEWER, { headers: { host } }));
    expect([await ask('gateway.test'), await ask('gateway.test')]).toEqual(['INVALID_TOKEN', 'RATE_LIMITED']);
    expect([await ask('other.test'), await ask('other.test')]).toEqual(['INVALID_TOKEN', 'RATE_LIMITED']);
  });

  it('lets 600 attempts of an address through in a minute unless the configuration says otherwise', async () => {
    const gateway = await testGateway();
    for (let count = 0; count < 600; count++) expect((await gateway.graphql('{ __typename }')).status).toBe(200);
    expectRefused(await gateway.graphql('{ __typename }'), 600, 60);
  });
});

describe('the audit of the attempt guard', () => {
  const event = (fields: object) =>
    expect.objectContaining({ audit: 'limit_delegation', tenant: 'acme', code: 'RATE_LIMITED', ...fields });

  it('is one event for each address and minute, at the end of the minute, without the token', async () => {
    const gateway = await guardedGateway(1);
    const token = await gateway.idToken();
    const refuse = async (requestId: string, connection = { remoteAddress: '192.0.2.1' }, count = 2) => {
      const headers = { 'x-request-id': requestId };
      const query = `mutation { ${aliases(count)} }`;
      expect((await gateway.graphql(query, { token, headers, connection })).status).toBe(429);
    };
    await refuse('request-1');
    await refuse('request-2', ADDRESS_2, 7);
    gateway.clock.advance(59_999);
    await refuse('request-3', undefined, 3);
    expect(gateway.log.audits()).toEqual([]);
    gateway.clock.advance(1);
    // The next attempt of anybody finds that the minute is over.
    await gateway.graphql('{ __typename }', { connection: { remoteAddress: '192.0.2.3' } });
    const events = [
      {
        audit: 'limit_delegation',
        time: new Date(gateway.clock.now()).toISOString(),
        endpoint: 'graphql',
        tenant: 'acme',
        ip: '192.0.2.1',
        requestId: 'request-1',
        attempts: 5,
        code: 'RATE_LIMITED',
        message: 'Too many attempts from this address: at most 1 in a minute; try again in 60 s',
      },
      event({ ip: '192.0.2.2', requestId: 'request-2', attempts: 7 }),
    ];
    expect(gateway.log.audits()).toEqual(events);
    await refuse('request-4');
    expect(gateway.log.audits()).toEqual(events);
    await gateway.close();
    expect(gateway.log.audits().slice(2)).toEqual([event({ ip: '192.0.2.1', requestId: 'request-4', attempts: 2 })]);
    expect(gateway.log.lines.join('')).not.toContain(token);
  });

  it('is written at the stop, and once only', async () => {
    const gateway = await guardedGateway(1);
    for (let count = 0; count < 4; count++) await gateway.graphql('{ __typename }');
    expect(gateway.log.audits()).toEqual([]);
    await gateway.close();
    expect(gateway.log.audits()).toEqual([event({ attempts: 3 })]);
    await gateway.close();
    expect(gateway.log.audits()).toHaveLength(1);
  });

  it('goes on over a reload', async () => {
    const gateway = await guardedGateway(1);
    for (let count = 0; count < 2; count++) await gateway.graphql('{ __typename }');
    await gateway.reload(parseConfig({ ...baseConfig(), rate_limit: { attempts_per_minute: 1 } }));
    await gateway.graphql('{ __typename }');
    expect(gateway.log.audits()).toEqual([]);
    await gateway.close();
    expect(gateway.log.audits()).toEqual([event({ attempts: 2 })]);
  });
});
