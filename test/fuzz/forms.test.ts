import { beforeAll } from 'vitest';
import { GRANT_TYPE } from '../support/legacy.js';
import { checkJsonpAnswer, checkLegacyAnswer } from './support/answers.js';
import { type Choices, mutateText } from './support/choices.js';
import { chooseAddress, chooseTarget, type FuzzGateway, type FuzzRequest, fuzzGateway } from './support/gateway.js';
import { assertionParameters, describeRequest } from './support/requests.js';
import { fuzz } from './support/run.js';
import { chooseAssertion, chooseToken, makeToken, signToken } from './support/tokens.js';
import { chooseUpstreamAnswer } from './support/upstream.js';

type Parameters = [name: string, value: string][];

const API_TYPES = 'app auth0 aws azure_blob azure_sb firebase layer salesforce_api sap_api wams APP'.split(' ');
const NAMES =
  'client_id grant_type id_token refresh_token target scope api_type client_secret client_assertion client_assertion_type role principal nonce community_name sap_scope access_token code device cbx callback CLIENT_ID client_id[] id_token[0] __proto__ constructor'.split(
    ' ',
  );
const PIECES = [
  '&',
  '=',
  ';',
  '+',
  '%',
  '%2',
  '%00',
  '%26',
  '%C3%28',
  '%u0041',
  '&&',
  '?',
  '#',
  '\r\n',
  '[]',
  '\u0000',
];

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

function build(choices: Choices): FuzzRequest {
  const { nowSeconds } = gateway;
  const parts = chooseToken(choices, nowSeconds);
  const token = choices.chance(15) ? makeToken(choices, parts) : signToken(parts);
  const refreshToken = `refresh-${choices.unique(24)}`;
  const assertion = choices.chance(4) ? makeToken(choices, chooseAssertion(choices, nowSeconds)) : undefined;
  const audience = parts.claims.aud;
  const parameters: Parameters = Object.entries({
    grant_type: GRANT_TYPE,
    client_id: choices.chance(90) && typeof audience === 'string' ? audience : chooseTarget(choices),
    ...(choices.chance(90) ? { id_token: token } : { refresh_token: refreshToken }),
    ...(choices.chance(80) && { target: chooseTarget(choices) }),
    ...(choices.chance(30) && { api_type: choices.pick(API_TYPES) }),
    ...(choices.chance(15) && {
      scope: choices.pick(['openid', 'openid profile', 'passthrough', 'a"b', 'email  openid']),
    }),
    ...(assertion !== undefined && assertionParameters(assertion)),
  });
  if (choices.chance(35)) changeParameters(choices, parameters);
  const text = new URLSearchParams(parameters).toString();
  const isOld = choices.chance(12);
  const connection = {
    tokens: [token, refreshToken, ...(assertion === undefined ? [] : [assertion])],
    remoteAddress: chooseAddress(choices),
    upstream: chooseUpstreamAnswer(choices, { id_token: token, refresh_token: `rotated-${choices.unique(24)}` }),
    host: isOld ? 'old.test' : 'gateway.test',
    path: '/delegation',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
  if (isOld && choices.chance(80)) {
    const callback = choices.chance(80)
      ? choices.pick(['cb', '$', '_jsonp1', 'Auth0.cb', 'x'.repeat(65)])
      : choices.text();
    return {
      ...connection,
      method: 'GET',
      path: `/delegation?${text}&cbx=${encodeURIComponent(callback.toWellFormed())}`,
    };
  }
  return { ...connection, body: changeBody(choices, text) };
}

function changeParameters(choices: Choices, parameters: Parameters): void {
  for (let count = 1 + choices.below(2); count > 0; count--) {
    const at = choices.below(parameters.length + 1);
    const value = choices.chance(30) ? JSON.stringify(choices.json()) : choices.text();
    const name = choices.chance(70) ? choices.pick(NAMES) : choices.text();
    switch (choices.below(5)) {
      case 0:
        parameters.splice(at, 1);
        break;
      case 1:
        parameters.splice(at, 0, [name, value]);
        break;
      case 2:
        if (parameters[at]) parameters.push([parameters[at][0], choices.pick([parameters[at][1], value, ''])]);
        break;
      case 3:
        if (parameters[at]) parameters[at][1] = value;
        break;
      default:
        if (parameters[at]) parameters[at][0] = name;
    }
  }
}

/** Leaves most bodies as they are. */
function changeBody(choices: Choices, text: string): string | Uint8Array {
  if (choices.chance(80)) return text;
  switch (choices.below(6)) {
    case 0:
      return `${text}${'&a=b'.repeat(choices.pick([10, 998, 1_000, 20_000]))}`;
    case 1:
      return Buffer.concat([Buffer.from(text), Buffer.from(choices.pick([[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80]]))]);
    case 2:
      return `${text}&scope=${'x'.repeat(choices.pick([5_000, 100_000, 102_400]))}`;
    case 3:
      return choices.pick(['', '&', '=', choices.text(), JSON.stringify(choices.json())]);
    default:
      return mutateText(choices, text, PIECES);
  }
}

fuzz<FuzzRequest>({
  name: 'forms',
  cases: 25_000,
  build,
  async run(request) {
    const answer = await gateway.send(request);
    return request.method === 'GET' ? checkJsonpAnswer(answer) : checkLegacyAnswer(answer);
  },
  describe: describeRequest,
  atLeast: { success: 15, invalid_request: 15, invalid_token: 3, unauthorized_client: 2, invalid_scope: 0.2 },
  kinds: 60,
});
