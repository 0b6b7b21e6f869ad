import { beforeAll } from 'vitest';
import { DELEGATE } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';
import { checkDocumentAnswer, checkGraphqlAnswer, checkJsonpAnswer } from './support/answers.js';
import { type Choices, mutateText } from './support/choices.js';
import { chooseAddress, type FuzzGateway, type FuzzRequest, fuzzGateway } from './support/gateway.js';
import { describeRequest } from './support/requests.js';
import { fuzz, type Outcome } from './support/run.js';
import { chooseToken, signToken } from './support/tokens.js';

const PATHS = [
  '/',
  '/livez',
  '/readyz',
  '/.well-known/jwks.json',
  '/saml/metadata',
  '/graphql/',
  '//graphql',
  '/delegation/x',
  '/GRAPHQL',
  '/%67raphql',
  '/graphql%00',
  '/../delegation',
  '/token',
  '/metrics',
];
const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'FOO', 'post'];

/** Values that a header of this name may have, right ones first. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json, text/plain',
    'application/json;;;',
    ';',
    'application/graphql-response+json',
    'text/html',
    'application/json\t;q=1',
  ],
  accept: [
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'text/event-stream',
    'multipart/mixed',
    'text/html',
    'application/json;q=0',
    '*',
    '',
    ',,,',
    'a/b;c="d,e"',
    'image/*',
  ],
  'accept-encoding': ['gzip', 'br;q=1.0, *;q=0', 'identity', '*', 'gzip;q=abc', ',,'],
  authorization: [
    'Basic d2ViOg==',
    'Basic',
    'Basic !!!',
    'Basic d2ViOnNlY3JldA==',
    'Bearer',
    'Bearer  a b',
    'Negotiate abc',
    'Digest username="x"',
    'Bearer a, Bearer b',
    'basic %%%',
  ],
  origin: ['https://app.example.com', 'null', 'http://', '*', 'https://app.example.com:99999'],
  host: [
    'gateway.test',
    'old.test',
    'OLD.TEST.',
    'old.test:80',
    'a@old.test',
    '[::1]',
    'x'.repeat(300),
    '..',
    'old.test, gateway.test',
  ],
  'x-forwarded-for': [
    '192.0.2.9',
    '10.0.0.1, 192.0.2.9',
    '2001:db8::1',
    '::ffff:1.2.3.4',
    '999.1.1.1',
    'unknown',
    ',,,',
    '192.0.2.9:443',
    '[2001:db8::1]:80',
    '10.0.0.1,'.repeat(400),
    '1',
    '0x7f.1',
    '64:ff9b::1.2.3.4',
    'fe80::1%eth0',
  ],
  'x-request-id': ['abc-1', 'a b', 'x'.repeat(65), '<script>', '..', '\u00e9'],
  'content-length': ['0', '7', '1e9', '-1', '999999999', 'abc', '0x10'],
  'content-encoding': ['gzip', 'identity', 'x'],
  'transfer-encoding': ['chunked', 'gzip, chunked', 'x'],
  expect: ['100-continue', 'x'],
  cookie: ['a=b', '__proto__=1'],
  'access-control-request-method': ['POST', 'X'],
  'access-control-request-headers': ['content-type', 'x-a, x-b', 'a'.repeat(1_000)],
  'if-none-match': ['*', '"x"', 'W/"x"'],
  'auth0-client': ['eyJuYW1lIjoiYXV0aDAuanMifQ==', 'x'],
  'x-http-method-override': ['GET', 'PUT'],
  forwarded: ['for=192.0.2.9', 'for="[::1]"'],
  range: ['bytes=0-1'],
  __proto__: ['1'],
};
const NAMES = Object.keys(HEADERS);

let gateway: FuzzGateway;
beforeAll(async () => {
  gateway = await fuzzGateway();
});

function build(choices: Choices): FuzzRequest {
  const idToken = signToken(chooseToken(choices, gateway.nowSeconds));
  const isGraphql = choices.chance(55);
  const path = choices.chance(90) ? (isGraphql ? '/graphql' : '/delegation') : choices.pick(PATHS);
  const query = choices.chance(5)
    ? `?${encodeURI(`query={__typename}&cbx=cb&x=${choices.text().toWellFormed()}`)}`
    : '';
  const headers = new Map<string, string>([['content-type', 'application/json']]);
  if (isGraphql || choices.chance(10)) headers.set('authorization', chooseBearer(choices, idToken));
  for (let count = choices.below(4); count > 0; count--) {
    const name = choices.pick(NAMES);
    const value = choices.pick(HEADERS[name] as readonly string[]);
    headers.set(
      name,
      choices.chance(25) ? toHeaderValue(mutateText(choices, value, [',', ';', '=', '"', '/', 'é'])) : value,
    );
  }
  if (choices.chance(3))
    for (let count = 0; count < 300; count++) headers.set(`x-${count}`, choices.text().replace(/[^ -~]/g, '.'));
  return {
    path: path + query,
    method: choices.chance(90) ? 'POST' : choices.pick(METHODS),
    headers: [...headers],
    body: isGraphql
      ? JSON.stringify({
          query: DELEGATE,
          variables: { input: { target: choices.pick(['bus', 'api', 'files', 'private']) } },
        })
      : JSON.stringify({ client_id: 'web', grant_type: GRANT_TYPE, id_token: idToken, target: 'bus' }),
    tokens: [idToken],
    remoteAddress: choices.chance(30)
      ? `10.${choices.below(256)}.${choices.below(65_536) >> 8}.7`
      : chooseAddress(choices),
  };
}

function chooseBearer(choices: Choices, token: string): string {
  if (choices.chance(75)) return `Bearer ${token}`;
  const value = choices.pick([
    `bearer  ${token}  `,
    `Bearer ${token} x`,
    `Bearer: ${token}`,
    token,
    `Basic ${token}`,
    `BEARER\t${token}`,
    `Bearer "${token}"`,
    `Bearer ${token}, ${token}`,
    `DPoP ${token}`,
  ]);
  return choices.chance(30) ? toHeaderValue(mutateText(choices, value, [' ', ',', '=', '"'])) : value;
}

/** What a header may hold: fetch refuses other characters before a request is sent, and node:http before it is read. */
function toHeaderValue(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '.').trim();
}

function check({ method, path }: FuzzRequest, answer: Awaited<ReturnType<FuzzGateway['send']>>): Outcome {
  if (method === 'OPTIONS' || answer.text === '') return { name: `empty ${answer.status}` };
  const pathname = new URL(path, 'http://gateway.test').pathname;
  if (pathname === '/graphql') return checkGraphqlAnswer(answer);
  if (pathname === '/delegation' && answer.status !== 421) return checkJsonpAnswer(answer);
  return checkDocumentAnswer(answer);
}

fuzz<FuzzRequest>({
  name: 'HTTP heads',
  cases: 25_400,
  build,
  run: async (request) => check(request, await gateway.send(request)),
  describe: describeRequest,
  atLeast: { success: 15, INVALID_REQUEST: 3, invalid_request: 3, INVALID_TOKEN: 1, document: 1 },
  kinds: 30,
});
