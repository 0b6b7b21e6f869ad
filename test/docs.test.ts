import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseAst } from 'vitest/node';
import { parseDocument, parse as parseYaml, stringify } from 'yaml';
import { ADDONS } from '../src/addons/index.js';
import { runCommandLine } from '../src/cli/command-line.js';
import { captureOutput } from './support/captured-output.js';
import { configFolder } from './support/config-folder.js';
import { type Block, blocksIn, codeSpans, pages, ROOT, readPage } from './support/documentation.js';
import { secrets } from './support/secrets.js';
import { selfSigned } from './support/upstream.js';

function exampleScripts(): Block[] {
  return readdirSync(`${ROOT}examples`)
    .filter((name) => /\.m?[jt]s$/.test(name))
    .map((name) => `examples/${name}`)
    .map((path) => ({ at: path, language: 'js', text: readFileSync(ROOT + path, 'utf8') }));
}

const named = ({ at, text }: Block) => [at, text] as const;

describe('GraphQL in the documentation is valid for schema.graphql', () => {
  const schema = buildSchema(readFileSync(`${ROOT}schema.graphql`, 'utf8'));
  const scripts = [...blocksIn('js', 'ts'), ...exampleScripts()];
  const inScripts = scripts.flatMap(({ at, text }) =>
    [...text.matchAll(/(?:query: |\/\* GraphQL \*\/ )`([^`]+)`/g)].map(([, query = '']) => ({
      at,
      language: '',
      text: query,
    })),
  );
  const inProse = pages.flatMap(codeSpans).filter(({ text }) => /\b(delegate\(|viewer\b).*\{/s.test(text));

  it.each([...blocksIn('graphql'), ...inScripts, ...inProse].map(named))('%s', (_at, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  it('is found in scripts and in prose too', () => {
    expect(inScripts.map(({ at }) => at.replace(/:.*/, ''))).toEqual(
      expect.arrayContaining(['README.md', 'examples/delegate.mjs']),
    );
    expect(inProse).not.toEqual([]);
  });
});

it('pages of the manual are found', () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/add-ons/firebase.md', 'docs/configuration.md', 'docs/security.md']),
  );
});

it('README.md has at most 200 lines', () => {
  expect(readPage('README.md').text.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
});

describe('each add-on has a page of the manual', () => {
  const readme = readPage('README.md').text;

  it.each(ADDONS.map(({ name }) => name))('%s, which README.md and the list of add-ons link', (name) => {
    const [, file = ''] =
      new RegExp(`\\[[^\\]]*\`${name}\`[^\\]]*\\]\\(docs/add-ons/([\\w-]+\\.md)\\)`).exec(readme) ?? [];
    expect(readPage('docs/add-ons/README.md').text).toContain(`](${file})`);
    const { text } = readPage(`docs/add-ons/${file}`);
    expect(text).toContain(`\`${name}\``);
    expect(text.match(/^## (?!In ).*/gm)).toEqual([
      '## Configuration',
      '## To check',
      '## Troubles',
      '## Who has accepted it',
    ]);
    expect(text).toMatch(/^## In /m);
  });
});

it('samples of each language are found', () => {
  const languages = new Set(pages.flatMap(({ blocks }) => blocks.map(({ language }) => language)));
  expect([...languages].sort()).toEqual(['', 'graphql', 'js', 'json', 'mermaid', 'sh', 'ts', 'yaml']);
});

describe('JSON in the documentation parses', () => {
  it.each(blocksIn('json').map(named))('%s', (_at, text) => {
    expect(JSON.parse(text)).toBeTypeOf('object');
  });
});

describe('scripts in the documentation have no syntax error', () => {
  it.each([...blocksIn('js', 'ts'), ...exampleScripts()].map(named))('%s', (_at, text) => {
    expect(parseAst(text, { lang: 'ts' }).body.length).toBeGreaterThan(0);
  });

  const inProse = pages
    .flatMap(codeSpans)
    .filter(({ text }) =>
      /^(?:[A-Z_]+=\S+ )*(?:openssl|curl|aws|jq|npm|npx|node|docker|delegation-gateway) \S/.test(text),
    );

  it.each([...blocksIn('sh'), ...inProse].map(named))('%s', (_at, text) => {
    expect(spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('is found in prose too', () => {
    expect(inProse.map(({ text }) => text.split(' ')[0])).toEqual(expect.arrayContaining(['openssl', 'curl', 'aws']));
  });
});

/** 64 bytes as base64: long enough for HS256, and the form of an access key of Azure Storage. */
const SECRET = Buffer.alloc(64, 7).toString('base64');
const pairs = new Map<string, ReturnType<typeof selfSigned>>();
const folder = configFolder();

/** The key and the certificate of `keys/acme.pem` and `keys/acme.crt`, others for each name. */
function pairOf(file: string): ReturnType<typeof selfSigned> {
  const name = file.replace(/\.\w+$/, '');
  const pair = pairs.get(name) ?? selfSigned('docs.example.com');
  pairs.set(name, pair);
  secrets.keep('a private key of the documentation', pair.key);
  return pair;
}

const ajv = new Ajv2020({ strict: true });
addFormats.default(ajv);
const validateYaml = ajv.compile(JSON.parse(readFileSync(`${ROOT}gateway.schema.json`, 'utf8')));

/** Runs `check` on a configuration, with a stand-in for each file and variable that it names. */
async function check(yaml: string) {
  for (const [, name = ''] of yaml.matchAll(/\bfile: ([\w./-]+)/g)) {
    const { key, cert } = pairOf(name);
    const account = JSON.stringify({ client_email: 'minter@my-project.iam.gserviceaccount.com', private_key: key });
    folder.write(name, name.endsWith('.crt') ? cert : name.endsWith('.json') ? account : key);
  }
  for (const [, name = ''] of yaml.matchAll(/\benv: (\w+)/g)) vi.stubEnv(name, SECRET);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const output = captureOutput();
  const code = await runCommandLine(['check', '--config', folder.write('gateway.yaml', yaml)]);
  return { code, stderr: output.stderr.replaceAll(`${folder.path}/`, '') };
}

type Mapping = Readonly<Record<string, unknown>>;

/** Puts a part of a configuration where it belongs in a whole one: clients, the add-ons of a client, or a part of a tenant. */
function complete(part: unknown): unknown {
  if (Array.isArray(part)) return complete({ tenants: [{ clients: part }] });
  const { tenants, ...rest } = part as { readonly tenants?: readonly Mapping[] };
  if (!tenants) return complete([{ client_id: 'target', allowed_clients: ['web'], addons: part }]);
  return { ...rest, tenants: tenants.map(completeTenant) };
}

function completeTenant(tenant: Mapping): Mapping {
  const clients = (tenant.clients ?? []) as readonly Mapping[];
  return {
    name: 'acme',
    issuer: 'https://acme.example.com/',
    ...(!tenant.signing_keys && { signing_key: { file: 'keys/acme.pem' }, certificate: { file: 'keys/acme.crt' } }),
    delegation: { enabled: true },
    issuers: [{ issuer: 'https://login.example.com/', jwks_uri: 'https://login.example.com/jwks.json' }],
    ...tenant,
    clients: clients.some(({ client_id }) => client_id === 'web') ? clients : [{ client_id: 'web' }, ...clients],
  };
}

/** The name of the add-on whose fields a block shows. */
function addonNames(text: string): string[] {
  return ADDONS.map(({ name }) => name).filter((name) => new RegExp(`^\\s*${name}:`, 'm').test(text));
}

describe('YAML in the documentation is a configuration that `check` accepts', () => {
  const blocks = blocksIn('yaml');
  const isWhole = (text: string) => ['issuers', 'clients'].every((name) => new RegExp(`^ +${name}:$`, 'm').test(text));

  it.each(blocks.filter(({ text }) => isWhole(text)).map(named))('%s, as it stands', async (_at, text) => {
    const { code, stderr } = await check(text);
    expect(code).toBe(0);
    expect([validateYaml(parseYaml(text)), validateYaml.errors]).toEqual([true, null]);
    // A warning is printed beside the sample.
    if (stderr !== '') expect(blocksIn('').map((block) => block.text)).toContain(stderr);
  });

  it.each(blocks.filter(({ text }) => !isWhole(text)).map(named))('%s, in its place', async (_at, text) => {
    const document = parseDocument(text);
    expect(document.errors).toEqual([]);
    const whole = complete(document.toJS());
    expect(await check(stringify(whole))).toMatchObject({ code: 0, stderr: '' });
    expect([validateYaml(whole), validateYaml.errors]).toEqual([true, null]);
  });

  it('has a sample of every add-on that is configured', () => {
    const shown = new Set(blocks.flatMap(({ text }) => addonNames(text)));
    const configured = ADDONS.filter(({ config }) => config).map(({ name }) => name);
    expect(configured.filter((name) => !shown.has(name))).toEqual(['salesforce_sandbox_api']);
  });

  it('breaks as the README shows: the sample of `check` is what it prints', async () => {
    const [first] = blocks;
    const broken = first?.text
      .replace('allowed_clients: [web]', 'allowed_clients: [wbe]')
      .replace(/claims: \{ role.*$/m, 'lifetime_in_seconds: 7200');
    const { code, stderr } = await check(broken ?? '');
    expect(code).toBe(1);
    expect(blocksIn('').map(({ text }) => text)).toContain(stderr);
  });
});

it('.gitignore covers the configuration and the service account that README.md has a newcomer save, and keys', ({
  skip,
}) => {
  const git = (...args: string[]) => spawnSync('git', ['-C', folder.path, ...args], { encoding: 'utf8' });
  skip(git('--version').status !== 0 && !process.env.CI, 'needs git');
  folder.write('.gitignore', readFileSync(`${ROOT}.gitignore`, 'utf8'));
  git('init', '--quiet');
  const files = [
    ...['gateway.yaml', 'firebase.pem', 'service-account.json', 'chat-service-account.json'],
    'my-project-firebase-adminsdk-a1b2c.json',
  ];
  expect(readPage('README.md').text).toContain('{ file: service-account.json }');
  expect(
    git('check-ignore', ...files)
      .stdout.trim()
      .split('\n'),
  ).toEqual(files);
});

describe('what the documentation names exists', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { readonly scripts: object };
  const matches = (pattern: RegExp) =>
    pages.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([, name = '']) => `${path} ${name}`));
  const unique = (found: readonly string[]) => [...new Set(found)].map((each) => each.split(' ') as [string, string]);

  it.each(unique([...matches(/npm run (?:--silent )?([\w:-]+)/g), ...matches(/npm (test|start)\b/g)]))(
    '%s: the npm script %s',
    (_path, name) => {
      expect(Object.keys(scripts)).toContain(name);
    },
  );

  it.each(unique(matches(/(?:delegation-gateway|node dist\/main\.js) ([a-z][\w-]*)/g)))(
    '%s: the command %s',
    async (_path, name) => {
      captureOutput();
      expect(await runCommandLine([name, '--help'])).toBe(0);
    },
  );

  const options = pages.flatMap(({ path, text }) =>
    [
      ...text
        .replaceAll('\\\n', '')
        .matchAll(/(?:delegation-gateway |node dist\/main\.js |npm run (?=\w+ -- ))([a-z][\w-]*)([^\n`|>]*)/g),
    ].flatMap(([, command = '', rest = '']) =>
      [...rest.matchAll(/ (--[a-z][\w-]+)/g)].map(([, option]) => `${path} ${command} ${option}`),
    ),
  );

  it.each([...new Set(options)].map((each) => each.split(' ')))(
    '%s: %s %s',
    async (_path, command = '', option = '') => {
      const output = captureOutput();
      await runCommandLine([command, '--help']);
      expect(output.stdout).toMatch(new RegExp(`^  ${option}\\b`, 'm'));
    },
  );

  it.each(unique(matches(/\]\((?!https?:)([^)\s]+)\)/g)))('%s: the link to %s', (path, target) => {
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : new URL(file, `file:///${path}`).pathname.slice(1);
    expect(existsSync(ROOT + linked), linked).toBe(true);
    if (anchor !== undefined) expect(anchors(readFileSync(ROOT + linked, 'utf8'))).toContain(anchor);
  });

  it.each(
    unique(
      pages.flatMap((page) =>
        codeSpans(page)
          .filter(({ text }) => /^(\.ci|bench|docs|examples|src|test)\/[\w./-]+$/.test(text))
          .map(({ text }) => `${page.path} ${text}`),
      ),
    ),
  )('%s: the file %s', (_path, file) => {
    expect(existsSync(ROOT + file)).toBe(true);
  });

  const sourceNames = new Set(
    readdirSync(`${ROOT}src`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').match(/\w+/g) ?? []),
  );
  const manual = pages.filter(({ path }) => path.startsWith('docs/'));
  const namesInManual = unique(
    manual.flatMap((page) =>
      codeSpans(page).flatMap(({ text }) => findNames(text).map((name) => `${page.path} ${name}`)),
    ),
  );

  it.each(namesInManual.filter(([, name]) => !NAMES_OF_OTHERS.has(name)))(
    '%s: the field, claim, code or function %s of the source',
    (_path, name) => {
      expect(sourceNames.has(name)).toBe(true);
    },
  );

  it('the names of other programs that the manual has are not ours', () => {
    const used = new Set(namesInManual.map(([, name]) => name));
    expect([...NAMES_OF_OTHERS].filter((name) => !used.has(name) || sourceNames.has(name))).toEqual([]);
  });
});

/** Environment variables of the AWS CLI and of Node, one of a sample, error codes of Salesforce, a part of a scope of Auth0. */
const NAMES_OF_OTHERS = new Set(
  `AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN NODE_COMPILE_CACHE NODE_EXTRA_CA_CERTS REDIS_URL
   invalid_client_id invalid_app_access inactive_user inactive_org client_keys`.split(/\s+/),
);

/** The names in a code span that no other word looks like: snake_case, camelCase, UPPER_CASE. */
function findNames(text: string): string[] {
  if (text.includes('/')) return [];
  return text.match(/\b(?:[a-z]+(?:_[a-z\d]+)+|[a-z]+[A-Z]\w*|[A-Z]+(?:_[A-Z]+)+)\b/g) ?? [];
}

/** The anchors of headings, as hosts of repositories make them. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
