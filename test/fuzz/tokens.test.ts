import { beforeAll } from 'vitest';
import { checkGraphqlAnswer, checkLegacyAnswer } from './support/answers.js';
import type { Choices } from './support/choices.js';
import { chooseAddress, chooseTarget, type FuzzGateway, type FuzzRequest, fuzzGateway } from './support/gateway.js';
import {
  assertionParameters,
  delegateRequest,
  describeRequest,
  formRequest,
  graphqlRequest,
} from './support/requests.js';
import { fuzz } from './support/run.js';
import { chooseAssertion, chooseToken, makeToken, signToken } from './support/tokens.js';
import { chooseUpstreamAnswer } from './support/upstream.js';

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

const VIEWER = '{ viewer { id userId issuer targets { clientId apiTypes } } }';

/** A token as a subject token, a header, a client assertion, or what the identity provider answers to a refresh token. */
function build(choices: Choices): FuzzRequest {
  const { nowSeconds } = gateway;
  const token = makeToken(choices, chooseToken(choices, nowSeconds));
  const remoteAddress = chooseAddress(choices);
  const target = chooseTarget(choices);
  const connection = { remoteAddress, tokens: [token] };
  const bearer = { authorization: `Bearer ${token.replace(/[^\x21-\x7e]/g, '')}` };
  switch (choices.below(10)) {
    case 0:
      return graphqlRequest({ query: VIEWER }, connection, bearer);
    case 1:
    case 2:
      return formRequest({ client_id: choices.pick(['web', 'api']), id_token: token, target }, connection);
    case 3:
      return delegateRequest({ target }, connection, bearer);
    case 4: {
      const claims = { ...chooseToken(choices, nowSeconds) };
      claims.claims = { ...claims.claims, aud: 'backend' };
      const assertion = makeToken(choices, chooseAssertion(choices, nowSeconds));
      const idToken = signToken(claims);
      const tokens = [assertion, idToken];
      return formRequest(
        { client_id: 'backend', id_token: idToken, target, ...assertionParameters(assertion) },
        { remoteAddress, tokens },
      );
    }
    case 5: {
      const refreshToken = `refresh-${choices.unique(24)}`;
      const upstream = chooseUpstreamAnswer(choices, {
        id_token: token,
        refresh_token: `rotated-${choices.unique(24)}`,
      });
      const subjectToken = { refreshToken };
      return delegateRequest(
        { clientId: 'web', target, subjectToken },
        { remoteAddress, upstream, tokens: [token, refreshToken] },
      );
    }
    default:
      return delegateRequest({ subjectToken: { idToken: token }, ...(choices.chance(90) && { target }) }, connection);
  }
}

fuzz<FuzzRequest>({
  name: 'tokens',
  cases: 12_000,
  build,
  async run(request) {
    const answer = await gateway.send(request);
    return request.path === '/graphql' ? checkGraphqlAnswer(answer) : checkLegacyAnswer(answer);
  },
  describe: describeRequest,
  atLeast: { success: 10, INVALID_TOKEN: 20, UNAUTHORIZED_CLIENT: 1, INVALID_REQUEST: 0.5 },
  kinds: 60,
});
