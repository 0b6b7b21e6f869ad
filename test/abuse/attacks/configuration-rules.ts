import { parse } from 'yaml';
import { GOOD } from '../../config/good-file.js';
import { rsaPair } from '../../support/keys.js';
import { secrets } from '../../support/secrets.js';
import type { ConfigurationTheme } from '../configuration-attack.js';
import { addon, changed, edited } from '../configuration-file.js';

const ACME = 'tenants/0';

const base64 = (bytes: number) => Buffer.alloc(bytes, 'k').toString('base64');
for (const bytes of [8, 31]) secrets.keep('a short secret', base64(bytes));

const KEY_AND_CERTIFICATE = 'signing_key: { file: keys/acme.pem }\n    certificate: { file: keys/acme.crt }';

/** A copy of the first tenant, with changes. */
function twoTenants(changes: object): string {
  const document = parse(GOOD);
  const [acme, other] = document.tenants;
  Object.assign(other, { hosts: ['other.example.com'], signing_key: acme.signing_key, ...changes });
  return JSON.stringify(document);
}

export const CONFIGURATION_RULES: ConfigurationTheme = {
  title: 'A configuration that is weak, or contradicts itself',
  attacks: [
    {
      name: 'A signing key is of 1024 bits, has the exponent 3, is of another kind or not whole',
      source: 'RFC 7518 §3.3, RFC 8725 §3.5, CVE-2006-4339',
      attack: () =>
        ['keys/small.pem', 'keys/exponent.pem', 'keys/ec.pem', 'keys/garbage.pem', 'keys/acme.crt'].flatMap((file) => [
          changed([`${ACME}/signing_key`, { file }], [`${ACME}/certificate`, null]).replace('"certificate":null,', ''),
          changed([`${ACME}/clients/chat/addons/firebase/private_key`, { file }]),
          changed([addon('layer', 'privateKey'), { file }]),
          edited(KEY_AND_CERTIFICATE, `signing_keys: [{ key: { file: keys/next.pem } }, { key: { file: ${file} } }]`),
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
        edited('{ env: WEB_SECRET }', '{ env: WEB_SECRET }\n        accepted_client_secrets: [{ env: SHORT_SECRET }]'),
        ...[base64(31), base64(8), '=', '????????????????????????????????????????????'].map((secret) =>
          changed(
            [`${ACME}/clients/web/client_secret`, secret],
            [`${ACME}/clients/web/jwt_configuration/secret_encoded`, true],
          ),
        ),
      ],
      control: () => edited('{ env: WEB_SECRET }', `"${'k'.repeat(32)}"`),
      outcome: {
        refused: /client_secret(s\[0\])?: .*; expected (a secret(, because| of at least 32 bytes)|base64 or base64url)/,
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
    {
      name: 'A configured claim replaces one that decides who the user is or where the token comes from',
      source: 'RFC 7519 §4.1, RFC 8693 §4.1',
      attack: () =>
        'iss sub aud exp nbf iat jti azp auth_time acr amr cnf act client_id scope idp chain_iat chain_exp'
          .split(' ')
          .map((name) =>
            edited('claims: { role: app_metadata.role }\n        addons', `claims: { ${name}: role }\n        addons`),
          ),
      outcome: {
        refused: /clients\[1\]\.claims\.\w+: a string; expected a claim name that is not reserved$/,
        errors: 1,
      },
    },
    {
      name: 'Two clients have one client_id, or a client allows one of another tenant',
      source: 'RFC 6749 §2.2, OWASP API1:2023 Broken Object Level Authorization',
      attack: () => [
        edited('client_id: chat', 'client_id: web'),
        edited('issuers: []\n  - name: other', 'issuers: []\n      - { client_id: web, issuers: [] }\n  - name: other'),
        `${GOOD}        allowed_clients: [chat]\n`,
      ],
      outcome: { refused: /expected (another client_id than|the client_id of a client of this tenant)/ },
    },
  ],
};
