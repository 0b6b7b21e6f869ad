import type { GraphQLInputType } from 'graphql';
import { beforeAll } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { buildSchema } from '../../src/endpoints/graphql/schema/schema.js';
import { DELEGATE } from '../support/gateway.js';
import { checkGraphqlAnswer } from './support/answers.js';
import { type Choices, mutateText } from './support/choices.js';
import { inputValue } from './support/documents.js';
import { chooseAddress, type FuzzGateway, type FuzzRequest, fuzzGateway, TARGETS } from './support/gateway.js';
import { describeRequest, graphqlRequest } from './support/requests.js';
import { fuzz } from './support/run.js';
import { chooseToken, signToken } from './support/tokens.js';
import { chooseUpstreamAnswer } from './support/upstream.js';

const schema = buildSchema(ADDONS);
const INPUT = schema.getType('DelegateInput') as GraphQLInputType;

/** Documents with variables of other types, and with such as a directive reads. */
const DOCUMENTS = [
  'mutation($input: DelegateInput!) { delegate(input: $input) { credential { token expiresAt } refreshToken } }',
  'mutation($input: DelegateInput! = {}) { a: delegate(input: $input) { rateLimit { remaining } } b: delegate(input: $input) { refreshToken } }',
  'mutation($target: ID, $idToken: String) { delegate(input: { target: $target, subjectToken: { idToken: $idToken } }) { credential { token } } }',
  'query($on: Boolean!, $n: Int) { viewer @include(if: $on) { userId } __typename }',
  'query($off: Boolean = false, $input: DelegateInput) { viewer { userId @skip(if: $off) } }',
  'mutation($scope: [String!], $apiType: ApiType = APP) { delegate(input: { scope: $scope, apiType: $apiType }) { refreshToken } }',
];

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

function build(choices: Choices): FuzzRequest {
  const idToken = signToken(chooseToken(choices, gateway.nowSeconds));
  const refreshToken = `refresh-${choices.unique(24)}`;
  const known = { tokens: [idToken, idToken, idToken, refreshToken], clientIds: TARGETS };
  const query = choices.chance(40) ? choices.pick(DOCUMENTS) : DELEGATE;
  const variables: Record<string, unknown> = { input: inputValue(INPUT, '', choices, known) };
  if (query !== DELEGATE) {
    Object.assign(variables, { target: choices.pick(TARGETS), idToken, on: choices.chance(50), scope: ['openid'] });
  }
  const request = graphqlRequest(
    { query, variables: choices.chance(40) ? change(choices, variables) : variables },
    {
      tokens: [idToken, refreshToken],
      remoteAddress: chooseAddress(choices),
      upstream: chooseUpstreamAnswer(choices, { id_token: idToken, refresh_token: `rotated-${choices.unique(24)}` }),
    },
    { authorization: `Bearer ${idToken}` },
  );
  return choices.chance(5)
    ? { ...request, body: mutateText(choices, request.body as string, ['{', '}', '[', '"', ',']) }
    : request;
}

/** Replaces, adds or removes something at a random place of a value. */
function change(choices: Choices, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || choices.chance(15))
    return replace(choices, value);
  const entries = Object.entries(value);
  const at = choices.below(entries.length + 1);
  const entry = entries[at];
  if (!entry) return { ...value, [choices.text()]: replace(choices, value) };
  if (choices.chance(15)) return Object.fromEntries(entries.filter((each) => each !== entry));
  return Object.fromEntries(entries.map((each) => (each === entry ? [each[0], change(choices, each[1])] : each)));
}

function replace(choices: Choices, value: unknown): unknown {
  switch (choices.below(8)) {
    case 0:
      return null;
    case 1:
      return choices.json();
    case 2:
      return [value, value];
    case 3:
      return { value };
    case 4:
      return JSON.stringify(value) ?? '';
    case 5:
      return choices.pick([0, -1, 1e308, true, '', [], {}, 'APP', 'app', ['openid', null]]);
    case 6:
      return Array(choices.pick([10, 200, 1_001, 5_000])).fill(choices.pick([1, 'a', null]));
    default:
      return choices.text();
  }
}

fuzz<FuzzRequest>({
  name: 'GraphQL variables',
  cases: 8_000,
  build,
  run: async (request) => checkGraphqlAnswer(await gateway.send(request)),
  describe: describeRequest,
  atLeast: { success: 15, INVALID_REQUEST: 8, INVALID_TOKEN: 1, UNAUTHORIZED_CLIENT: 1, ADDON_NOT_CONFIGURED: 1 },
  kinds: 100,
});
