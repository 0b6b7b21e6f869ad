import { expect } from 'vitest';
import { samlTenant } from '../../support/saml.js';
import type { Ask, Theme } from '../attack.js';
import type { Answer } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import { UPSTREAM_CANARY, type Upstreams } from '../upstreams.js';

const ROLE = 'arn:aws:iam::123456789012:role/reader';
const PROVIDER = 'arn:aws:iam::123456789012:saml-provider/gateway';

/** The add-ons that call a service: `sap`, `aws` and `sales`. Of `redirect`, `hostile`, `huge` and `entities` the service
 * is hostile. */
const WITH_SERVICES: Setting = {
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
      {
        client_id: 'entities',
        name: 'entities',
        allowed_clients: ['*'],
        addons: { aws: { ...aws, sts_endpoint: `${url}/entities` } },
      },
      { client_id: 'sales', name: 'sales', allowed_clients: ['*'], addons: { salesforce_api } },
    ];
    config.tenants[0]!.clients.push(...(clients as never[]));
  },
};

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

function checkNotRepeated({ text }: Answer, { server }: Scene): void {
  for (const address of addresses(server.upstreams)) expect(text).not.toContain(address);
  expect(text).not.toMatch(/<script>|trap/);
}

export const SERVICES: Theme = {
  title: 'A service behind the gateway, or an input that shall make it call another one',
  setting: WITH_SERVICES,
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
      name: 'A service answers with XML that names files and other servers, or grows when it is read',
      source: 'OWASP XML External Entity Prevention Cheat Sheet, OWASP API10:2023 Unsafe Consumption of APIs',
      attack: ({ token }) => ({ idToken: token(), target: 'entities', apiType: 'AWS' }),
      control: ({ token }) => ({ idToken: token(), target: 'aws', apiType: 'AWS' }),
      outcome: { refused: 'UPSTREAM_UNAVAILABLE', message: 'AWS' },
      effects: { signatures: 2, spent: 1, upstreamCalls: 1 },
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
  ],
};
