import { getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, testGateway } from '../../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway((config) => Object.assign(config, { graphql: { max_tokens: 100 } }));
});

describe('the lines of a document', () => {
  it.each(['\n', '\r\n', '\r'])('are limited to the number of its tokens: separated by %j', async (end) => {
    const document = (lines: number) => `{${end.repeat(lines - 1)}__typename }`;
    expect((await gateway.graphql(document(100))).data).toEqual({ __typename: 'Query' });
    const answer = await gateway.graphql(document(101));
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual([
      { message: 'The document has more than 100 lines', extensions: { code: 'INVALID_REQUEST' } },
    ]);
  });
});

describe('introspection of the schema', () => {
  const REFUSAL = [
    { message: 'The document has aliases within introspection', extensions: { code: 'INVALID_REQUEST' } },
  ];

  it.each([
    ['of the schema', '{ a: __schema { types { name } } b: __schema { types { name } } }'],
    ['of a list in it', '{ __schema { a: types { name } b: types { name } } }'],
    ['of a list in a type', '{ __type(name: "Query") { a: fields { name } } }'],
    ['in a fragment', '{ __schema { types { ...T } } } fragment T on __Type { fields { args { a: name } } }'],
    ['in an inline fragment', '{ ... { __schema { ... on __Schema { a: directives { name } } } } }'],
  ])('is refused with aliases %s, each of which would describe the schema once more', async (_what, query) => {
    const answer = await gateway.graphql(query);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual(REFUSAL);
  });

  it.each([
    ['of several types', '{ a: __type(name: "Query") { name } b: __type(name: "Mutation") { name } }'],
    ['of other fields beside it', '{ name: __typename __schema { queryType { name } } }'],
    ['of no field, as in the query of every tool', getIntrospectionQuery()],
  ])('is answered with aliases %s', async (_what, query) => {
    const open = await testGateway();
    const { errors, data } = await open.graphql(query);
    expect(errors).toBeUndefined();
    expect(data).toBeDefined();
  });
});

describe('the errors of a document', () => {
  const aboutUnknownFields = async (count: number) => {
    const fields = Array.from({ length: count }, (_, index) => `user${index}`);
    const { errors } = await gateway.graphql(`{ viewer { ${fields.join(' ')} } }`);
    return errors?.map(({ message }) => message) ?? [];
  };

  it('are all returned when there are at most ten', async () => {
    const messages = await aboutUnknownFields(10);
    expect(messages).toHaveLength(10);
    expect(messages[9]).toBe('Cannot query field "user9" on type "Viewer".');
  });

  it('end with a note when there are more than ten', async () => {
    const messages = await aboutUnknownFields(11);
    expect(messages).toHaveLength(11);
    expect(messages[10]).toBe('Too many validation errors, error limit reached. Validation aborted.');
  });
});

describe('suggestions', () => {
  it('are left out for documents of more than ten thousand characters', async () => {
    const open = await testGateway((config) => Object.assign(config, { graphql: { suggestions: true } }));
    const ask = async (length: number) =>
      (await open.graphql('{ viewer { userID } }'.padEnd(length))).errors?.[0].message;
    expect(await ask(10_000)).toBe('Cannot query field "userID" on type "Viewer". Did you mean "userId"?');
    expect(await ask(10_001)).toBe('Cannot query field "userID" on type "Viewer".');
  });
});

describe('the errors of variables', () => {
  const DELEGATE = 'mutation($input: DelegateInput!) { delegate(input: $input) { refreshToken } }';

  it('are limited to ten', async () => {
    const answer = await gateway.graphql(DELEGATE, {
      variables: { input: { scope: Array.from({ length: 50 }, () => 5) } },
    });
    expect(answer.status).toBe(400);
    expect(answer.errors).toHaveLength(10);
    expect(answer.errors?.[9]).toMatchObject({
      message: 'Variable "$input" got an invalid value at "input.scope[9]": String cannot represent a non string value',
      extensions: { code: 'INVALID_REQUEST' },
    });
  });

  it('include one for a condition that is null although it has a default, not one for each object', async () => {
    const query = 'query($b: Boolean = true) { __schema { types { name @include(if: $b) } } }';
    const answer = await gateway.graphql(query, { variables: { b: null } });
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toEqual([
      {
        message: 'Argument "if" of non-null type "Boolean!" must not be null.',
        locations: [{ line: 1, column: 66 }],
        extensions: { code: 'INVALID_REQUEST' },
      },
    ]);
  });

  it('do not include a null variable that no condition uses', async () => {
    const query =
      'query($a: Boolean, $b: Boolean = true) { __typename @include(if: $b) __type(name: "Query") { fields(includeDeprecated: $a) { name } } }';
    expect((await gateway.graphql(query, { variables: { a: null } })).errors).toBeUndefined();
  });
});
