import { beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});

describe('the Accept header', () => {
  it('may have 1,000 characters, and is refused with one more', async () => {
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
      { remoteAddress: '192.0.2.1' },
    );
    return { status: response.status, body: await response.json() };
  };

  it.each([
    ['open lists', '['.repeat(3_000), '['.repeat(2_999)],
    ['nested lists', `${'['.repeat(3_000)}${']'.repeat(3_000)}`, `${'['.repeat(2_999)}${']'.repeat(2_999)}`],
    ['numbers', `[${'1,'.repeat(2_999)}1]`, `[${'1,'.repeat(2_998)}1]`],
  ])('is refused before it is parsed when it has more than 3,000 values: %s', async (_name, tooMany, allowed) => {
    const message = 'The body holds more than 3000 values';
    expect(await post('/delegation', tooMany)).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: message },
    });
    expect((await post('/graphql', tooMany)).body.errors[0].message).toBe(message);
    const { body } = await post('/delegation', allowed);
    expect(body.error_description).toMatch(/^The body (?:is not JSON|must be a JSON object)$/);
  });

  it('may have variables with keys of 1,000 characters, and is refused with longer ones', async () => {
    const withKey = (length: number) =>
      gateway.graphql('{ __typename }', { variables: { list: [{ ['k'.repeat(length)]: 1 }] } });
    expect((await withKey(1_000)).data).toEqual({ __typename: 'Query' });
    expect((await withKey(1_001)).errors).toEqual([
      {
        message: 'The variables hold a key of more than 1000 characters',
        extensions: { code: 'INVALID_REQUEST' },
      },
    ]);
  });
});

describe('a form', () => {
  it('may have 1,000 parameters, and is refused with more', async () => {
    const post = async (parameters: number) => {
      const response = await gateway.fetch(
        new Request('http://gateway.test/delegation', {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'a&'.repeat(parameters - 1),
        }),
        { remoteAddress: '192.0.2.1' },
      );
      return (await response.json()).error_description;
    };
    expect(await post(1_000)).toBe('client_id is missing');
    expect(await post(1_001)).toBe('The body holds more than 1000 parameters');
  });
});
