import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADDONS } from '../../../src/addons/index.js';
import { safeMessages } from '../../../src/endpoints/graphql/safe-message.js';
import { buildSchema } from '../../../src/endpoints/graphql/schema/schema.js';
import { DELEGATE, type TestGateway, testGateway } from '../../support/gateway.js';

let gateway: TestGateway;
let jwt: string;
const OPAQUE = randomBytes(30).toString('base64url');
const ALPHANUMERIC = 'vXq2Zk8Lw3Nf7Rt1Yb5Hc9Pd4Sg6Jm0Ta2Ue8Wi3';
const SHORT = 's3cr3t-r3fresh.tok';

beforeAll(async () => {
  gateway = await testGateway((config) => Object.assign(config, { rate_limit: { attempts_per_minute: 10_000 } }));
  jwt = await gateway.idToken();
});

/** Requests with a token in a wrong place. In `name`, characters that a GraphQL name cannot have are replaced. */
const DOCUMENTS: Readonly<Record<string, (token: string, name: string) => Record<string, unknown>>> = {
  'an enum variable': (token) => ({ query: DELEGATE, variables: { input: { apiType: token } } }),
  'an input variable': (token) => ({ query: DELEGATE, variables: { input: token } }),
  'a list in place of a string': (token) => ({ query: DELEGATE, variables: { input: { target: [token] } } }),
  'nested lists': (token) => ({ query: DELEGATE, variables: { input: { scope: [[['x', token]]] } } }),
  'an object in place of a string': (token) => ({ query: DELEGATE, variables: { input: { target: { id: token } } } }),
  'an object in place of the subject token': (token) => ({
    query: DELEGATE,
    variables: { input: { subjectToken: token } },
  }),
  'both subject tokens': (token) => ({
    query: DELEGATE,
    variables: { input: { subjectToken: { idToken: token, refreshToken: token } } },
  }),
  'the name of an input field': (token) => ({ query: DELEGATE, variables: { input: { [token]: 1 } } }),
  'an unknown field of the subject token': (token) => ({
    query: DELEGATE,
    variables: { input: { subjectToken: { token } } },
  }),
  'a good field beside a bad one': (token) => ({
    query: DELEGATE,
    variables: { input: { subjectToken: { idToken: token }, target: 5, scope: 7 } },
  }),
  'text that looks like the end of the message': (token) => ({
    query: DELEGATE,
    variables: { input: { apiType: `x" at "input.${token}"; Expected ${token}. Did you mean ${token}` } },
  }),
  'text with quotes and escapes': (token) => ({
    query: DELEGATE,
    variables: { input: { apiType: `\\"${token}"\n\\\\"${token}` } },
  }),
  'the name of a body parameter': (token) => ({ query: DELEGATE, [token]: 1 }),
  operationName: (token) => ({ query: DELEGATE, operationName: token }),
  'operationName of several': (token) => ({
    query: 'query A { __typename } query B { __typename }',
    operationName: token,
  }),
  'the variables': (token) => ({ query: DELEGATE, variables: token }),
  'the query': (token) => ({ query: token }),
  'the extensions': (token) => ({ query: DELEGATE, extensions: [token] }),
  'a string in place of a selection': (token) => ({ query: `{ viewer "${token}" }` }),
  'a block string in place of a selection': (token) => ({ query: `{ viewer """a "quoted" ${token}""" }` }),
  'an unterminated string': (token) => ({ query: `mutation { delegate(input: { subjectToken: { idToken: "${token}` }),
  'a string with a bad escape': (token) => ({
    query: `mutation { delegate(input: { subjectToken: { idToken: "\\u${token}" } }) }`,
  }),
  'a string with a line end': (token) => ({
    query: `mutation { delegate(input: { subjectToken: { idToken: "${token}\n" } }) }`,
  }),
  'single quotes': (token) => ({ query: `mutation { delegate(input: { subjectToken: { idToken: '${token}' } }) }` }),
  'no quotes': (token) => ({
    query: `mutation { delegate(input: { subjectToken: { idToken: ${token} } }) { refreshToken } }`,
  }),
  'an enum literal': (_, name) => ({ query: `mutation { delegate(input: { apiType: ${name} }) { refreshToken } }` }),
  'an enum literal in quotes': (token) => ({
    query: `mutation { delegate(input: { apiType: "${token}" }) { refreshToken } }`,
  }),
  'a string literal without quotes': (_, name) => ({
    query: `mutation { delegate(input: { target: ${name} }) { refreshToken } }`,
  }),
  'a list literal': (token) => ({
    query: `mutation { delegate(input: { target: ["${token}"] }) { refreshToken } }`,
  }),
  'an object literal': (token) => ({
    query: `mutation { delegate(input: { target: { a: "${token}" } }) { refreshToken } }`,
  }),
  'an input literal': (token) => ({ query: `mutation { delegate(input: "${token}") { refreshToken } }` }),
  'an unknown field': (_, name) => ({ query: `{ viewer { ${name} } }` }),
  'an unknown field, unquoted as it is': (token) => ({ query: `{ viewer { ${token} } }` }),
  'an unknown argument': (_, name) => ({ query: `{ viewer(${name}: 1) { userId } }` }),
  'an unknown input field': (_, name) => ({
    query: `mutation { delegate(input: { ${name}: 1 }) { refreshToken } }`,
  }),
  'an unknown directive': (_, name) => ({ query: `{ viewer @${name} { userId } }` }),
  'an unknown type': (_, name) => ({ query: `query($a: ${name}) { viewer { userId } }` }),
  'an unknown fragment': (_, name) => ({ query: `{ viewer { ...${name} } }` }),
  'an unused fragment': (_, name) => ({ query: `{ __typename } fragment ${name} on Viewer { userId }` }),
  'an unused variable': (_, name) => ({ query: `query($${name}: String) { __typename }` }),
  'an unknown variable': (_, name) => ({
    query: `mutation Q { delegate(input: { subjectToken: { idToken: $${name} } }) { refreshToken } }`,
  }),
  'a missing variable': (_, name) => ({
    query: `mutation($${name}: String!) { delegate(input: { subjectToken: { idToken: $${name} } }) { refreshToken } }`,
  }),
  'a variable of the wrong type': (_, name) => ({
    query: `mutation($${name}: Int) { delegate(input: { subjectToken: { idToken: $${name} } }) { refreshToken } }`,
  }),
  'a null variable with a default': (_, name) => ({
    query: `mutation($${name}: DelegateInput = {}) { delegate(input: $${name}) { refreshToken } }`,
    variables: { [name]: null },
  }),
  'aliases in conflict': (_, name) => ({ query: `{ viewer { ${name}: userId ${name}: issuer } }` }),
  'an operation name in use twice': (_, name) => ({
    query: `query ${name} { __typename } query ${name} { __typename }`,
  }),
  'a keyword': (_, name) => ({ query: `${name} { viewer { userId } }` }),
  'a comment that runs into the document': (token) => ({ query: `{ viewer { # ${token}\n nope } ` }),
  numbers: () => ({ query: DELEGATE, variables: { input: { target: 1.5, scope: [1234567890123456] } } }),
};

async function answer(body: Record<string, unknown>): Promise<{ status: number; text: string }> {
  const response = await gateway.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    { remoteAddress: '192.0.2.1' },
  );
  return { status: response.status, text: await response.text() };
}

/** The parts of a token that are longer than an ordinary word. */
function pieces(token: string): string[] {
  return [token, ...token.split(/[^A-Za-z0-9]/)].filter((piece) => piece.length > 8 || /\d.*\d/.test(piece));
}

describe('a token in a wrong place of a request', () => {
  for (const [place, document] of Object.entries(DOCUMENTS)) {
    it(`is not returned in the error: ${place}`, async () => {
      for (const token of [jwt, OPAQUE, ALPHANUMERIC, SHORT]) {
        const name = `n${token.replace(/\W/g, '_')}`;
        const { text } = await answer(document(token, name));
        const { errors } = JSON.parse(text);
        expect(errors.length, text).toBeGreaterThan(0);
        for (const piece of [...pieces(token), ...pieces(name)]) expect(text).not.toContain(piece);
        for (const { message } of errors) expect(message.length).toBeGreaterThan(8);
      }
    });
  }

  it('is not returned with any surrounding text', async () => {
    const safe = safeMessages(buildSchema(ADDONS), true);
    const noise = fc.string({
      unit: fc.constantFrom('"', '\\', ' ', ';', ':', '.', 'a', 'Expected ', ' at "', '\n', '…'),
    });
    fc.assert(
      fc.property(noise, noise, fc.constantFrom(jwt, OPAQUE, ALPHANUMERIC, SHORT), (before, after, token) => {
        for (const message of [
          `Variable "$input" got invalid value ${before}${token}${after} at "input.scope"; Expected type "ApiType".`,
          `Syntax Error: Expected Name, found String "${before}${token}${after}".`,
          `Value "${before}${token}${after}" does not exist in "ApiType" enum. Did you mean ${before}${token}${after}?`,
          `Something new: ${before}${token}${after}`,
        ]) {
          expect(safe(message)).not.toContain(token);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a long message', () => {
  it.each([
    ['of words', `x" ${'abcdefghijk '.repeat(7000)}`],
    ['of quotes and backslashes', `x" ${'\\"'.repeat(10_000)}\\`],
  ])('%s is truncated before it is searched', async (_, text) => {
    const { errors } = JSON.parse((await answer({ query: `{ ${JSON.stringify(text)} }` })).text);
    expect(errors[0].message).toMatch(/^Syntax Error: Expected Name, found String "x" /);
    expect(errors[0].message.length).toBeLessThanOrEqual(1002);
  });
});

describe("the error for a developer's mistake names the mistake", () => {
  const messages: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['an unknown field', { query: '{ viewer { userID } }' }, 'Cannot query field "userID" on type "Viewer".'],
    [
      'a field that is no misspelling',
      { query: '{ viewer { emailAddress } }' },
      'Cannot query field "emailAddress" on type "Viewer".',
    ],
    [
      'an argument that was removed',
      { query: '{ viewer(subjectToken: {}) { id } }' },
      'Unknown argument "subjectToken" on field "Query.viewer".',
    ],
    ['an unknown type', { query: 'query($a: DelegationPayload) { __typename }' }, 'Unknown type "DelegationPayload".'],
    [
      'an unknown input field',
      { query: 'mutation { delegate(input: { redirectUri: "x" }) { refreshToken } }' },
      'Field "redirectUri" is not defined by type "DelegateInput".',
    ],
    [
      'an unknown field of a variable',
      { query: DELEGATE, variables: { input: { aws: { sessionName: 'x' } } } },
      'Variable "$input" got an invalid value at "input.aws": Field "sessionName" is not defined by type "AwsDelegationInput".',
    ],
    [
      'an unknown body parameter',
      { query: DELEGATE, documentId: 'x' },
      'Unexpected parameter "documentId" in the request body.',
    ],
    [
      'a value that is a plausible name, which could be a password',
      { query: 'mutation { delegate(input: { apiType: correctHorse }) { refreshToken } }' },
      'Value "…" does not exist in "ApiType" enum.',
    ],
    [
      'an unknown enum value',
      { query: 'mutation { delegate(input: { apiType: FIREBSE }) { refreshToken } }' },
      'Value "FIREBSE" does not exist in "ApiType" enum.',
    ],
    [
      'an unknown enum value in a variable',
      { query: DELEGATE, variables: { input: { apiType: 'firebase' } } },
      'Variable "$input" got an invalid value at "input.apiType": Value "firebase" does not exist in "ApiType" enum.',
    ],
    [
      'no input',
      { query: 'mutation { delegate { refreshToken } }' },
      'Field "delegate" argument "input" of type "DelegateInput!" is required, but it was not provided.',
    ],
    [
      'a missing variable',
      { query: DELEGATE, variables: {} },
      'Variable "$input" of required type "DelegateInput!" was not provided.',
    ],
    [
      'a null variable',
      { query: DELEGATE, variables: { input: null } },
      'Variable "$input" of non-null type "DelegateInput!" must not be null.',
    ],
    [
      'a value of the wrong type in a variable',
      { query: DELEGATE, variables: { input: { scope: [5] } } },
      'Variable "$input" got an invalid value at "input.scope[0]": String cannot represent a non string value',
    ],
    [
      'a literal of the wrong type',
      { query: 'mutation { delegate(input: { target: true }) { refreshToken } }' },
      'ID cannot represent a non-string and non-integer value',
    ],
    [
      'an unknown input field in a variable',
      { query: DELEGATE, variables: { input: { api_type: 'AWS' } } },
      'Variable "$input" got an invalid value: Field "api_type" is not defined by type "DelegateInput".',
    ],
    [
      'both subject tokens',
      { query: DELEGATE, variables: { input: { subjectToken: { idToken: 'a', refreshToken: 'b' } } } },
      'Variable "$input" got an invalid value at "input.subjectToken": Exactly one key must be specified for OneOf type "SubjectTokenInput".',
    ],
    ['no selection', { query: '{ viewer }' }, 'Field "viewer" of type "Viewer" must have a selection of subfields.'],
    ['a missing brace', { query: '{ viewer { userId }' }, 'Syntax Error: Expected Name, found <EOF>.'],
    ['a mistyped keyword', { query: 'mutatoin { a }' }, 'Syntax Error: Unexpected Name "mutatoin".'],
    [
      'an unused variable',
      { query: 'query Q($target: ID) { __typename }' },
      'Variable "$target" is never used in operation "Q".',
    ],
    ['no query', {}, 'Must provide query string.'],
    ['a query of the wrong type', { query: 5 }, 'Expected "query" param to be a string, but given number.'],
    [
      'a batch in variables',
      { query: DELEGATE, variables: [] },
      'Expected "variables" param to be empty or an object, but given array.',
    ],
    [
      'an unknown operation',
      { query: 'query A { __typename }', operationName: 'B' },
      'Could not determine what operation to execute.',
    ],
    [
      'an unknown parameter',
      { query: '{ __typename }', queries: 1 },
      'Unexpected parameter "queries" in the request body.',
    ],
    [
      'a subscription',
      { query: 'subscription { viewer }' },
      'Schema is not configured to execute subscription operation.',
    ],
    [
      'two fields with one response key',
      { query: '{ viewer { a: userId a: issuer } }' },
      'Fields "a" conflict because "userId" and "issuer" are different fields. Use different aliases on the fields to fetch both if this was intentional.',
    ],
  ];
  for (const [mistake, body, message] of messages) {
    it(mistake, async () => {
      const { text } = await answer(body);
      expect(JSON.parse(text).errors[0].message).toBe(message);
    });
  }

  it('suggests names only when graphql.suggestions is true', async () => {
    const query = '{ viewer { userID } }';
    const open = await testGateway((config) => Object.assign(config, { graphql: { suggestions: true } }));
    expect((await open.graphql(query)).errors?.[0].message).toBe(
      'Cannot query field "userID" on type "Viewer". Did you mean "userId"?',
    );
    expect((await gateway.graphql(query)).errors?.[0].message).toBe('Cannot query field "userID" on type "Viewer".');
  });
});
