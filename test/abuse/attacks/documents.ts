import { getIntrospectionQuery } from 'graphql';
import { expect } from 'vitest';
import type { Ask, AttackRequest, Theme } from '../attack.js';
import type { Answer } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';

const BURST = 10;
const NO_DOCUMENTS = 'there are no documents at /delegation';
const notAt = { 'delegation-form': NO_DOCUMENTS, 'delegation-json': NO_DOCUMENTS };

/** Ten requests for each user. */
const LIMITS: Setting = {
  change: (config) =>
    void Object.assign(config, { rate_limit: { burst: BURST, per_user: false, attempts_per_minute: 10_000 } }),
};
const NO_INTROSPECTION: Setting = {
  change: (config) => void Object.assign(config, { graphql: { introspection: false } }),
};

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const byVictim = ({ token, victim }: Scene): Ask => ({ idToken: token({ sub: victim }) });

/** What every field of a document selects. */
const FIELD = 'delegate(input: $input) { credential { token } }';
const mutation = (fields: string, rest = '') => `mutation ($input: DelegateInput!) { ${fields} } ${rest}`;
const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

/** The honest request of the endpoint with another document, and with more in its variables and its body. */
function withDocument(scene: Scene, query: string, more: { variables?: object; body?: object } = {}): Ask {
  return {
    ...honest(scene),
    onWire(request) {
      const body = JSON.parse(request.body.toString());
      const variables = { ...body.variables, ...more.variables };
      return { ...request, body: JSON.stringify({ query, variables, ...more.body }) };
    },
  };
}

const documents =
  (...queries: readonly string[]) =>
  (scene: Scene): Ask[] =>
    queries.map((query) => withDocument(scene, query));

/** Sends a document whose fields all delegate, and reads the first of those that were granted. */
const send =
  (query: string, granted: number) =>
  (scene: Scene): AttackRequest =>
  async () => {
    const request = withDocument(scene, query);
    const answer = await scene.server.send(request.onWire!(scene.endpoint.write(request)));
    const { data, errors = [] } = JSON.parse(answer.text);
    const credentials = Object.values<{ credential: { token: string } } | null>(data ?? {}).filter(Boolean);
    expect(credentials).toHaveLength(granted);
    const codes = new Set(errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code));
    expect([...codes]).toEqual(errors.length > 0 ? ['RATE_LIMITED'] : []);
    const { token } = credentials[0]?.credential ?? {};
    return { ...answer, error: undefined, message: undefined, token, refreshToken: undefined } satisfies Answer;
  };

/** Of documents that do not parse or validate. Their status is 200 for clients that accept application/json alone. */
const INVALID = { rejected: 200, error: 'GRAPHQL_VALIDATION_FAILED' } as const;
const tooMuch = (message: string | RegExp) =>
  ({ refused: 'INVALID_REQUEST', status: 400, message, unaudited: 'graphql' }) as const;

/** No part of a token, and nothing else as long as one. */
function checkNoToken({ text }: Answer): void {
  expect(text).not.toMatch(/eyJ|[\w-]{43}/);
}

export const DOCUMENTS: Theme = {
  title: 'A GraphQL document that asks for more than it seems to',
  setting: LIMITS,
  attacks: [
    {
      name: 'One document asks for a credential under fifteen names',
      source: 'OWASP GraphQL Cheat Sheet: Batching Attacks, GraphQL § Field Alias',
      attack: send(mutation(repeat(15, (index) => `a${index}: ${FIELD}`)), BURST),
      control: byVictim,
      outcome: { granted: 'ten of them are granted, as many as the bucket of the user has' },
      effects: { signatures: BURST, spent: BURST },
      notAt,
    },
    {
      name: 'One document asks for a credential under more names than it may have',
      source: 'OWASP GraphQL Cheat Sheet: Batching Attacks, GraphQL § Field Alias',
      attack: documents(
        mutation(repeat(16, (index) => `a${index}: ${FIELD}`)),
        mutation(repeat(60, (index) => `a${index}: ${FIELD}`)),
        mutation(
          '...f ...g',
          `fragment f on Mutation { ${repeat(8, (i) => `a${i}: ${FIELD}`)} } fragment g on Mutation { ${repeat(8, (i) => `b${i}: ${FIELD}`)} }`,
        ),
      ),
      control: honest,
      outcome: tooMuch('The document has more than 15 aliases'),
      notAt,
    },
    {
      name: 'A fragment that asks for a credential is spread many times',
      source: 'OWASP GraphQL Cheat Sheet: Query Limiting, GraphQL § Field Selection Merging',
      attack: send(
        mutation(
          repeat(60, () => '...f'),
          `fragment f on Mutation { ${FIELD} ${FIELD} }`,
        ),
        1,
      ),
      control: byVictim,
      outcome: { granted: 'it is one field, which runs once' },
      notAt,
    },
    {
      name: 'Each of thirty fragments includes the next one twice, which is a billion fields in all',
      source: 'CVE-2022-30288, OWASP GraphQL Cheat Sheet: Query Limiting',
      attack: documents(
        mutation(
          '...f0',
          `${repeat(30, (n) => `fragment f${n} on Mutation { ...f${n + 1} ...f${n + 1} }`)} fragment f30 on Mutation { ${FIELD} }`,
        ),
      ),
      control: honest,
      outcome: tooMuch('The document is more than 8 levels deep'),
      notAt,
    },
    {
      name: 'Fragments include each other in a circle',
      source: 'CVE-2022-30288, OWASP GraphQL Cheat Sheet: Query Limiting',
      attack: documents(
        mutation('...a', 'fragment a on Mutation { ...b } fragment b on Mutation { ...a }'),
        mutation('...a', `fragment a on Mutation { ${FIELD} ...a }`),
      ),
      control: honest,
      outcome: INVALID,
      notAt,
    },
    {
      name: 'A document hides its fields behind @skip and @include',
      source: 'OWASP GraphQL Cheat Sheet: Query Limiting, GraphQL § @skip',
      attack: documents(
        mutation(repeat(15, (index) => `a${index}: delegate(input: $input) @skip(if: true) { refreshToken }`)),
        mutation(repeat(15, (index) => `a${index}: delegate(input: $input) @include(if: false) { refreshToken }`)),
        mutation('... @include(if: false) { ...f }', `fragment f on Mutation { ${FIELD} }`),
      ),
      control: honest,
      outcome: { rejected: 200, check: ({ text }) => expect(JSON.parse(text)).toEqual({ data: {} }) },
      notAt,
    },
    {
      name: 'A document has more tokens, lines or levels than it may have',
      source: 'OWASP GraphQL Cheat Sheet: Depth Limiting, CVE-2022-37734',
      attack: documents(
        mutation(`${FIELD} ${repeat(1_000, () => '__typename')}`),
        mutation(`${FIELD} ${repeat(200, () => '__typename @skip(if: false)')}`),
        mutation(`${FIELD} ${'\n'.repeat(1_001)}`),
        `{ viewer ${'{ targets '.repeat(9)} { name } ${'}'.repeat(9)} }`,
      ),
      control: honest,
      outcome: tooMuch(/The document (has more than 1000 (tokens|lines)|is more than 8 levels deep)/),
      notAt,
    },
    {
      name: 'A small document asks for the whole schema many times',
      source: 'OWASP GraphQL Cheat Sheet: Introspection, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: documents(
        `{ ${repeat(15, (index) => `a${index}: __schema { types { name fields { name description } } }`)} }`,
        `{ __schema { ${repeat(15, (index) => `a${index}: types { name description fields { name } }`)} } }`,
        '{ __schema { types { a: fields { name } b: fields { name } } } }',
      ),
      control: honest,
      outcome: tooMuch('The document has aliases within introspection'),
      notAt,
    },
    {
      name: 'A small document nests the lists of the schema in each other',
      source: 'OWASP GraphQL Cheat Sheet: Depth Limiting, OWASP GraphQL Cheat Sheet: Introspection',
      attack: documents(
        '{ __schema { types { fields { type { fields { type { fields { name description } } } } } } } }',
        '{ __schema { types { inputFields { type { inputFields { type { inputFields { name } } } } } } } }',
        '{ __schema { types { possibleTypes { interfaces { possibleTypes { name } } } } } }',
      ),
      control: honest,
      outcome: INVALID,
      notAt,
    },
    {
      name: 'The schema is asked for where introspection is off',
      source: 'OWASP GraphQL Cheat Sheet: Introspection',
      setting: NO_INTROSPECTION,
      attack: documents(
        getIntrospectionQuery(),
        '{ __schema { queryType { name } } }',
        '{ __type(name: "Viewer") { name } }',
      ),
      control: honest,
      outcome: { ...INVALID, check: ({ text }) => expect(text).not.toMatch(/"data"/) },
      notAt,
    },
    {
      name: 'A body has several operations, and does not say which one shall run',
      source: 'GraphQL § Executing Requests, OWASP GraphQL Cheat Sheet: Batching Attacks',
      attack: documents(
        `mutation a ($input: DelegateInput!) { ${FIELD} } mutation b ($input: DelegateInput!) { ${FIELD} }`,
      ),
      control: honest,
      outcome: tooMuch('Could not determine what operation to execute'),
      notAt,
    },
    {
      name: 'The variables hold a thousand values, or a name of a thousand characters',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, OWASP GraphQL Cheat Sheet: Input Validation',
      attack: (scene) => [
        withDocument(scene, mutation(FIELD), { variables: { list: Array(1_001).fill(0) } }),
        withDocument(scene, mutation(FIELD), { variables: { input: { scope: Array(1_001).fill('openid') } } }),
        withDocument(scene, mutation(FIELD), { variables: { ['n'.repeat(1_001)]: 0 } }),
      ],
      control: honest,
      outcome: tooMuch(/The variables hold (more than 1000 values|a key of more than 1000 characters)/),
      notAt,
    },
    {
      name: 'A wrong document holds a token, which the answer shall repeat',
      source: 'OWASP GraphQL Cheat Sheet: Excessive Errors, CVE-2019-7644',
      attack: (scene) =>
        documents(
          mutation(`delegate(input: "${scene.token()}") { refreshToken }`),
          mutation(`${FIELD} x${scene.token().replaceAll(/\W/g, '_')}`),
          mutation(`${FIELD} x(${scene.token().replaceAll(/\W/g, '_')}: 1)`),
        )(scene),
      control: honest,
      outcome: { ...INVALID, check: checkNoToken },
      notAt,
    },
    {
      name: 'A wrong variable holds a token, which the answer shall repeat',
      source: 'OWASP GraphQL Cheat Sheet: Excessive Errors, CVE-2019-7644',
      attack: (scene) => {
        const secret = scene.token();
        return [{ input: { apiType: secret } }, { input: secret }, { input: { [secret]: 1 } }].map((variables) =>
          withDocument(scene, mutation(FIELD), { variables }),
        );
      },
      control: honest,
      outcome: { ...tooMuch(/input/), check: checkNoToken },
      notAt,
    },
    {
      name: 'A misspelled field is sent to learn the names of the schema where introspection is off',
      source: 'OWASP GraphQL Cheat Sheet: Introspection, OWASP WSTG-APIT-01',
      setting: NO_INTROSPECTION,
      attack: documents(
        '{ viewe { id } }',
        'mutation { delegat(input: {}) { refreshToken } }',
        mutation(FIELD.replace('token', 'toke')),
      ),
      control: honest,
      outcome: { ...INVALID, check: ({ text }) => expect(text).not.toMatch(/did you mean|viewer|delegate\b/i) },
      notAt,
    },
  ],
};
