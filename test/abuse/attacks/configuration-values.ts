import { parse } from 'yaml';
import { GOOD, WEB_SECRET } from '../../config/good-file.js';
import { rsaPair } from '../../support/keys.js';
import { secrets } from '../../support/secrets.js';
import type { ConfigurationTheme } from '../configuration-attack.js';
import { type Change, changed, edited } from '../configuration-file.js';

const ACME = 'tenants/0';
const addon = (name: string, field: string) => `${ACME}/clients/${name}/addons/${name}/${field}`;

/** Every field whose value is a URL. */
const URLS = [
  `${ACME}/issuer`,
  `${ACME}/issuers/0/jwks_uri`,
  `${ACME}/issuers/0/token_endpoint`,
  `${ACME}/clients/chat/jwks_uri`,
  addon('aws', 'sts_endpoint'),
  addon('sap_api', 'tokenEndpointUrl'),
  addon('salesforce_api', 'token_endpoint'),
  addon('salesforce_sandbox_api', 'token_endpoint'),
];
/** Every field from which the host or the path of a URL is built. */
const PARTS = [
  addon('aws', 'region'),
  addon('azure_blob', 'accountName'),
  addon('azure_blob', 'containerName'),
  addon('azure_sb', 'namespace'),
  addon('salesforce_api', 'communityName'),
  addon('salesforce_api', 'community_url_section'),
];
const everywhere = (fields: readonly string[], value: unknown) =>
  changed(...fields.map((field): Change => [field, value]));

const base64 = (bytes: number) => Buffer.alloc(bytes, 'k').toString('base64');
for (const bytes of [8, 31]) secrets.keep('a short secret', base64(bytes));

/** A copy of the first tenant, with changes. */
function twoTenants(changes: object): string {
  const document = parse(GOOD);
  const [acme, other] = document.tenants;
  Object.assign(other, { hosts: ['other.example.com'], signing_key: acme.signing_key, ...changes });
  return JSON.stringify(document);
}

export const CONFIGURATION_VALUES: ConfigurationTheme = {
  title: 'A configuration that calls another host, shows a secret, or is weak',
  attacks: [
    {
      name: 'A URL is of another scheme, over http to a host that only looks like this machine, or has credentials',
      source: 'OWASP Server Side Request Forgery Prevention Cheat Sheet, RFC 9700 §2.6',
      attack: () =>
        [
          ...['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:application/json,{}', 'javascript:1', 'unix:/run/x.sock'],
          ...[
            'gopher://127.0.0.1/',
            'blob:https://a.example/x',
            'http://login.example.com/',
            '//evil.example/',
            'https://',
          ],
          ...[
            'http://127.0.0.1.example.com/',
            'http://localhost.example.com/',
            'http://localhost./',
            'http://0.0.0.0/',
          ],
          ...[
            'http://[::]/',
            'http://[::ffff:127.0.0.1]/',
            'http://[::ffff:169.254.169.254]/',
            'http://169.254.169.254/',
          ],
          ...[
            'http://localhost@evil.example/',
            'http://127.0.0.1:80@evil.example/',
            'http://127.0.0.1%2eevil.example/',
          ],
          ...[`https://user:${WEB_SECRET}@a.example/`, 'https://user@a.example/', 'https://a.example/#x'],
          ...['http://evil.example#@127.0.0.1/', 'http://evil.example\\@127.0.0.1/'],
          ...[
            'https://a.example\n.evil.example/',
            'https://a.example/\tx',
            '\u0001https://a.example/',
            ' https://a.example/',
          ],
          ...[7, ['https://a.example/'], { file: 'keys/acme.pem' }],
        ].map((url) => everywhere(URLS, url)),
      control: () => everywhere(URLS.slice(1), 'http://127.0.0.1:8080/'),
      outcome: { refused: /; expected (an https URL without credentials or fragment|a string)/, errors: URLS.length },
    },
    {
      name: 'A part of a host or of a path contains the end of it, or another host',
      source: 'OWASP Server Side Request Forgery Prevention Cheat Sheet, RFC 3986 §3.2.2',
      attack: () =>
        [
          'evil.example/',
          'x@evil.example',
          'evil.example#',
          'x?y',
          '../x',
          'x/../..',
          'x:80',
          'x\r\nHost: y',
          'x%2f',
          'é',
        ].map((part) => everywhere(PARTS, part)),
      outcome: { refused: /^line 1: tenants\[0\]\.clients\[\d\]\.addons\./, errors: PARTS.length },
    },
    {
      name: 'The host of a tenant is a URL, or an origin is a host, a path or null',
      source: 'OWASP Top 10 A05:2021 Security Misconfiguration, Fetch §3.3',
      attack: () => [
        ...[
          'https://a.example',
          'a.example:80',
          'a.example/',
          'u@a.example',
          '*',
          '',
          'a..example',
          'a.example\r\nX: y',
        ].map((host) => changed([`${ACME}/hosts`, [host]])),
        ...['null', 'a.example', 'https://a.example/', 'https://u@a.example', 'https://A.example', '', 'file://'].map(
          (origin) => changed(['cors/origins', [origin]]),
        ),
      ],
      control: () => changed(['cors/origins', ['https://a.example', 'http://localhost:3000']]),
      outcome: { refused: /(a host name without scheme, path or port|"\*" or an origin such as)/, errors: 1 },
    },
    {
      name: 'A secret stands where check reports an error: as a key, in the wrong field, as the wrong type, in a URL',
      source: 'OWASP Logging Cheat Sheet',
      attack: () => [
        ...[`${WEB_SECRET}: x`, `"${WEB_SECRET}": x`, `client_secret:${WEB_SECRET}: x`, `? [${WEB_SECRET}]\n: x`].map(
          (line) => `${line}\n${GOOD}`,
        ),
        edited('{ env: WEB_SECRET }', `{{ ${WEB_SECRET} }}`),
        edited('{ env: WEB_SECRET }', `{ ${WEB_SECRET} }`),
        edited('{ env: WEB_SECRET }', `[${WEB_SECRET}]`),
        edited('{ env: WEB_SECRET }', `{ env: ${WEB_SECRET} }`),
        edited('{ env: WEB_SECRET }', `{ file: ${WEB_SECRET} }`),
        edited('{ env: WEB_SECRET }', `{ evn: ${WEB_SECRET} }`),
        edited('{ env: WEB_SECRET }', `"${WEB_SECRET}`),
        edited('{ env: WEB_SECRET }', `*${WEB_SECRET}`),
        edited('{ env: WEB_SECRET }', `!${WEB_SECRET} x`),
        edited('{ env: WEB_SECRET }', `@${WEB_SECRET}`),
        edited('store: memory', `store: "redis://:${WEB_SECRET}@cache.example.com"`),
        ...[
          'listen/port',
          'graphiql',
          'trust_proxy',
          'rate_limit/burst',
          'rate_limit/per_user',
          `rate_limit/${WEB_SECRET}`,
          `${ACME}/tokens_valid_after`,
          `${ACME}/signing_key`,
          `${ACME}/certificate`,
          `${ACME}/delegation/enabled`,
          `${ACME}/issuers/0/jwks_uri`,
          `${ACME}/issuers/1/jwks`,
          `${ACME}/clients/web/jwt_configuration/alg`,
          `${ACME}/clients/web/token_endpoint_auth_method`,
          `${ACME}/clients/web/${WEB_SECRET}`,
          `${ACME}/clients/chat/addons/${WEB_SECRET}`,
          `${ACME}/clients/chat/addons/firebase/private_key`,
          `${ACME}/clients/chat/addons/firebase/${WEB_SECRET}`,
          addon('aws', 'role'),
          addon('azure_blob', 'accountName'),
          addon('azure_blob', 'storageAccessKey'),
        ].map((field) => changed([field, WEB_SECRET])),
        ...[
          'listen/host',
          'trust_proxy',
          'cors/origins',
          `${ACME}/issuers/0/algorithms`,
          `${ACME}/clients/web/issuers`,
        ].map((field) => changed([field, [WEB_SECRET]])),
        changed([`${ACME}/clients/chat/allowed_clients`, [WEB_SECRET]]),
        changed([`${ACME}/issuers/0/jwks_uri`, `http://login.example.com/?api_key=${WEB_SECRET}`]),
      ],
      outcome: { refused: /./ },
    },
    {
      name: 'A signing key is of 1024 bits, has the exponent 3, is of another kind or not whole',
      source: 'RFC 7518 §3.3, RFC 8725 §3.5, CVE-2006-4339',
      attack: () =>
        ['keys/small.pem', 'keys/exponent.pem', 'keys/ec.pem', 'keys/garbage.pem', 'keys/acme.crt'].flatMap((file) => [
          changed([`${ACME}/signing_key`, { file }], [`${ACME}/certificate`, null]).replace('"certificate":null,', ''),
          changed([`${ACME}/clients/chat/addons/firebase/private_key`, { file }]),
          changed([addon('layer', 'privateKey'), { file }]),
        ]),
      control: () => changed([addon('layer', 'privateKey'), rsaPair('firebase').pem]),
      outcome: { refused: /; expected an (unencrypted )?RSA private key/, errors: 1 },
    },
    {
      name: 'A JWKS has only keys that are weak or secret, or none',
      source: 'RFC 8725 §3.5, RFC 7517 §9.2',
      attack: () => ['small', 'oct', 'none', 'list'].map((name) => edited('keys/old.json', `keys/${name}.json`)),
      outcome: { refused: /issuers\[1\]\.jwks: a mapping; expected a JWKS/, errors: 1 },
    },
    {
      name: 'The secret of an HS256 client is shorter than 32 bytes, also once it is decoded, or is missing',
      source: 'RFC 7518 §3.2, RFC 8725 §3.5',
      attack: () => [
        edited('env: WEB_SECRET', 'env: SHORT_SECRET'),
        edited('{ env: WEB_SECRET }', `"${'k'.repeat(31)}"`),
        edited('{ env: WEB_SECRET }', '""'),
        edited('{ env: WEB_SECRET }', `"${' '.repeat(5)}"`),
        edited('        client_secret: { env: WEB_SECRET }\n', ''),
        ...[base64(31), base64(8), '=', '????????????????????????????????????????????'].map((secret) =>
          changed(
            [`${ACME}/clients/web/client_secret`, secret],
            [`${ACME}/clients/web/jwt_configuration/secret_encoded`, true],
          ),
        ),
      ],
      control: () => edited('{ env: WEB_SECRET }', `"${'k'.repeat(32)}"`),
      outcome: {
        refused: /client_secret: .*; expected (a secret(, because| of at least 32 bytes)|base64 or base64url)/,
        errors: 1,
      },
    },
    {
      name: 'Everybody is a trusted proxy, so that each client chooses its address',
      source: 'RFC 7239 §8.1, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: () =>
        ['[0.0.0.0/0]', '["::/0"]', '[0.0.0.0/1, 128.0.0.0/1]', '["::ffff:0:0/96"]', '["2000::/3"]'].map((ranges) =>
          edited('trust_proxy: [10.0.0.0/8]', `trust_proxy: ${ranges}`),
        ),
      outcome: { warned: /trust_proxy: trusts every IPv[46] address/ },
    },
    {
      name: 'Every client may use the add-ons of a client',
      source: 'OWASP API5:2023 Broken Function Level Authorization',
      attack: () =>
        ['["*"]', '[web, "*"]'].map((allowed) => edited('allowed_clients: [web]', `allowed_clients: ${allowed}`)),
      outcome: { warned: /clients\[1\]\.allowed_clients: lets every client of the tenant use its add-ons/ },
    },
    {
      name: 'Two tenants have one issuer, one SAML entity id, one host in another spelling, or both every host',
      source: 'OWASP API1:2023 Broken Object Level Authorization, RFC 8725 §3.8',
      attack: () => [
        ...['https://acme.example.com/', 'https://acme.example.com/x', 'https://ACME.example.com:443/y'].map((issuer) =>
          twoTenants({ issuer }),
        ),
        ...['acme.example.com', 'ACME.example.com', 'acme.example.com.'].map((host) => twoTenants({ hosts: [host] })),
        edited('    hosts: [acme.example.com]\n', ''),
        twoTenants({ name: 'acme' }),
      ],
      control: () => twoTenants({ issuer: 'https://acme.example.com:8443/' }),
      outcome: {
        refused:
          /expected (another (issuer|name|host) than|a host that tenants\[0\] does not have|some, because tenants\[0\])/,
        errors: 1,
      },
    },
    {
      name: 'Two issuers of a tenant give users the same id, or one claims to be the gateway',
      source: 'OpenID Connect Core §5.7, RFC 8725 §3.8',
      attack: () => [
        edited('subject_prefix: old|', 'subject_prefix: ""'),
        edited('        subject_prefix: old|\n', ''),
        edited('subject_prefix: ""', 'subject_prefix: old|a'),
        edited('subject_prefix: ""', 'subject_prefix: old|'),
        edited('subject_prefix: old|', 'subject_prefix: "old\\0"'),
        edited('- issuer: https://old.example.com/', '- issuer: https://acme.example.com/'),
        edited('- issuer: https://old.example.com/', '- issuer: https://login.example.com/'),
      ],
      outcome: { refused: /expected (a prefix |an identity provider's issuer|another issuer)/, errors: 1 },
    },
    {
      name: 'A key of the configuration is one that every object has',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet, CVE-2019-10744',
      attack: () => [
        ...['', 'listen/', 'cors/', 'graphql/', 'rate_limit/', `${ACME}/`, `${ACME}/delegation/`, `${ACME}/issuers/0/`]
          .concat([`${ACME}/clients/chat/`, `${ACME}/clients/web/jwt_configuration/`, `${ACME}/clients/chat/addons/`])
          .concat([`${ACME}/clients/chat/addons/firebase/`, `${ACME}/clients/chat/addons/firebase/claims/`])
          .concat(`${ACME}/clients/chat/claims/`)
          .map((where) => changed([`${where}__proto__`, { polluted: true, graphiql: true, allowed_clients: ['*'] }])),
        ...['', 'listen/', `${ACME}/clients/chat/`, `${ACME}/clients/chat/addons/`].map((where) =>
          changed([`${where}constructor`, { prototype: { polluted: true } }]),
        ),
        ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) =>
          edited('env: WEB_SECRET', `env: ${name}`),
        ),
      ],
      control: () => changed([`${ACME}/clients/chat/claims`, { constructor: 'role', toString: 'role' }]),
      outcome: {
        refused: /unknown key; expected|expected (a claim name other than __proto__|the environment variable)/,
        errors: 1,
      },
    },
  ],
};
