import { GOOD, WEB_SECRET } from '../../config/good-file.js';
import type { ConfigurationTheme } from '../configuration-attack.js';
import { addon, type Change, changed, edited } from '../configuration-file.js';

const ACME = 'tenants/0';

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

export const CONFIGURATION_VALUES: ConfigurationTheme = {
  title: 'A configuration that calls another host, or shows a secret',
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
        edited('store: memory', `store: "http://:${WEB_SECRET}@cache.example.com"`),
        edited('store: memory', `store: "redis://:${WEB_SECRET}@cache.example.com/zero"`),
        edited('store: memory', `store: { cluster: ["redis://:${WEB_SECRET}@:6379"] }`),
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
          `${ACME}/signing_keys`,
          `${ACME}/clients/web/accepted_client_secrets`,
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
          `${ACME}/signing_keys`,
          `${ACME}/clients/web/issuers`,
        ].map((field) => changed([field, [WEB_SECRET]])),
        changed([`${ACME}/clients/chat/allowed_clients`, [WEB_SECRET]]),
        changed([`${ACME}/issuers/0/jwks_uri`, `http://login.example.com/?api_key=${WEB_SECRET}`]),
      ],
      outcome: { refused: /./ },
    },
  ],
};
