import { beforeAll } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { buildSchema } from '../../src/endpoints/graphql/schema/schema.js';
import { checkGraphqlAnswer } from './support/answers.js';
import { type Choices, mutateText } from './support/choices.js';
import { DocumentWriter } from './support/documents.js';
import { chooseAddress, type FuzzGateway, type FuzzRequest, fuzzGateway, TARGETS } from './support/gateway.js';
import { describeRequest, graphqlRequest } from './support/requests.js';
import { fuzz } from './support/run.js';
import { chooseToken, signToken } from './support/tokens.js';
import { chooseUpstreamAnswer } from './support/upstream.js';

const schema = buildSchema(ADDONS);

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

/** What GraphQL gives a meaning to. */
const PIECES =
  '{ } ( ) [ ] : ! $ @ | & = ... " """ # \\ \\u{110000} null true on fragment query mutation subscription __schema __type input @skip(if:$v0) @include(if:null) @deprecated @oneOf 1e999 -0 9999999999999999999 {a:{a:{a:{a:1}}}} ...F0 $v0 \u0000 \ufeff \ud800'.split(
    ' ',
  );
const REPEATED = ['{a', '[', '(', 'a:viewer{userId}', '"', ' ', '\n', '#', ',', '@a', '...F0 ', '$a:Int '] as const;

function build(choices: Choices): FuzzRequest {
  const { nowSeconds } = gateway;
  const idToken = signToken(chooseToken(choices, nowSeconds));
  const known = { tokens: [idToken], clientIds: TARGETS };
  const document = new DocumentWriter(schema, choices, known).write();
  const connection = {
    tokens: [idToken],
    remoteAddress: chooseAddress(choices),
    upstream: chooseUpstreamAnswer(choices, { id_token: idToken }),
  };
  const headers = choices.chance(30) ? { authorization: `Bearer ${idToken}` } : undefined;
  return graphqlRequest({ ...document, query: change(choices, document.query) }, connection, headers);
}

/** Leaves most documents as they are. The others are changed like texts, or made long or deep. */
function change(choices: Choices, query: string): string {
  if (choices.chance(60)) return query;
  if (!choices.chance(15)) return mutateText(choices, query, PIECES);
  const at = choices.below(query.length);
  const piece = choices.pick(REPEATED).repeat(choices.pick([2, 9, 16, 300, 1_001, 5_000]));
  return `${query.slice(0, at)}${piece}${query.slice(at)}`;
}

fuzz<FuzzRequest>({
  name: 'GraphQL documents',
  cases: 4_000,
  build,
  run: async (request) => checkGraphqlAnswer(await gateway.send(request)),
  describe: describeRequest,
  atLeast: { success: 10, GRAPHQL_PARSE_FAILED: 3, GRAPHQL_VALIDATION_FAILED: 3, INVALID_REQUEST: 3 },
  kinds: 80,
});
