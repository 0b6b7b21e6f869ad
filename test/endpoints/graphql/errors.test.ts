import { GraphQLError, getIntrospectionQuery } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AddonDefinition } from '../../../src/addons/addon.js';
import { app } from '../../../src/addons/app.js';
import { firebase } from '../../../src/addons/firebase.js';
import { DelegationError, ERROR_CODES, type ErrorCode, type ErrorDetails } from '../../../src/errors.js';
import { testClock } from '../../support/clock.js';
import { type TestGateway, testGateway } from '../../support/gateway.js';
import { postForm } from '../../support/legacy.js';

/** A gateway whose Firebase add-on throws the given value; the app add-on works. */
function throwing(thrown: () => unknown): Promise<TestGateway> {
  const addon: AddonDefinition = {
    ...firebase,
    create: () => ({
      issue() {
        throw thrown();
      },
    }),
  };
  return testGateway(() => {}, { addons: [app, addon] });
}

const CHAT = { target: 'chat' };

describe('a refusal', () => {
  const details: Readonly<Record<string, ErrorDetails>> = {
    UPSTREAM_REFUSED: { upstreamCode: 'invalid_grant' },
    UPSTREAM_UNAVAILABLE: { retryAfter: 7 },
    INVALID_REQUEST: { refreshToken: 'rotated' },
  };

  it.each(Object.entries(ERROR_CODES).filter(([code]) => code !== 'INTERNAL'))(
    '%s has its code and its details, in a 200',
    async (code) => {
      const more = details[code] ?? {};
      const gateway = await throwing(() => new DelegationError(code as ErrorCode, `why ${code}`, more));
      const answer = await gateway.delegate(CHAT, { token: await gateway.idToken() });
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({ delegate: null });
      expect(answer.errors).toEqual([
        {
          message: `why ${code}`,
          locations: [{ line: 3, column: 5 }],
          path: ['delegate'],
          extensions: { code, rateLimit: expect.objectContaining({ limit: 10, remaining: 9 }), ...more },
        },
      ]);
      expect(answer.headers.get('retry-after')).toBe(more.retryAfter === undefined ? null : '7');
    },
  );

  it.each(Object.entries(ERROR_CODES))('%s has its status at POST /delegation', async (code, { status, legacy }) => {
    const gateway = await throwing(() =>
      code === 'INTERNAL' ? new Error('a bug') : new DelegationError(code as ErrorCode, `why ${code}`, details[code]),
    );
    const answer = await postForm(gateway, { id_token: await gateway.idToken(), ...CHAT });
    expect([answer.status, answer.body.error]).toEqual([status, legacy]);
  });

  it('has the documented HTTP status for each code', () => {
    expect(Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { status }]) => [code, status]))).toEqual({
      INVALID_REQUEST: 400,
      INVALID_TOKEN: 401,
      UNAUTHORIZED_CLIENT: 403,
      DELEGATION_DISABLED: 403,
      INVALID_TARGET: 400,
      ADDON_NOT_CONFIGURED: 400,
      INVALID_SCOPE: 400,
      RATE_LIMITED: 429,
      UPSTREAM_REFUSED: 502,
      UPSTREAM_UNAVAILABLE: 503,
      INTERNAL: 500,
    });
  });

  it('has the rate-limit status in the form of the type RateLimit', async () => {
    const gateway = await testGateway();
    const token = await gateway.idToken();
    for (let i = 0; i < 10; i++) await gateway.delegate({ target: 'api' }, { token });
    const { status, errors, headers } = await gateway.delegate({ target: 'api' }, { token });
    expect(status).toBe(200);
    const reset = gateway.clock.seconds() + 600;
    const resetAt = new Date(reset * 1000).toISOString();
    expect(errors?.[0].extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfter: 60,
      rateLimit: { limit: 10, remaining: 0, reset, resetAt, retryAfter: 60 },
    });
    expect(headers.get('retry-after')).toBe('60');
    expect(headers.get('x-ratelimit-reset')).toBe(String(reset));
  });

  it('has a WWW-Authenticate challenge when the token does not verify (RFC 6750 §3)', async () => {
    const gateway = await testGateway();
    const id_token = await gateway.idToken({ exp: 1 });
    const { status, errors, headers } = await gateway.delegate(CHAT, { token: id_token });
    expect([status, errors?.[0].extensions.code]).toEqual([200, 'INVALID_TOKEN']);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    const legacy = await postForm(gateway, { id_token, ...CHAT });
    expect([legacy.status, legacy.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
  });
});

describe('an unexpected error', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const SECRET = 'tok-5ecret-in-a-message';
  it.each([
    ['an Error', () => new Error(SECRET)],
    ['a TypeError with a cause', () => new TypeError(SECRET, { cause: new Error(SECRET) })],
    ['a GraphQLError', () => new GraphQLError(SECRET, { extensions: { code: 'SOMETHING', detail: SECRET } })],
    [
      'a GraphQLError with a code of the gateway',
      () => new GraphQLError(SECRET, { extensions: { code: 'INVALID_REQUEST' } }),
    ],
    ['a GraphQLError around an Error', () => new GraphQLError(SECRET, { originalError: new Error(SECRET) })],
    ['a GraphQLError with a path', () => new GraphQLError(SECRET, { path: ['delegate'] })],
    ['a string', () => SECRET],
    ['an object', () => ({ message: SECRET, extensions: { code: 'X' } })],
    ['null', () => null],
    ['undefined', () => undefined],
  ])('is masked, also in development: %s', async (_name, thrown) => {
    for (const environment of ['development', 'production']) {
      vi.stubEnv('NODE_ENV', environment);
      const gateway = await throwing(thrown);
      const answer = await gateway.delegate(CHAT, { token: await gateway.idToken() });
      expect(answer.status).toBe(200);
      expect(answer.errors).toEqual([
        {
          message: 'An unexpected error occurred; the log has it under the request id',
          locations: [{ line: 3, column: 5 }],
          path: ['delegate'],
          extensions: { code: 'INTERNAL', rateLimit: expect.objectContaining({ remaining: 9 }) },
        },
      ]);
      expect(answer.text).not.toContain(SECRET);
      const id = answer.headers.get('x-request-id');
      expect(gateway.log.lines.some((line) => line.includes('unexpected error') && line.includes(`"${id}"`))).toBe(
        true,
      );
    }
  });
});

it('an error about a credential that does not fit the schema is masked and contains none of its values', async () => {
  const addon: AddonDefinition = {
    ...firebase,
    create: () => ({
      issue: () => ({
        token: { key: 'tok-5ecret' } as never,
        tokenType: 'Bearer',
        expiresAt: 1,
        expiresIn: 1,
        fields: { uid: 'auth0|alice' },
      }),
    }),
  };
  const gateway = await testGateway(() => {}, { addons: [app, addon] });
  const answer = await gateway.delegate(CHAT, { token: await gateway.idToken() });
  expect(answer.status).toBe(200);
  expect(answer.errors?.map(({ message, extensions }) => [message, extensions])).toEqual([
    [
      'An unexpected error occurred; the log has it under the request id',
      { code: 'INTERNAL', rateLimit: expect.objectContaining({ remaining: 9 }) },
    ],
  ]);
  expect(answer.text).not.toContain('tok-5ecret');
  expect(gateway.log.lines.join('')).not.toContain('tok-5ecret');
});

it('a GraphQLError that a resolver throws is masked, and its code is not returned', async () => {
  let readings = Number.NEGATIVE_INFINITY;
  const clock = testClock();
  const now = () => {
    // The attempt guard reads the clock twice before the resolver does.
    if (++readings > 2) throw new GraphQLError('tok-5ecret', { extensions: { code: 'INVALID_REQUEST' } });
    return clock.now();
  };
  const gateway = await testGateway(() => {}, { deps: { now }, clock });
  const token = await gateway.idToken();
  readings = 0;
  const answer = await gateway.graphql('{ viewer { userId } }', { token });
  expect(answer.status).toBe(200);
  expect(answer.errors?.[0]).toMatchObject({
    message: 'An unexpected error occurred; the log has it under the request id',
    extensions: { code: 'INTERNAL' },
  });
  expect(gateway.log.lines.at(-1)).toContain(answer.headers.get('x-request-id'));
  expect(answer.text).not.toContain('tok-5ecret');
});

describe('several fields in one operation', () => {
  const BOTH = /* GraphQL */ `
    mutation {
      good: delegate(input: { target: "api" }) { credential { token } rateLimit { remaining } }
      bad: delegate(input: { target: "chat" }) { credential { token } }
    }
  `;

  it('get 200 with the credential of one and the error of the other', async () => {
    const gateway = await throwing(() => new DelegationError('UPSTREAM_REFUSED', 'no'));
    const answer = await gateway.graphql(BOTH, { token: await gateway.idToken() });
    expect(answer.status).toBe(200);
    expect(answer.data.good.credential.token).toMatch(/^eyJ/);
    expect(answer.data.bad).toBeNull();
    expect(answer.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['bad'], 'UPSTREAM_REFUSED'],
    ]);
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('8');
  });

  it('get 200 with the code of each when all failed', async () => {
    const gateway = await throwing(() => new DelegationError('UPSTREAM_UNAVAILABLE', 'no'));
    const query =
      'mutation { a: delegate(input: { target: "chat" }) { refreshToken } b: delegate(input: { target: "none" }) { refreshToken } }';
    const answer = await gateway.graphql(query, { token: await gateway.idToken() });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ a: null, b: null });
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(['UPSTREAM_UNAVAILABLE', 'INVALID_TARGET']);
  });
});

describe('an invalid request', () => {
  const answer = async (gateway: TestGateway, body: object, accept: string) => {
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(body),
      }),
      { remoteAddress: '192.0.2.1' },
    );
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return [response.status, errors[0]?.extensions, response.headers.get('content-type')];
  };
  const MODERN = 'application/graphql-response+json';
  const LEGACY = 'application/json';

  it.each([
    ['does not parse', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['does not validate', { query: '{ nope }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ])('gets the status of GraphQL over HTTP when the document %s', async (_name, body, code) => {
    const gateway = await testGateway();
    expect(await answer(gateway, body, LEGACY)).toEqual([200, { code }, `${LEGACY}; charset=utf-8`]);
    expect(await answer(gateway, body, MODERN)).toEqual([400, { code }, `${MODERN}; charset=utf-8`]);
    expect(await answer(gateway, body, `${MODERN}, ${LEGACY};q=0.9`)).toEqual([
      400,
      { code },
      `${MODERN}; charset=utf-8`,
    ]);
  });

  const MUTATION = 'mutation M($input: DelegateInput!) { delegate(input: $input) { refreshToken } }';
  it.each([
    ['a variable of the wrong type', { query: MUTATION, variables: { input: { scope: 5 } } }],
    ['a missing variable', { query: MUTATION }],
    [
      'two subject tokens',
      { query: MUTATION, variables: { input: { subjectToken: { idToken: 'a', refreshToken: 'b' } } } },
    ],
    ['no subject token in one', { query: MUTATION, variables: { input: { subjectToken: {} } } }],
    ['an unknown operation name', { query: 'query A { __typename }', operationName: 'B' }],
  ])('gets INVALID_REQUEST and 400 with any Accept header: %s', async (_name, body) => {
    const gateway = await testGateway();
    for (const accept of [LEGACY, MODERN, '*/*']) {
      expect((await answer(gateway, body, accept)).slice(0, 2)).toEqual([400, { code: 'INVALID_REQUEST' }]);
    }
    expect(gateway.log.lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  });

  it.each([
    [
      'null for an argument that has a default',
      'INVALID_REQUEST',
      { query: 'mutation($i: DelegateInput = {}) { delegate(input: $i) { refreshToken } }', variables: { i: null } },
    ],
    ['no token at all', 'INVALID_TOKEN', { query: 'mutation { delegate(input: {}) { refreshToken } }' }],
  ])('gets a code for the field and no 4xx when execution detects it: %s', async (_name, code, body) => {
    const gateway = await testGateway();
    for (const [accept, status] of [
      [LEGACY, 200],
      ['*/*', 200],
      [MODERN, 294],
    ] as const) {
      expect((await answer(gateway, body, accept)).slice(0, 2)).toEqual([status, { code }]);
    }
    expect(gateway.log.lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  });
});

describe('document limits', () => {
  const limits = { max_depth: 3, max_aliases: 2, max_tokens: 40 };
  const limited = () => testGateway((config) => Object.assign(config, { graphql: limits }));
  const fragment = (depth: number): string => (depth === 0 ? '__typename' : `... on Query { ${fragment(depth - 1)} }`);

  it.each([
    [
      'depth',
      '{ viewer { rateLimit { limit } } }',
      '{ viewer { ... { rateLimit { limit } } } }',
      'The document is more than 3 levels deep',
    ],
    [
      'depth in fragments',
      `{ ${fragment(2)} }`,
      '{ ...A } fragment A on Query { ...B } fragment B on Query { viewer { userId } }',
      'The document is more than 3 levels deep',
    ],
    [
      'aliases',
      '{ a: __typename b: __typename }',
      '{ a: __typename b: __typename c: __typename }',
      'The document has more than 2 aliases',
    ],
    [
      'aliases in fragments',
      '{ ...A } fragment A on Query { a: __typename b: __typename }',
      '{ ...A c: __typename } fragment A on Query { a: __typename b: __typename }',
      'The document has more than 2 aliases',
    ],
    [
      'tokens',
      `{ ${'__typename '.repeat(38)}}`,
      `{ ${'__typename '.repeat(39)}}`,
      'The document has more than 40 tokens',
    ],
  ])('are enforced: %s', async (_name, within, beyond, message) => {
    const gateway = await limited();
    expect((await gateway.graphql(within)).errors?.[0].message ?? '').not.toMatch(/^The document/);
    const answer = await gateway.graphql(beyond);
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual([{ message, extensions: { code: 'INVALID_REQUEST' } }]);
  });

  it('are 8 levels, 15 aliases and 1000 tokens by default', async () => {
    const gateway = await testGateway();
    const messages = async (query: string) => (await gateway.graphql(query)).errors?.map(({ message }) => message);
    // A field with a directive has 8 tokens; a thousand bare fields would be too many for graphql-js to compare.
    const ofTokens = (count: number) =>
      `{ ${'__typename @include(if: true) '.repeat(124)}${'__typename '.repeat(count - 2 - 124 * 8)}}`;
    const aliases = (count: number) => `{ ${Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ')} }`;
    expect(await messages(aliases(15))).toBeUndefined();
    expect(await messages(aliases(16))).toEqual(['The document has more than 15 aliases']);
    expect(await messages(`{ ${fragment(7)} }`)).toBeUndefined();
    expect(await messages(`{ ${fragment(8)} }`)).toEqual(['The document is more than 8 levels deep']);
    expect(await messages(ofTokens(1000))).toBeUndefined();
    expect(await messages(ofTokens(1001))).toEqual(['The document has more than 1000 tokens']);
  });

  it('refuse fragments that spread each other', async () => {
    const gateway = await testGateway();
    const answer = await gateway.graphql('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }');
    expect(answer.errors?.[0].message).toMatch(/^Cannot spread fragment "A" within itself/);
  });

  it('allow the introspection query of GraphiQL, unless introspection is off', async () => {
    const query = getIntrospectionQuery();
    const open = await testGateway();
    expect((await open.graphql(query)).data.__schema.queryType.name).toBe('Query');
    const closed = await testGateway((config) => Object.assign(config, { graphql: { introspection: false } }));
    for (const asked of [query, '{ __schema { queryType { name } } }', '{ __type(name: "Query") { name } }']) {
      const answer = await closed.graphql(asked);
      expect(answer.data).toBeUndefined();
      expect(answer.errors?.[0].message).toMatch(
        /^GraphQL introspection has been disabled, but the requested query contained the field "__(schema|type)"\.$/,
      );
    }
    expect((await closed.graphql('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });
});
