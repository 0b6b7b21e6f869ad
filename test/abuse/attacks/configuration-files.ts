import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { GOOD, WEB_SECRET } from '../../config/good-file.js';
import type { ConfigFolder } from '../../support/config-folder.js';
import type { ConfigurationTheme } from '../configuration-attack.js';
import { changed, edited } from '../configuration-file.js';

const LINE = GOOD.split('\n').findIndex((line) => line.startsWith('graphiql'));
const CONSUMPTION = 'OWASP API4:2023 Unrestricted Resource Consumption';

/** Each list holds nine aliases of the one before: 9⁹ values. */
function laughs(): string {
  const names = [...'abcdefghi'];
  const lists = names.map((name, index) => `&${name} [${Array(9).fill(index === 0 ? 'lol' : `*${names[index - 1]}`)}]`);
  return `bomb: [${lists}]\n${GOOD}`;
}

const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(', ');

/** What the valid file reads: a client_secret, a signing_key, a JWKS and the key of an add-on. */
const SECRETS = [
  '{ env: WEB_SECRET }',
  '{ file: keys/acme.pem }',
  '{ file: keys/old.json }',
  '{ file: keys/firebase.pem }',
] as const;
const withSecretFile = (path: string) => SECRETS.map((source) => edited(source, `{ file: ${path} }`));

/** Replaces a symbolic link at once, as Kubernetes does when a Secret has changed. */
function swapLink({ path }: ConfigFolder, link: string, target: string): void {
  const next = join(path, `${link}.next`);
  rmSync(next, { force: true });
  symlinkSync(target, next);
  renameSync(next, join(path, link));
}

function link({ path }: ConfigFolder, name: string, target: string): string {
  rmSync(join(path, name), { force: true });
  symlinkSync(target, join(path, name));
  return name;
}

export const CONFIGURATION_FILES: ConfigurationTheme = {
  title: 'A configuration file that is a bomb, or names a file that is one',
  attacks: [
    {
      name: 'A configuration has many aliases: nested, of one anchor, of as many anchors, of none',
      source: `CVE-2019-11253, ${CONSUMPTION}`,
      attack: () => [
        laughs(),
        `bomb: [&a x, ${repeat(50_000, () => '*a')}]\n${GOOD}`,
        `bomb: [&a ["${'x'.repeat(10_000)}"], ${repeat(900, () => '*a')}]\n${GOOD}`,
        `bomb: [${repeat(5_000, (index) => `&a${index} x, *a${index}`)}]\n${GOOD}`,
        `bomb: [${repeat(5_000, (index) => `*a${index}`)}]\n${GOOD}`,
      ],
      control: () =>
        edited(
          '{ role: app_metadata.role }\n        addons',
          '&roles { role: app_metadata.role }\n        addons',
        ).replace('            claims: { role: app_metadata.role }', '            claims: *roles'),
      outcome: { refused: /^\(file\): not valid YAML \(too many aliases\)$/, errors: 1 },
    },
    {
      name: 'A configuration nests 100,000 levels deep, or contains itself',
      source: 'CVE-2022-25857, RFC 8259 §9',
      attack: () => [
        `bomb: ${'['.repeat(100_000)}`,
        `bomb:\n  ${'- '.repeat(100_000)}\n`,
        `${'{a: '.repeat(100_000)}`,
        `bomb: ${'{a: '.repeat(1_000)}${'}'.repeat(1_000)}\n${GOOD}`,
        `bomb: &a [*a]\n${GOOD}`,
        `bomb: &a { b: *a }\n${GOOD}`,
      ],
      outcome: { refused: /^(line \d+: )?\(file\): nested too deeply/, errors: 1 },
    },
    {
      name: 'A configuration has 15,000 keys in one mapping, or a text of a megabyte',
      source: CONSUMPTION,
      attack: () => {
        const metadata = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`key${index}`, 1]));
        return [
          changed(['tenants/0/clients/web/client_metadata', metadata]),
          changed(['tenants/0/clients/web/description', 'x'.repeat(1_000_000)]),
          changed(['tenants/0/clients/web/description', '\n'.repeat(500_000)]),
        ];
      },
      outcome: { accepted: 'it takes less than 2 s of processor time' },
    },
    {
      name: 'A tag makes a function, an object or a process, or reads a file',
      source: 'CVE-2013-4660, CVE-2017-18342, OWASP Deserialization Cheat Sheet',
      attack: () =>
        [
          '!!js/function "function () { return true }"',
          '!!js/regexp /a/',
          '!!js/undefined ""',
          '!<tag:yaml.org,2002:js/function> "x"',
          '!!python/object/apply:os.system ["id"]',
          '!!javax.script.ScriptEngineManager [x]',
          '!ruby/object:Gem::Requirement {}',
          '!include /etc/passwd',
          '!env HOME',
          '!!bool yes',
        ].map((value) => edited('graphiql: false', `graphiql: ${value}`)),
      control: () => edited('graphiql: false', 'graphiql: !!bool false'),
      outcome: {
        refused: new RegExp(`^line ${LINE + 1}: \\(file\\): not valid YAML at column 11 \\(tag resolve failed\\)$`),
        errors: 1,
      },
    },
    {
      name: 'A value has a type of YAML that JSON does not have: binary, set, ordered map, time, symbol',
      source: 'OWASP ASVS V5.5 Deserialization Prevention',
      attack: () =>
        [
          `!!binary ${WEB_SECRET}`,
          '!!set { a }',
          '!!omap [a: 1]',
          '!!timestamp 2001-01-01',
          '!!merge x',
          '.nan',
          '!!str',
        ].map((value) => edited('{ env: WEB_SECRET }', value)),
      control: () => edited('{ env: WEB_SECRET }', `!!str ${WEB_SECRET}`),
      outcome: {
        refused: /clients\[0\]\.client_secret: .*; expected (a string, \{ env: NAME \}|a secret of at least 32 bytes)/,
        errors: 1,
      },
    },
    {
      name: 'A merge key sets what a reader of the file does not see there',
      source: 'OWASP Top 10 A05:2021 Security Misconfiguration',
      attack: () => [
        edited('{ host: 127.0.0.1, port: 4000 }', '{ <<: { host: 0.0.0.0 }, port: 4000 }'),
        edited('      - client_id: chat\n', '      - client_id: chat\n        <<: { allowed_clients: ["*"] }\n'),
      ],
      outcome: { refused: /\[a key of 2 characters\]: unknown key; expected one of/, errors: 1 },
    },
    {
      name: 'A key stands twice, so that a reader sees one value and the gateway takes the other',
      source: 'RFC 8259 §4, CVE-2017-12635',
      attack: () => [
        ...['graphiql: true', '"graphiql": true', '"graph\\u0069ql": true', '? graphiql\n: true'].map((second) =>
          edited('graphiql: false', `graphiql: false\n${second}`),
        ),
        edited('allowed_clients: [web]', 'allowed_clients: [web]\n        allowed_clients: ["*"]'),
        edited('{ enabled: true }', '{ enabled: false, enabled: true }'),
      ],
      outcome: { refused: /^line \d+: \(file\): not valid YAML at column \d+ \(duplicate key\)$/, errors: 1 },
    },
    {
      name: 'A second document in the file replaces the first one, or hides in it',
      source: 'OWASP Top 10 A08:2021 Software and Data Integrity Failures',
      attack: () => [`${GOOD}---\n${GOOD}`, `graphiql: true\n---\n${GOOD}`, `${GOOD}...\n---\ngraphiql: true\n`],
      control: () => `---\n${GOOD}...\n`,
      outcome: { refused: /\(file\): not valid YAML at column \d+ \(multiple docs\)$/, errors: 1 },
    },
    {
      name: 'A secret is in a pipe, a device that does not end, a folder, a loop of links or behind a link to nothing',
      source: `${CONSUMPTION}, OWASP WSTG-ATHZ-01`,
      attack(folder) {
        const pipe = join(folder.path, 'pipe');
        if (!existsSync(pipe)) execFileSync('mkfifo', [pipe]);
        const links = [
          link(folder, 'to-pipe', 'pipe'),
          link(folder, 'to-zero', '/dev/zero'),
          link(folder, 'loop', 'loop'),
          link(folder, 'to-nothing', 'nothing'),
          link(folder, 'to-keys', 'keys'),
        ];
        return ['pipe', '/dev/zero', '/dev/urandom', 'keys', ...links].flatMap(withSecretFile);
      },
      control(folder) {
        folder.write('mount/..1/secret', WEB_SECRET);
        folder.write('mount/..2/secret', `${WEB_SECRET}-2`);
        swapLink(folder, 'mount/..data', '..1');
        swapLink(folder, 'mount/secret', '..data/secret');
        swapLink(folder, 'mount/..data', '..2');
        return edited('{ env: WEB_SECRET }', '{ file: mount/secret }');
      },
      outcome: {
        refused: /expected the file that it names to be readable \((not a regular file|EISDIR|ELOOP|ENOENT)\)$/,
        errors: 1,
      },
    },
    {
      name: 'A secret is in a file of two megabytes',
      source: CONSUMPTION,
      attack(folder) {
        folder.write('big.txt', 'x'.repeat(2_000_000));
        return withSecretFile('big.txt');
      },
      outcome: { refused: /expected the file big\.txt to be readable \(larger than 1048576 bytes\)$/, errors: 1 },
    },
    {
      name: 'The configuration is a device that does not end, or a folder',
      source: CONSUMPTION,
      attack: ({ path }) => [{ path: '/dev/zero' }, { path }],
      outcome: {
        refused: /^\(file\): cannot be read \((larger than 67108864 bytes|EISDIR)\); expected a YAML file$/,
        errors: 1,
      },
    },
    {
      name: 'A key, a certificate or a JWKS is a file with a secret of somebody else, which the error shall show',
      source: 'CVE-2021-25741, OWASP WSTG-ATHZ-01',
      attack(folder) {
        folder.write('shadow.txt', `root:${WEB_SECRET}:19000:0:99999:7:::\n`);
        link(folder, 'keys/linked.pem', '../shadow.txt');
        return ['shadow.txt', 'keys/linked.pem'].flatMap((file) =>
          ['keys/acme.pem', 'keys/acme.crt', 'keys/old.json', 'keys/firebase.pem'].map((named) =>
            edited(`{ file: ${named} }`, `{ file: ${file} }`),
          ),
        );
      },
      outcome: {
        refused:
          /expected (an unencrypted RSA private key|an X\.509 certificate in PEM form|a file that holds JSON|the tenant|the certificate)/,
      },
    },
  ],
};
