import { beforeEach, describe, expect, it } from 'vitest';
import { type GraphqlAnswer, type TestGateway, testGateway } from '../../support/gateway.js';

const MODERN = 'application/graphql-response+json';
const LEGACY = 'application/json';

/** The Accept header of a client, the media type of the response, and the status of data with errors. */
const ACCEPTED: readonly (readonly [string | undefined, string, number])[] = [
  [undefined, LEGACY, 200],
  ['*/*', LEGACY, 200],
  [LEGACY, LEGACY, 200],
  ['text/html', LEGACY, 200],
  [`${LEGACY}, ${MODERN};q=0.9`, LEGACY, 200],
  [MODERN, MODERN, 294],
  [`${MODERN}; charset=utf-8`, MODERN, 294],
  [`${MODERN}, ${LEGACY};q=0.9`, MODERN, 294],
  [`${MODERN}, application/graphql+json, ${LEGACY}, text/event-stream, multipart/mixed`, MODERN, 294],
];

const FIELD = '{ credential { token } rateLimit { remaining } }';
const ONE = `mutation { delegate(input: { target: "api" }) ${FIELD} }`;
const PARTIAL = `mutation {
  good: delegate(input: { target: "api" }) ${FIELD}
  bad: delegate(input: { target: "private" }) ${FIELD}
}`;

let gateway: TestGateway;
let token: string;
beforeEach(async () => {
  gateway = await testGateway();
  token = await gateway.idToken();
});

function send(query: string, accept: string | undefined, authorization = token): Promise<GraphqlAnswer> {
  return gateway.graphql(query, { token: authorization, ...(accept !== undefined && { headers: { accept } }) });
}

function readCodes({ errors }: GraphqlAnswer): string[] | undefined {
  return errors?.map(({ extensions }) => extensions.code);
}

describe.each(ACCEPTED)('an executed operation, for Accept: %s', (accept, mediaType, partialStatus) => {
  it('gets 200 when every field succeeded', async () => {
    const answer = await send(ONE, accept);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${mediaType}; charset=utf-8`]);
    expect(answer.errors).toBeUndefined();
    expect(answer.data.delegate.rateLimit).toEqual({ remaining: 9 });
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('9');
    expect(answer.headers.get('retry-after')).toBeNull();
  });

  it(`gets ${partialStatus} with the data and the error when one field was refused`, async () => {
    const answer = await send(PARTIAL, accept);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([partialStatus, `${mediaType}; charset=utf-8`]);
    expect(answer.data).toEqual({
      good: { credential: { token: expect.stringMatching(/^ey/) }, rateLimit: { remaining: 9 } },
      bad: null,
    });
    expect(readCodes(answer)).toEqual(['UNAUTHORIZED_CLIENT']);
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('8');
    expect(answer.text).not.toMatch(/"(?:http|spec)"/);
  });

  it(`gets ${partialStatus} with the headers of the refusal when every field was refused`, async () => {
    for (let request = 0; request < 10; request++) await send(ONE, accept);
    const answer = await send(ONE, accept);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([partialStatus, `${mediaType}; charset=utf-8`]);
    expect(answer.data).toEqual({ delegate: null });
    expect(readCodes(answer)).toEqual(['RATE_LIMITED']);
    const headers = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];
    expect(headers.map((name) => answer.headers.get(name))).toEqual([
      '10',
      '0',
      String(gateway.clock.seconds() + 600),
      '60',
    ]);
  });

  it(`gets ${partialStatus} when a query was refused`, async () => {
    const answer = await send('{ viewer { userId } }', accept, 'no.token.at-all');
    expect([answer.status, readCodes(answer)]).toEqual([partialStatus, ['INVALID_TOKEN']]);
    expect(answer.data).toEqual({ viewer: null });
  });
});

describe.each(ACCEPTED)('a request that was not executed, for Accept: %s', (accept, mediaType) => {
  it('gets 429 with Retry-After when the attempt guard refused it', async () => {
    gateway = await testGateway((config) => Object.assign(config, { rate_limit: { attempts_per_minute: 1 } }));
    expect((await send(PARTIAL, accept)).status).toBe(429);
    const answer = await send(PARTIAL, accept);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([429, `${mediaType}; charset=utf-8`]);
    expect(answer.data).toBeUndefined();
    expect(readCodes(answer)).toEqual(['RATE_LIMITED']);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect(answer.headers.get('x-ratelimit-remaining')).toBeNull();
  });

  it('gets 400 when its variables are invalid', async () => {
    const answer = await send('query ($yes: Boolean!) { __typename @include(if: $yes) }', accept);
    expect([answer.status, readCodes(answer), answer.data]).toEqual([400, ['INVALID_REQUEST'], undefined]);
  });
});
