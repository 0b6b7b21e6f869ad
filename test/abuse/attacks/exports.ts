import { expect } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { WEB_SECRET } from '../../config/good-file.js';
import { rsaPair } from '../../support/keys.js';
import type { CommandResult, ConfigurationTheme } from '../configuration-attack.js';

/** Texts that mean something else where YAML is written without quotes, or that end the text around them. */
const TEXTS = [
  'x\n      - client_id: evil\n        allowed_clients: ["*"]',
  'x"\n      - client_id: evil',
  "x'\n      - client_id: evil",
  'x\r- client_id: evil',
  'x\u0085- client_id: evil',
  'x\u2028- client_id: evil',
  '"}, { client_id: evil, name: "',
  'x # allowed_clients: ["*"]',
  '# x',
  '\n---\ntenants: []',
  '--- x',
  '...',
  '%YAML 1.1',
  '&a',
  '*a',
  '!!js/function x',
  '! x',
  '<<',
  '? x',
  '- x',
  'x: y',
  ': x',
  '| x',
  '>-',
  '@x',
  '`x`',
  '{{ x }}',
  '[x]',
  '{ env: PATH }',
  '{ file: /etc/passwd }',
  ...['null', '~', 'true', 'yes', 'NO', '0x10', '017', '1_000', '1e3', '.inf', '.nan', '2001-01-01', '12:30:45', '='],
  '',
  ' x ',
  '\tx',
  'x\\n- y',
  '\u202ex',
  '\ufeffx',
];

interface Client {
  readonly client_id: string;
  readonly name?: string;
  readonly [field: string]: unknown;
}

function readClients({ stdout }: CommandResult): readonly Client[] {
  const document = parseDocument(stdout);
  expect([...document.errors, ...document.warnings]).toEqual([]);
  const { tenants } = document.toJS();
  expect(tenants).toHaveLength(1);
  return tenants[0].clients;
}

const readFirebase = (addons: unknown) => (addons as { firebase: Readonly<Record<string, unknown>> }).firebase;
const exported = (...clients: readonly object[]) => JSON.stringify(clients);
const sapOf = (tokenEndpointUrl: string) => ({
  client_id: 'erp',
  addons: { sap_api: { clientid: 'gateway', servicePassword: WEB_SECRET, tokenEndpointUrl } },
});

export const EXPORTS: ConfigurationTheme = {
  title: 'An export of Auth0 whose clients were written by somebody else',
  attacks: [
    {
      name: 'The id, name or any other text of a client contains YAML',
      source: 'OWASP Top 10 A03:2021 Injection',
      command: 'import-auth0',
      attack: () => [
        exported(
          ...TEXTS.map((text, index) => ({
            client_id: `${index}${text}`,
            name: text,
            description: text,
            client_metadata: { [text]: text },
            callbacks: [text],
            grant_types: [`grant ${text}`],
            allowed_clients: [`${index}${text}`, `0${TEXTS[0]}`],
            addons: {
              firebase: {
                client_email: `a${text}`,
                private_key: rsaPair('firebase').pem,
                private_key_id: `k${text}`,
              },
            },
          })),
        ),
      ],
      outcome: {
        accepted: 'the gateway.yaml has these texts, and no client, key or document more',
        check(result) {
          const given = parse(result.text) as readonly Client[];
          const clients = readClients(result);
          expect(clients.map(({ client_id }) => client_id)).toEqual(given.map(({ client_id }) => client_id));
          for (const [index, client] of clients.entries()) {
            const { name, allowed_clients, grant_types, addons } = given[index] as Client;
            const { client_email, private_key_id } = readFirebase(addons);
            expect(client.name ?? '').toBe(name);
            expect(client.allowed_clients).toEqual([...new Set(allowed_clients as string[])]);
            expect(client.grant_types).toEqual(grant_types);
            expect(readFirebase(client.addons)).toMatchObject({ client_email, private_key_id });
          }
        },
      },
    },
    {
      name: 'The name of the tenant contains YAML',
      source: 'OWASP Top 10 A03:2021 Injection',
      command: 'import-auth0',
      attack: () =>
        TEXTS.filter((text) => text.trim() !== '').map((friendly_name) =>
          JSON.stringify({ tenant: { friendly_name }, clients: [{ client_id: 'a' }] }),
        ),
      outcome: {
        accepted: 'the tenant has this name, or auth0 in its place, and no client more',
        check(result) {
          expect(readClients(result)).toHaveLength(1);
          const { friendly_name } = JSON.parse(result.text).tenant;
          // A name with other characters than words have is not taken over.
          const expected = /^[\w .-]{1,64}$/.test(friendly_name) ? friendly_name : 'auth0';
          expect(parse(result.stdout).tenants[0].name).toBe(expected);
        },
      },
    },
    {
      name: 'A client of an export has the keys that every object has',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet, CVE-2019-10744',
      command: 'import-auth0',
      attack: () => {
        const evil = '{"name":"polluted","hs256_delegation":true,"allowed_clients":["evil"]}';
        return [
          `[{"client_id":"a","__proto__":${evil}}]`,
          `[{"client_id":"a","constructor":{"prototype":${evil}}}]`,
          `[{"client_id":"a","addons":{"__proto__":{"wams":{"masterkey":"polluted"}},"constructor":${evil}}}]`,
          `[{"client_id":"a","jwt_configuration":{"__proto__":{"alg":"HS256"},"constructor":1}}]`,
          `{"__proto__":{"clients":[{"client_id":"evil"}]},"clients":[{"client_id":"a"}],"tenant":{"__proto__":{"friendly_name":"polluted"}}}`,
        ];
      },
      outcome: {
        accepted: 'nothing of them is in the gateway.yaml',
        check(result) {
          expect(readClients(result).map(({ client_id }) => client_id)).toEqual(['a']);
          expect(result.stdout).not.toMatch(/polluted|evil|hs256_delegation|alg: HS256|__proto__|constructor/);
        },
      },
    },
    {
      name: 'The secrets of an export, also in fields that nobody knows, are printed',
      source: 'OWASP Secrets Management Cheat Sheet, OWASP Logging Cheat Sheet',
      command: 'import-auth0',
      attack: () => [
        exported({
          client_id: 'a',
          client_secret: WEB_SECRET,
          signing_keys: [{ pkcs7: WEB_SECRET }],
          unknown_secret: WEB_SECRET,
          [WEB_SECRET]: 1,
          encryption_key: { pub: WEB_SECRET },
          jwt_configuration: { alg: 'HS256', [WEB_SECRET]: 1, secret: WEB_SECRET },
          addons: {
            wams: { masterkey: WEB_SECRET },
            layer: { privateKey: WEB_SECRET, providerId: 'p', keyId: 'k' },
            azure_sb: { namespace: 'acme', sasKeyName: 'send', sasKey: WEB_SECRET, entityPath: '' },
            custom: { password: WEB_SECRET },
          },
        }),
        exported(sapOf('https://sap.example.com/token')),
      ],
      outcome: { accepted: 'only names of variables are in the gateway.yaml' },
    },
    {
      name: 'An export that is not valid holds secrets where the error is',
      source: 'OWASP Secrets Management Cheat Sheet, OWASP Logging Cheat Sheet',
      command: 'import-auth0',
      attack: () => [
        `[{"client_id":"a","client_secret":"${WEB_SECRET}"`,
        `[{"client_id":"a","client_secret":${WEB_SECRET}}]`,
        `{"${WEB_SECRET}":"${WEB_SECRET}"}`,
        `"${WEB_SECRET}"`,
        WEB_SECRET,
      ],
      outcome: {
        refused: /is not valid JSON|is neither a client nor a list of clients|is not a client and contains no/,
        errors: 1,
      },
    },
    {
      name: 'The token endpoint of a client in an export is a file, on another host over http, or has credentials',
      source: 'OWASP Server Side Request Forgery Prevention Cheat Sheet',
      command: 'import-auth0',
      attack: () =>
        [
          'file:///etc/passwd',
          'http://169.254.169.254/',
          'http://127.0.0.1.example.com/',
          `https://user:${WEB_SECRET}@sap.example.com/`,
          'https://sap.example.com\n.evil.example/',
        ].map((url) => exported(sapOf(url))),
      control: () => exported(sapOf('https://sap.example.com/token')),
      outcome: {
        accepted: 'the client has no such add-on, and the notes say so',
        check(result) {
          expect(readClients(result)[0]).not.toHaveProperty('addons.sap_api');
          expect(result.lines.join('\n')).toContain('sap_api');
        },
      },
    },
    {
      name: 'The YAML of an export is a bomb',
      source: 'CVE-2019-11253, CVE-2022-25857',
      command: 'import-auth0',
      file: 'tenant.yaml',
      attack: () => [
        `clients:\n  - client_id: ${'['.repeat(100_000)}`,
        `clients: &a [*a]`,
        `a: &a [x, x]\nb: &b [${'*a, '.repeat(9)}]\nc: &c [${'*b, '.repeat(9)}]\nclients: [${'*c, '.repeat(9)}]`,
        `clients: [*none]`,
        `clients: [&a x, ${'*a, '.repeat(50_000)}]`,
        `clients:\n  - client_id: a\n    client_id: b`,
      ],
      control: () => 'clients:\n  - &a { client_id: a }\n  - { client_id: b, custom_login_page: !include b.html }\n',
      outcome: { refused: /is nested too deeply|is not valid YAML/, errors: 1 },
    },
  ],
};
