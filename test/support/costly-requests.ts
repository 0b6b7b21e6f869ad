import { getIntrospectionQuery } from 'graphql';

/** A request without a valid token. By default it is a POST to /graphql of a JSON body. */
export interface CostlyRequest {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const DELEGATE = 'mutation($input: DelegateInput!) { delegate(input: $input) { refreshToken } }';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function graphql(query: unknown, variables?: unknown, more: object = {}): CostlyRequest {
  return { body: JSON.stringify({ query, variables, ...more }) };
}

/** A list of texts, each made from its index. */
function list(count: number, each: (index: number) => string, separator = ' '): string {
  return Array.from({ length: count }, (_, index) => each(index)).join(separator);
}

function object(count: number, value: unknown, suffix = ''): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}${suffix}`, value]));
}

function nest(levels: number, open: string, close: string, inner = ''): string {
  return `${open.repeat(levels)}${inner}${close.repeat(levels)}`;
}

/** A token of this tenant's issuer and application whose signature does not verify. */
function forge(more: string, signature: Buffer = Buffer.alloc(256, 1)): string {
  const header = '{"alg":"RS256","kid":"idp-1"}';
  const payload = `{"iss":"https://login.example.com/","aud":"web","more":${more}}`;
  return [header, payload, signature].map((part) => Buffer.from(part).toString('base64url')).join('.');
}

function bearer(token: string, request: CostlyRequest = PLAIN): CostlyRequest {
  return { ...request, headers: { authorization: `Bearer ${token}` } };
}

/** The request that the others are compared with: it is executed, and refused because it has no token. */
export const PLAIN = graphql('{ viewer { userId } }');

const FIFTEEN_VIEWERS = graphql(`{ ${list(15, (i) => `a${i}: viewer { userId }`)} }`);

const TYPE = 'name description kind enumValues(includeDeprecated: true) { name description }';

/** Introspects each type through each other type that leads to it, as far as graphql-js lets lists nest. */
const INTROSPECTION = `
  fragment Schema on __Schema {
    types {
      fields { args { type { ...Wrapped } } type { ...Wrapped } }
      inputFields { type { ...Wrapped } }
      possibleTypes { ...Type }
      interfaces { ...Type }
    }
    directives { args { type { ...Wrapped } } }
  }
  fragment Wrapped on __Type { ...Type ofType { ...Type ofType { ...Type ofType { ...Type } } } }
  fragment Type on __Type {
    ${TYPE}
    fields { name description args { name description type { ${TYPE} } } type { ${TYPE} } }
    inputFields { name description type { ${TYPE} } }
    interfaces { ${TYPE} }
    possibleTypes { ${TYPE} }
  }`;

/** The most expensive requests that are known, by what makes them so. */
export const COSTLY_REQUESTS: Readonly<Record<string, Readonly<Record<string, CostlyRequest>>>> = {
  'wrong variables': {
    'a key of 95 KB that repeats the form of a message': graphql(DELEGATE, {
      input: { ...object(49, 1), ['; Variable "a" got invalid value '.repeat(2_900)]: 1 },
    }),
    'a key of 95 KB': graphql(DELEGATE, { input: { ...object(49, 1), ['x'.repeat(95_000)]: 1 } }),
    '60 unknown keys of 1,600 characters': graphql(DELEGATE, { input: object(60, 1, 'x'.repeat(1_600)) }),
    '100 unknown keys of 900 characters': graphql(DELEGATE, { input: object(100, 1, 'x'.repeat(900)) }),
    '999 unknown keys': graphql(DELEGATE, { input: object(999, 1, 'x'.repeat(80)) }),
    '999 keys like the names of fields': graphql(DELEGATE, { input: object(999, 1, 'apiTyp') }),
    '1,000 wrong values': graphql(DELEGATE, { input: { scope: Array.from({ length: 998 }, () => ({})) } }),
    '500 wrong values of 180 characters': graphql(DELEGATE, {
      input: { scope: Array.from({ length: 499 }, () => ['x'.repeat(180)]) },
    }),
    '15 wrong enum values of 6,400 characters': graphql(
      `mutation(${list(15, (i) => `$key${i}: ApiType`)}) { ${list(15, (i) => `a${i}: delegate(input: { apiType: $key${i} }) { refreshToken }`)} }`,
      object(15, 'FIREBAS '.repeat(800)),
    ),
    '998 keys where one is allowed': graphql(DELEGATE, { input: { subjectToken: object(998, 'x'.repeat(80)) } }),
    '60 unknown keys beside 90 KB of good values': graphql(DELEGATE, {
      input: { target: 'x'.repeat(45_000), clientId: 'x'.repeat(45_000), ...object(60, 1) },
    }),
    'objects nested 990 deep': {
      body: `{"query":${JSON.stringify(DELEGATE)},"variables":{"input":${nest(990, '{"a":', '}', '1')}}}`,
    },
    'a null for a condition, in each object of the schema': graphql(
      `query($b: Boolean = true) { __schema { types { fields { ${'\n'.repeat(900)} name @include(if: $b) } } } }`,
      { b: null },
    ),
    'a null for a condition, after 49,000 lines': graphql(
      `query($b: Boolean = true) { __schema { types { fields { ${'\n'.repeat(49_000)} name @include(if: $b) } } } }`,
      { b: null },
    ),
    'a null for a condition, in 15 aliases': graphql(
      `query($b: Boolean = true) { ${list(15, (i) => `a${i}: viewer @include(if: $b) { userId }`)} }`,
      { b: null },
    ),
  },
  'wrong documents': {
    '990 unknown fields': graphql(`{ viewer { ${list(990, (i) => `userI${i}`)} } }`),
    '990 unknown fields of 95 characters': graphql(`{ viewer { ${list(990, (i) => `userI${i}${'x'.repeat(90)}`)} } }`),
    'an unknown field of 95 KB': graphql(`{ viewer { ${'x'.repeat(95_000)} } }`),
    '9 unknown fields of 1,000 characters': graphql(
      `{ viewer { ${list(9, (i) => `userI${i}${'x'.repeat(1_000)}`)} } }`,
    ),
    '320 unknown input fields': graphql(
      `mutation { delegate(input: { ${list(320, (i) => `client${i}${'x'.repeat(290)}: 1`)} }) { refreshToken } }`,
    ),
    '490 unknown directives': graphql(`{ viewer { userId ${list(490, (i) => `@inclu${i}${'x'.repeat(180)}`)} } }`),
    '240 unknown types': graphql(`query(${list(240, (i) => `$a${i}: Delega${i}${'x'.repeat(380)}`)}) { __typename }`),
    '495 unknown fragments': graphql(`{ ${list(495, (i) => `...F${i}`)} }`),
    '240 unknown variables': graphql(
      `mutation { delegate(input: { ${list(240, (i) => `target: $v${i}`)} }) { refreshToken } }`,
    ),
    '240 variables of one name, on lines of their own': graphql(
      `query(${list(240, () => '$a: ID', '\n\n')}) { __typename }`,
    ),
    '240 wrong enum literals': graphql(
      `mutation { delegate(input: { ${list(240, (i) => `apiType: FIREBAS${i}${'X'.repeat(380)}`)} }) { refreshToken } }`,
    ),
    '200 strings in place of an enum value': graphql(
      `mutation { delegate(input: { ${list(200, () => `apiType: "${'FIREBAS '.repeat(60)}"`)} }) { refreshToken } }`,
    ),
    '15 enum literals of 6,300 characters': graphql(
      `mutation { ${list(15, (i) => `a${i}: delegate(input: { apiType: ${'FIREBAS'.repeat(900)} }) { refreshToken }`)} }`,
    ),
    'a block string of 33,000 lines in place of an input': graphql(
      `mutation { delegate(input: """${'a\n'.repeat(33_000)}""") { refreshToken } }`,
    ),
    '240 block strings in place of an input': graphql(
      `mutation { delegate(${list(240, () => `input: """${'a\n'.repeat(50)}"""`)}) { refreshToken } }`,
    ),
    'lists nested 480 deep in place of a string': graphql(
      `mutation { delegate(input: { target: ${nest(480, '[', ']')} }) { refreshToken } }`,
    ),
  },
  'overlapping fields and fragments': {
    '998 fields of one name': graphql(`{ ${list(998, () => '__typename')} }`),
    '15 aliases that conflict, and 940 fields': graphql(
      `{ viewer { ${list(15, (i) => `a: ${i % 2 === 0 ? 'userId' : 'issuer'}`)} ${list(900, () => 'userId')} } }`,
    ),
    'the same field with 70 arguments': graphql(
      `mutation { ${list(70, (i) => `delegate(input: { subjectToken: { idToken: "${i}" } }) { refreshToken }`)} }`,
    ),
    '70 deep fields': graphql(`{ ${list(70, () => 'viewer { client { ... on Application { name } } }')} }`),
    '30 fragments of 24 fields': graphql(
      `{ ${list(30, (i) => `...A${i}`)} } ${list(30, (i) => `fragment A${i} on Query { ${list(24, () => '__typename')} }`)}`,
    ),
    'fragments that spread all later ones': graphql(
      `{ ...A0 } ${list(22, (i) => `fragment A${i} on Query { ${list(21 - i, (j) => `...A${i + j + 1}`)} __typename }`)}`,
    ),
    'fragments that spread all others': graphql(
      `{ ...A0 } ${list(17, (i) => `fragment A${i} on Query { ${list(17, (j) => `...A${j}`)} }`)}`,
    ),
    '120 fragments in a chain': graphql(
      `{ ...A0 } ${list(119, (i) => `fragment A${i} on Query { ...A${i + 1} }`)} fragment A119 on Query { __typename }`,
    ),
    '240 inline fragments': graphql(`{ ${list(240, () => '... { viewer }')} }`),
    '160 directives on one field': graphql(`{ viewer { userId ${list(160, () => '@skip(if: false)')} } }`),
    '60 operations with 35 unknown variables': graphql(
      `${list(60, (i) => `mutation Q${i} { ...A }`)} fragment A on Mutation { ${list(35, (i) => `delegate(input: { subjectToken: { idToken: $v${i} } }) { refreshToken }`)} }`,
    ),
    '15 aliases on 900 lines': graphql(`{ ${'\n'.repeat(900)} ${list(15, (i) => `a${i}: viewer { userId }`)} }`),
    '15 aliases after 49,000 lines': graphql(
      `{ ${'\n'.repeat(49_000)} ${list(15, (i) => `a${i}: viewer { userId }`)} }`,
    ),
    '15 nulls for an argument with a default': graphql(
      `mutation($i: DelegateInput = {}) { ${'\n'.repeat(45_000)} ${list(15, (i) => `a${i}: delegate(input: $i) { refreshToken }`)} }`,
      { i: null },
    ),
  },
  'long documents': {
    '100 KB of {': graphql('{'.repeat(100_000)),
    '100 KB of [': graphql(`{ a(a: ${'['.repeat(100_000)}`),
    '100 KB of #': graphql('#'.repeat(100_000)),
    '30,000 comments': graphql('#\n'.repeat(30_000)),
    '33,000 byte order marks': graphql('\uFEFF'.repeat(33_000)),
    '50,000 lines': graphql('\n'.repeat(50_000)),
    '100 KB of commas': graphql(','.repeat(100_000)),
    '33,000 escapes': graphql(
      `mutation { delegate(input: { subjectToken: { idToken: "${'\\n'.repeat(33_000)}" } }) { refreshToken } }`,
    ),
    '14,000 Unicode escapes': graphql(
      `mutation { delegate(input: { subjectToken: { idToken: "${'\\u0041'.repeat(14_000)}" } }) { refreshToken } }`,
    ),
    'escapes in place of a name': graphql(`{ "${'\\n'.repeat(33_000)}" }`),
    'quotation marks and backslashes': graphql(`{ ${JSON.stringify(`x" ${'\\"'.repeat(10_000)}\\`)} }`),
    'a block string': graphql(
      `mutation { delegate(input: { subjectToken: { idToken: """${'"" '.repeat(20_000)}""" } }) { refreshToken } }`,
    ),
    'an unterminated string': graphql(`{ a "${'x'.repeat(100_000)}`),
    'a name': graphql('x'.repeat(100_000)),
    'a number': graphql(`mutation { delegate(input: { subjectToken: ${'9'.repeat(100_000)} }) { refreshToken } }`),
    'an alias': graphql(`{ ${'x'.repeat(95_000)}: viewer { userId } }`),
    'words in place of a name': graphql(`{ "${'abcdefghijk '.repeat(8_000)}" }`),
  },
  introspection: {
    'the standard query': graphql(getIntrospectionQuery()),
    'each type through each other one': graphql(`{ __schema { ...Schema } } ${INTROSPECTION}`),
    'the same under 15 aliases': graphql(`{ ${list(15, (i) => `a${i}: __schema { ...Schema }`)} } ${INTROSPECTION}`),
    'every type under 15 aliases': graphql(
      `{ __schema { ${list(15, (i) => `a${i}: types { fields { name description args { name description } } }`)} } }`,
    ),
    'one type under 15 aliases': graphql(
      `{ ${list(15, (i) => `a${i}: __type(name: "Credential") { possibleTypes { fields { args { type { ${TYPE} } } type { ${TYPE} } } } }`)} }`,
    ),
    'the mutation under 15 aliases': graphql(
      `{ ${list(15, (i) => `a${i}: __type(name: "Mutation") { fields { type { fields { type { ${TYPE} } } } args { type { ofType { inputFields { type { name } } } } } } }`)} }`,
    ),
  },
  'JSON bodies': {
    '50,000 nested lists': { body: nest(50_000, '[', ']') },
    '100,000 open lists': { body: '['.repeat(100_000) },
    '16,000 nested objects': { body: nest(16_000, '{"a":', '}', '1') },
    '8,000 keys': { body: JSON.stringify(object(8_000, 1)) },
    '50,000 numbers': { body: `[${'1,'.repeat(50_000)}1]` },
    '8,000 variables': graphql('{ __typename }', object(8_000, 1)),
    '12,000 nested variables': { body: `{"query":"{ __typename }","variables":${nest(12_000, '{"a":', '}', '1')}}` },
    '12,000 nested extensions': { body: `{"query":"{ __typename }","extensions":${nest(12_000, '{"a":', '}', '1')}}` },
    'an operationName of 90 KB': graphql('query A { __typename } query B { __typename }', undefined, {
      operationName: 'abcdefghijk" '.repeat(6_900),
    }),
    'an unknown parameter of 90 KB': graphql('{ __typename }', undefined, {
      ['; Variable "a" got invalid value '.repeat(2_700)]: 1,
    }),
  },
  tokens: {
    'of 16 KiB': bearer(forge(JSON.stringify('x'.repeat(11_500)))),
    'with nested claims': bearer(forge(nest(5_800, '[', ']'))),
    'with open brackets': bearer(forge('['.repeat(11_500))),
    'with 3,900 claims': bearer(forge(`[${'"",'.repeat(3_800)}""]`)),
    'with nested claims, for 15 aliases': bearer(forge(nest(5_800, '[', ']')), FIFTEEN_VIEWERS),
    'with claims, for 15 aliases': bearer(forge(`[${'{},'.repeat(3_800)}{}]`), FIFTEEN_VIEWERS),
    'of 6 KB, 15 of them': graphql(
      `mutation { ${list(15, (i) => `a${i}: delegate(input: { subjectToken: { idToken: "${forge(nest(2_000, '[', ']'))}" } }) { refreshToken }`)} }`,
    ),
    'with a signature of 11 KB': bearer(forge('1', Buffer.alloc(11_000, 1))),
    'of 96 KB': graphql(
      `mutation { delegate(input: { subjectToken: { idToken: "a.${'A'.repeat(96_000)}.a" } }) { refreshToken } }`,
    ),
    'of dots': bearer('.'.repeat(16_384)),
    'of 30 KB': bearer('a'.repeat(30_000)),
    'with spaces': { ...PLAIN, headers: { authorization: `Bearer${' '.repeat(15_000)}a${' '.repeat(15_000)}b` } },
  },
  'headers and URLs': {
    '15,000 media types': { ...PLAIN, headers: { accept: 'a,'.repeat(15_000) } },
    '30 KB of commas in Accept': { ...PLAIN, headers: { accept: ','.repeat(30_000) } },
    '3,000 proxies': { ...PLAIN, headers: { 'x-forwarded-for': '10.0.0.1,'.repeat(3_300) } },
    '15,000 parameters in the URL': { ...PLAIN, path: `/graphql?${'a&'.repeat(15_000)}` },
    '10,000 segments in the URL': { method: 'GET', path: `/${'../'.repeat(10_000)}` },
  },
  '/delegation': {
    '50,000 parameters': { path: '/delegation', headers: FORM, body: 'a&'.repeat(50_000) },
    '33,000 escapes': { path: '/delegation', headers: FORM, body: '%41'.repeat(33_000) },
    '8,000 keys': { path: '/delegation', body: JSON.stringify(object(8_000, 1)) },
    '100,000 open lists': { path: '/delegation', body: '['.repeat(100_000) },
    'a token with nested claims': {
      path: '/delegation',
      headers: FORM,
      body: `client_id=web&grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&id_token=${forge(nest(5_800, '[', ']'))}`,
    },
    'a client_id of 95 KB': {
      path: '/delegation',
      headers: FORM,
      body: `client_id=${'x'.repeat(95_000)}&grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&id_token=a`,
    },
  },
};
