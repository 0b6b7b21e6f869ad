import { beforeAll } from 'vitest';
import { DELEGATE } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';
import { checkGraphqlAnswer, checkLegacyAnswer } from './support/answers.js';
import { type Choices, JSON_PIECES, mutateText } from './support/choices.js';
import { chooseAddress, chooseTarget, type FuzzGateway, type FuzzRequest, fuzzGateway } from './support/gateway.js';
import { describeRequest } from './support/requests.js';
import { fuzz } from './support/run.js';
import { chooseToken, signToken } from './support/tokens.js';

const MEMBERS =
  'query variables operationName extensions id documentId client_id grant_type id_token refresh_token target scope api_type __proto__ constructor toString toJSON'.split(
    ' ',
  );
const PIECES = [...JSON_PIECES, '-', '\u0000', '//', "'"];
const EXTENSIONS = {
  persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38' },
};

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

function build(choices: Choices): FuzzRequest {
  const idToken = signToken(chooseToken(choices, gateway.nowSeconds));
  const path = choices.pick(['/graphql', '/delegation']);
  const target = chooseTarget(choices);
  const body: Record<string, unknown> =
    path === '/graphql'
      ? {
          query: choices.pick([DELEGATE, '{ viewer { userId } }', '{ __typename }']),
          variables: { input: { target, subjectToken: { idToken } } },
        }
      : { client_id: choices.pick(['web', 'api']), grant_type: GRANT_TYPE, id_token: idToken, target };
  return {
    path,
    headers: { 'content-type': 'application/json' },
    body: write(choices, choices.chance(55) ? changeMembers(choices, body) : body),
    tokens: [idToken],
    remoteAddress: chooseAddress(choices),
  };
}

function changeMembers(choices: Choices, body: Record<string, unknown>): unknown {
  if (choices.chance(5)) return choices.pick([[body], [body, body], null, 'query', 7, [], choices.json()]);
  const changed = { ...body };
  for (let count = 1 + choices.below(2); count > 0; count--) {
    const name = choices.chance(85) ? choices.pick(MEMBERS) : choices.text();
    const existing = choices.chance(50) ? choices.pick(Object.keys(body)) : name;
    const value = choices.pick([
      choices.json(),
      choices.text(),
      EXTENSIONS,
      7,
      null,
      false,
      [body.query],
      { a: 1 },
      '',
    ]);
    Object.defineProperty(changed, existing, { value, enumerable: true, configurable: true, writable: true });
  }
  return changed;
}

/** JSON, most of it as JSON.stringify writes it. */
function write(choices: Choices, body: unknown): string | Uint8Array {
  const text = JSON.stringify(body);
  if (choices.chance(65)) return text;
  switch (choices.below(9)) {
    case 0:
      return `\ufeff${text}`;
    case 1:
      return Buffer.from(text, choices.pick(['utf16le', 'latin1']));
    case 2:
      return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28]), Buffer.from('}')]);
    case 3:
      return `${text.slice(0, -1)},${text.slice(1)}`;
    case 4:
      return `{"a":${choices.pick(['[', '{"a":']).repeat(choices.pick([50, 1_000, 20_000]))}`;
    case 5:
      return `{"a":[${'1,'.repeat(choices.pick([100, 2_998, 3_000, 30_000]))}1],${text.slice(1)}`;
    case 6:
      return ` \t\r\n${JSON.stringify(body, undefined, choices.pick([1, '\t']))}\n `;
    default:
      return mutateText(choices, text, PIECES);
  }
}

fuzz<FuzzRequest>({
  name: 'JSON bodies',
  cases: 25_000,
  build,
  async run(request) {
    const answer = await gateway.send(request);
    return request.path === '/graphql' ? checkGraphqlAnswer(answer) : checkLegacyAnswer(answer);
  },
  describe: describeRequest,
  atLeast: { success: 15, INVALID_REQUEST: 5, invalid_request: 5, invalid_token: 1, unauthorized_client: 1 },
  kinds: 60,
});
