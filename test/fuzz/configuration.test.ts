import { randomBytes } from 'node:crypto';
import { ConfigError, formatDiagnostic } from '../../src/config/diagnostics.js';
import { loadConfig } from '../../src/config/load.js';
import { configWarnings } from '../../src/config/warnings.js';
import { createGateway } from '../../src/gateway.js';
import { createLog } from '../../src/observability/log.js';
import { ENV, folder, GOOD, WEB_SECRET } from '../config/good-file.js';
import { keepConfigured } from '../support/secrets.js';
import { type Choices, changeSomewhere, mutateText } from './support/choices.js';
import { fuzzConfig } from './support/gateway.js';
import { expectNoLeaks } from './support/leaks.js';
import { fuzz, type Outcome } from './support/run.js';

/** Every add-on, as JSON, which is YAML too. */
const DOCUMENT = fuzzConfig();
DOCUMENT.tenants.pop();
keepConfigured(DOCUMENT);
const NOW_MS = Date.UTC(2026, 0, 1);
const log = createLog('silent');

/** What YAML gives a meaning to. */
const PIECES = [
  ...'- : ? | > & * ! % @ ` # , [ ] { } ~ null true .inf 0o17 1e400 <<: *a &a !!binary !!js/function !x --- ... "\\x00" \t \u0000 \u2028 \ufeff {{x}}'.split(
    ' ',
  ),
  '{ env: WEB_SECRET }',
  '{ env: constructor }',
  '{ env: __proto__ }',
  '{ file: keys/acme.pem }',
  '{ file: keys }',
];
/** References in the place of a secret, most of them wrong. */
const REFERENCES = [
  { env: 'WEB_SECRET' },
  { env: 'EMPTY' },
  { env: 'constructor' },
  { env: '__proto__' },
  { env: 7 },
  { env: 'WEB_SECRET', x: 1 },
  { file: 'keys/acme.pem' },
  { file: 'keys' },
  { file: '\u0000' },
  { file: ['keys/acme.pem'] },
];
const KEYS =
  'listen port trust_proxy cors rate_limit per_user graphql tenants hosts issuer signing_key certificate signing_keys key accepted_client_secrets delegation issuers jwks jwks_uri algorithms clients client_id client_secret allowed_clients addons jwt_configuration claims firebase aws env file __proto__ constructor'.split(
    ' ',
  );

interface Case {
  readonly text: string;
  /** Whether a gateway is made of it too, which takes as long as ten files. */
  readonly serve: boolean;
  /** A secret that is in this file alone. */
  readonly secret: string;
}

function build(choices: Choices): Case {
  const secret = randomBytes(24).toString('base64url');
  return { serve: choices.chance(5), secret, text: write(choices, secret) };
}

function write(choices: Choices, secret: string): string {
  if (choices.chance(50)) {
    const lines = GOOD.replace('{ env: WEB_SECRET }', secret);
    return choices.chance(10) ? lines : changeLines(choices, lines);
  }
  const document = structuredClone(DOCUMENT);
  Object.assign(document.tenants[0]!.clients[1]!, {
    client_secret: choices.chance(25) ? choices.pick(REFERENCES) : secret,
  });
  let changed: unknown = document;
  for (let count = choices.below(4); count > 0; count--)
    changed = changeSomewhere(choices, changed, KEYS, replacements(choices));
  const text = JSON.stringify(changed);
  return choices.chance(10) ? mutateText(choices, text, PIECES) : text;
}

function replacements(choices: Choices): readonly unknown[] {
  return [
    choices.json(),
    choices.text(),
    null,
    [],
    {},
    '',
    -1,
    1e308,
    2 ** 31,
    true,
    'HS256',
    ['*'],
    WEB_SECRET,
    { env: choices.pick(['WEB_SECRET', 'EMPTY', 'NOT_SET', '__proto__', 'constructor']) },
    {
      file: choices.pick([
        'keys/acme.pem',
        'keys/garbage.pem',
        'keys/small.pem',
        'keys',
        '/dev/null',
        'keys/none.json',
        '\u0000',
      ]),
    },
    'https://login.example.com/',
    'http://user:pass@[::1]:0/#x',
    '0.0.0.0/0',
    'x'.repeat(3_000),
  ];
}

/** Changes a YAML text by lines, which keeps more of its structure, or by characters. */
function changeLines(choices: Choices, text: string): string {
  if (choices.chance(30)) return mutateText(choices, text, PIECES);
  if (choices.chance(3)) return text.replace('[10.0.0.0/8]', `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const lines = text.split('\n');
  for (let count = 1 + choices.below(2); count > 0; count--) {
    const at = choices.below(lines.length);
    const line = lines[at] ?? '';
    const [key = ''] = /^[ -]*\w+:/.exec(line) ?? [];
    const value = choices.pick([
      ...PIECES,
      choices.text(),
      '&a [*a]',
      '[[[[',
      '*a',
      '[1,'.repeat(200),
      '- '.repeat(20_000),
      '"',
    ]);
    switch (choices.below(7)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines[at] = `  ${line}`;
        break;
      case 3:
        lines[at] = line.replace(/\w+/, choices.pick(KEYS));
        break;
      case 4:
        lines.splice(choices.below(lines.length), 0, line);
        break;
      default:
        lines[at] = `${key} ${value}`;
    }
  }
  return lines.join('\n');
}

async function run({ text, secret, serve }: Case): Promise<Outcome> {
  const path = folder.write('fuzzed.yaml', text);
  let config: ReturnType<typeof loadConfig>;
  try {
    config = loadConfig(path, { env: ENV });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expectNoLeaks([{ where: 'the diagnostics', text: error.message }], [secret]);
    if (error.diagnostics.length === 0) throw new Error('it was refused without a diagnostic');
    const [first] = error.diagnostics.map(formatDiagnostic);
    return { name: 'refused', message: first?.replace(/^line \d+: /, '') };
  }
  const warnings = configWarnings(config, NOW_MS).map(formatDiagnostic);
  expectNoLeaks([{ where: 'the warnings', text: warnings.join('\n') }], [secret]);
  if (!serve) return { name: 'accepted', message: warnings.join('; ') };
  const gateway = await createGateway(config, {
    log,
    openAuditLog: () => ({ isLosing: false, write() {}, close: async () => {} }),
    now: () => NOW_MS,
  });
  const response = await gateway.fetch(new Request('http://gateway.test/graphql', { method: 'POST' }), {
    remoteAddress: '192.0.2.1',
  });
  await gateway.close();
  if (response.status >= 500) throw new Error(`a gateway of this configuration answers with ${response.status}`);
  return { name: 'served' };
}

fuzz<Case>({
  name: 'configuration files',
  cases: 400,
  slow: true,
  build,
  run,
  describe: ({ text }) => text,
  atLeast: { accepted: 8, refused: 40, served: 0.1 },
  kinds: 50,
});
