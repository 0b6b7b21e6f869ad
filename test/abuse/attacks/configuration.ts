import { randomBytes } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { GOOD } from '../../config/good-file.js';
import type { ConfigFolder } from '../../support/config-folder.js';
import { secrets } from '../../support/secrets.js';

/** Stands in the files where a secret could stand, and must not be in what `check` prints. */
export const CANARY = randomBytes(36).toString('base64url');
secrets.keep('the canary of a configuration', CANARY);

/** A row about a file in place of a request: `check` reads it, and so does every start and reload. */
export interface ConfigurationAttack {
  readonly name: string;
  readonly source: string;
  /** The files, each made of the valid one. Beside them there may be others in the folder. */
  readonly files: (folder: ConfigFolder) => readonly string[];
  /** Whether the file is refused or valid with a warning, and what `check` says. */
  readonly outcome: { readonly refused: RegExp } | { readonly warned: RegExp } | { readonly valid: RegExp };
}

/** The valid file with one text replaced by others. */
const replace = (find: string, ...texts: readonly string[]) => {
  if (!GOOD.includes(find)) throw new Error(`not in the valid file: ${find}`);
  return texts.map((text) => GOOD.replace(find, () => text));
};

const laughs = Array.from({ length: 9 }, (_, n) => `x${n + 1}: &x${n + 1} [${Array(9).fill(`*x${n}`).join(', ')}]`);
const SECRET = 'client_secret: { env: WEB_SECRET }';
const LAST_CLIENT = 'jwks.json\n    clients:\n      - client_id: web\n';

/** Makes symbolic links beside the file. */
function link(folder: ConfigFolder, ...links: readonly (readonly [target: string, name: string])[]): void {
  for (const [target, name] of links) symlinkSync(target, `${folder.path}/${name}`);
}

export const CONFIGURATION: { readonly title: string; readonly attacks: readonly ConfigurationAttack[] } = {
  title: 'A configuration that does harm',
  attacks: [
    {
      name: 'A small YAML file has aliases of aliases, which are gigabytes',
      source: 'CVE-2019-11253, OWASP API4:2023 Unrestricted Resource Consumption',
      files: () => [`x0: &x0 lol\n${laughs.join('\n')}\n${GOOD}`],
      outcome: { refused: /too many aliases/ },
    },
    {
      name: 'A YAML file nests 100,000 levels deep, or includes itself',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, CVE-2022-41854',
      files: () => [
        `${GOOD}x: ${'['.repeat(100_000)}`,
        `${GOOD}x: ${'{ a: '.repeat(100_000)}`,
        `${GOOD}x: &x [*x]\n`,
        `${GOOD}x:\n  ${'- '.repeat(5_000)}1\n`,
      ],
      outcome: { refused: /nested too deeply|too many aliases/ },
    },
    {
      name: 'A YAML file has a tag that makes other libraries run code',
      source: 'CVE-2013-4660, CVE-2017-18342, OWASP Deserialization Cheat Sheet',
      files: () =>
        [
          '!!js/function "function () { process.exit(7) }"',
          '!!python/object/apply:os.system ["id"]',
          '!ruby/object:X {}',
        ].map((value) => `${GOOD}x: ${value}\n`),
      outcome: { refused: /not valid YAML at column \d+ \(tag resolve failed\)/ },
    },
    {
      name: 'A YAML file sets properties of a prototype',
      source: 'OWASP Prototype Pollution Prevention Cheat Sheet',
      files: () => [
        `${GOOD}__proto__: { graphiql: true }\n`,
        `${GOOD}constructor: { prototype: { graphiql: true } }\n`,
        ...replace('delegation: { enabled: true }', 'delegation: { __proto__: { enabled: true } }'),
      ],
      outcome: { refused: /unknown key/ },
    },
    {
      name: 'A key is there twice, so that a reader and the gateway see different values',
      source: 'RFC 8259 §4, OWASP Top 10 A05:2021 Security Misconfiguration',
      files: () => replace('delegation: { enabled: true }', 'delegation: { enabled: false, enabled: true }'),
      outcome: { refused: /duplicate key/ },
    },
    {
      name: 'A secret stands where a key, a variable or a file name should stand',
      source: 'OWASP Secrets Management Cheat Sheet, OWASP Logging Cheat Sheet',
      files: () => [
        ...replace(SECRET, `${CANARY}: x`, `client_secret: { env: ${CANARY} }`, `client_secret: { file: ${CANARY} }`),
        ...replace(SECRET, `client_secret: { ${CANARY}: x }`, `client_secret: [${CANARY}]`),
        ...replace('name: acme', `${CANARY}: acme`),
        ...replace('alg: HS256', `alg: ${CANARY}`),
      ],
      outcome: { refused: /tenants\[0\]/ },
    },
    {
      name: 'A line with a secret is no YAML',
      source: 'OWASP Secrets Management Cheat Sheet, OWASP Logging Cheat Sheet',
      files: () =>
        replace(SECRET, `client_secret: "${CANARY}`, `client_secret: ${CANARY}: x`, `client_secret: *${CANARY}`),
      outcome: { refused: /not valid YAML/ },
    },
    {
      name: 'A secret file is a link to nothing, to itself, to a folder or to a file with another content',
      source: 'OWASP Secrets Management Cheat Sheet, CVE-2021-25741',
      files(folder) {
        folder.write('short', CANARY.slice(0, 20));
        link(
          folder,
          ['nowhere', 'dangling.key'],
          ['loop.key', 'loop.key'],
          ['.', 'folder.key'],
          ['short', 'short.key'],
        );
        return replace(
          SECRET,
          ...['dangling', 'loop', 'folder', 'short'].map((name) => `client_secret: { file: ${name}.key }`),
        );
      },
      outcome: { refused: /to be readable \((ENOENT|ELOOP|EISDIR)\)|at least 32 bytes/ },
    },
    {
      name: 'A secret file is a link to the secret, as in a mounted volume',
      source: 'OWASP Secrets Management Cheat Sheet',
      files(folder) {
        folder.write('..data/web.key', CANARY);
        link(folder, ['..data/web.key', 'web.key']);
        return replace(SECRET, 'client_secret: { file: web.key }');
      },
      outcome: { valid: /: valid; tenants: 2, clients: 3/ },
    },
    {
      name: 'Everybody is a trusted proxy',
      source: 'RFC 7239 §8.1, OWASP Top 10 A05:2021 Security Misconfiguration',
      files: () =>
        replace(
          'trust_proxy: [10.0.0.0/8]',
          'trust_proxy: [0.0.0.0/0]',
          'trust_proxy: [0.0.0.0/1, 128.0.0.0/1]',
          'trust_proxy: ["::/0"]',
        ),
      outcome: { warned: /trust_proxy: trusts every IPv[46] address/ },
    },
    {
      name: 'Every client of a tenant may use an add-on',
      source: 'OWASP API5:2023 Broken Function Level Authorization, OWASP Top 10 A05:2021 Security Misconfiguration',
      files: () => replace('allowed_clients: [web]', 'allowed_clients: ["*"]'),
      outcome: { warned: /allowed_clients: lets every client of the tenant use its add-ons/ },
    },
    {
      name: 'Two tenants have one issuer or one SAML entity id',
      source: 'OASIS SAML 2.0 Core §8.3.6, RFC 8725 §3.8',
      files: () =>
        replace(
          'issuer: https://other.example.com/',
          ...['', 'other/'].map((path) => `issuer: https://acme.example.com/${path}`),
        ),
      outcome: { refused: /tenants\[1\]\.issuer/ },
    },
    {
      name: 'Keys are fetched without TLS, from a file or from the text of a URL',
      source: 'RFC 7517 §9.1, RFC 8725 §3.10, OWASP API7:2023 Server Side Request Forgery',
      files: () =>
        replace(
          'jwks_uri: https://login.other.example.com/jwks.json',
          ...[
            'http://login.other.example.com/jwks.json',
            'file:///etc/passwd',
            'data:application/json,{}',
            'ftp://x/',
            'x',
          ].map((url) => `jwks_uri: "${url}"`),
        ),
      outcome: { refused: /tenants\[1\]\.issuers\[0\]\.jwks_uri/ },
    },
    {
      name: 'A key or a secret is too weak, or symmetric where a public one is expected',
      source: 'RFC 7518 §3.2 and §3.3, RFC 8725 §3.5',
      files: () => [
        ...replace(SECRET, 'client_secret: { env: SHORT_SECRET }', 'client_secret: secret'),
        ...replace('keys/acme.pem', 'keys/small.pem', 'keys/exponent.pem', 'keys/ec.pem'),
        ...replace('keys/old.json', 'keys/small.json', 'keys/oct.json', 'keys/none.json'),
      ],
      outcome: {
        refused: /expected (a secret of at least 32 bytes|an RSA private key|a JWKS with at least one usable key)/,
      },
    },
    {
      name: 'Users of two identity providers could have one user id',
      source: 'OpenID Connect Core §5.7',
      files: () => replace('subject_prefix: old|', 'subject_prefix: ""', 'tokens_valid_after: 2026-01-01T00:00:00Z'),
      outcome: { refused: /subject_prefix/ },
    },
    {
      name: 'A configured claim replaces a claim that decides who the user is or where the token comes from',
      source: 'RFC 7519 §4.1, RFC 8693 §4.1',
      files: () =>
        replace(
          'claims: { role: app_metadata.role }\n        addons',
          ...['iss', 'sub', 'aud', 'azp', 'exp', 'act', 'idp', 'chain_exp', 'cnf', 'auth_time'].map(
            (name) => `claims: { ${name}: app_metadata.role }\n        addons`,
          ),
        ),
      outcome: { refused: /claims/ },
    },
    {
      name: 'Two clients, or a client and a target of another tenant, have one name',
      source: 'RFC 6749 §2.2',
      files: () =>
        replace(
          LAST_CLIENT,
          `${LAST_CLIENT}      - client_id: web\n`,
          `${LAST_CLIENT}        allowed_clients: [chat]\n`,
        ),
      outcome: { refused: /tenants\[1\]\.clients/ },
    },
  ],
};
