import { beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});

describe('the Accept header', () => {
  it('may have a thousand characters, and is refused with one more', async () => {
    const ask = (length: number) =>
      gateway.graphql('{ __typename }', { headers: { accept: 'text/html,*/*'.padEnd(length, ',') } });
    expect((await ask(1_000)).data).toEqual({ __typename: 'Query' });
    const answer = await ask(1_001);
    expect(answer.status).toBe(400);
    expect(answer.errors).toEqual([
      { message: 'The Accept header is longer than 1000 characters', extensions: { code: 'INVALID_REQUEST' } },
    ]);
  });
});

describe('a JSON body', () => {
  const post = async (path: string, body: string) => {
    const response = await gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    );
    return { status: response.status, body: await response.json() };
  };

  it.each([
    ['closed', ']'],
    ['open', ''],
  ])('may nest two thousand levels, whether its brackets are %s or not', async (_name, close) => {
    const nested = (levels: number) => `${'['.repeat(levels)}${close.repeat(levels)}`;
    expect(await post('/delegation', nested(2_001))).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'The body nests more than 2000 levels' },
    });
    const { body } = await post('/delegation', nested(2_000));
    expect(body.error_description).toMatch(/^The body (?:is not JSON|must be a JSON object)$/);
    const graphql = await post('/graphql', nested(2_001));
    expect(graphql.body.errors[0].message).toBe('The body nests more than 2000 levels');
  });
});
