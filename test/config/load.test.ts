import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigError, formatDiagnostic, suggest } from '../../src/config/diagnostics.js';
import { loadConfig, parseConfig, validateConfig } from '../../src/config/load.js';
import { formatPath } from '../../src/config/path.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { diagnose, folder, GOOD, loadText, WEB_SECRET } from './good-file.js';

describe('a valid configuration', () => {
  it('has no diagnostics', () => {
    expect(diagnose(GOOD)).toEqual([]);
  });

  it('is loaded with defaults, secrets and imported keys', () => {
    const [acme, other] = loadText(GOOD).settings.tenants;
    expect(acme).toMatchObject({
      signing_key: { asymmetricKeyType: 'rsa' },
      certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
      clients: [{ client_secret: WEB_SECRET }, { addons: { firebase: { private_key: { type: 'private' } } } }],
    });
    expect(other).toMatchObject({
      hosts: [],
      delegation: { enabled: false },
      legacy: { jsonp: false },
      issuers: [{ algorithms: ['RS256'] }],
      clients: [{ allowed_clients: [], jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false } }],
    });
    expect(other?.clients[0]?.jwt_configuration.alg).toBeUndefined();
  });

  it('has the limits of Auth0 and no GraphiQL by default', () => {
    const { listen, graphiql, rate_limit, graphql, cors, trust_proxy } = parseConfig(baseConfig()).settings;
    expect({ listen, graphiql, rate_limit, graphql, cors, trust_proxy }).toEqual({
      listen: { host: '127.0.0.1', port: 4000, drain_seconds: 0 },
      graphiql: false,
      rate_limit: {
        store: 'memory',
        on_store_failure: 'deny',
        burst: 10,
        refill_per_minute: 1,
        per_user: { burst: 60, refill_per_minute: 6 },
        attempts_per_minute: 600,
      },
      graphql: {
        introspection: true,
        federation: false,
        suggestions: false,
        max_depth: 8,
        max_aliases: 15,
        max_tokens: 1_000,
      },
      cors: { origins: ['*'] },
      trust_proxy: [],
    });
  });
});

describe('rate_limit.store', () => {
  const load = (store: unknown) =>
    parseConfig({ ...baseConfig(), rate_limit: { store } }, { env: { REDIS_URL: 'rediss://user:secret@redis.test/3' } })
      .settings.rate_limit.store;

  it.each([
    ['memory', 'memory'],
    ['redis://127.0.0.1', { url: 'redis://127.0.0.1' }],
    ['redis://[::1]:7000/15', { url: 'redis://[::1]:7000/15' }],
    [{ env: 'REDIS_URL' }, { url: 'rediss://user:secret@redis.test/3' }],
    [
      { cluster: ['redis://a.test', { env: 'REDIS_URL' }] },
      { cluster: ['redis://a.test', 'rediss://user:secret@redis.test/3'] },
    ],
    [
      { sentinel: ['a.test:26379', '[::1]:26379'], name: 'main', password: 'p' },
      { sentinel: ['a.test:26379', '[::1]:26379'], name: 'main', tls: false, password: 'p' },
    ],
  ])('may be %j', (written, loaded) => {
    expect(load(written)).toEqual(loaded);
  });
});

describe('rate_limit.per_user', () => {
  const load = (perUser: unknown) =>
    parseConfig({ ...baseConfig(), rate_limit: { per_user: perUser } }).settings.rate_limit.per_user;

  it('is off, or has a default for each of its fields', () => {
    expect(load(false)).toBe(false);
    expect(load({})).toEqual({ burst: 60, refill_per_minute: 6 });
    expect(load({ burst: 7 })).toEqual({ burst: 7, refill_per_minute: 6 });
  });

  it.each([true, 0, 'none', null, [], { burst: 0 }, { refill_per_minute: 6_001 }, { brust: 7 }])(
    'is not %j',
    (perUser) => {
      expect(() => load(perUser)).toThrow(ConfigError);
    },
  );

  it('says what is wrong in a field of it', () => {
    const [diagnostic] = validateConfig({ ...baseConfig(), rate_limit: { per_user: { burst: 0 } } });
    expect(formatDiagnostic(diagnostic!)).toBe('rate_limit.per_user.burst: a number; expected a number of at least 1');
    const [unknown] = validateConfig({ ...baseConfig(), rate_limit: { per_user: { brust: 7 } } });
    expect(formatDiagnostic(unknown!)).toBe('rate_limit.per_user.brust: unknown key; did you mean "burst"?');
  });
});

describe('a secret', () => {
  const secretOf = (source: unknown, files: Record<string, string> = {}, env: NodeJS.ProcessEnv = {}) => {
    const document = baseConfig();
    Object.assign(document.tenants[0]?.clients[0] as object, { client_secret: source });
    const { path } = configFolder(files);
    return parseConfig(document, { env, folder: path }).settings.tenants[0]?.clients[0]?.client_secret;
  };

  it('is a text, a variable, or a file relative to the folder of the configuration', () => {
    expect(secretOf('a text')).toBe('a text');
    expect(secretOf({ env: 'SECRET' }, {}, { SECRET: 'from a variable' })).toBe('from a variable');
    expect(secretOf({ file: 'keys/secret' }, { 'keys/secret': 'from a file' })).toBe('from a file');
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'in the variable %s, which every object has, is not set',
    (name) => {
      for (const env of [{}, process.env]) {
        expect(() => secretOf({ env: name }, {}, env)).toThrow(
          expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining('to be set') }),
        );
      }
    },
  );

  it('loses one line break at the end of its file, which editors add, and no other white space', () => {
    expect(secretOf({ file: 'secret' }, { secret: 'two\nlines\r\n' })).toBe('two\nlines');
    expect(secretOf({ file: 'secret' }, { secret: ' spaces \n\n' })).toBe(' spaces \n');
  });

  it.each([
    ['CRLF', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['the two characters \\n, as in JSON and variables', (pem: string) => pem.replaceAll('\n', '\\n')],
    ['PKCS #1', () => String(rsaPair('tenant').privateKey.export({ type: 'pkcs1', format: 'pem' }))],
  ])('that is a PEM key may have %s', (_what, write) => {
    const document = baseConfig();
    Object.assign(document.tenants[0] as object, { signing_key: write(rsaPair('tenant').pem) });
    const key = parseConfig(document).settings.tenants[0]?.signing_key;
    expect(key?.equals(rsaPair('tenant').privateKey)).toBe(true);
  });
});

describe('a file that cannot be read', () => {
  it.each([
    ['does not exist', 'nothing.yaml', '(file): cannot be read (ENOENT); expected a YAML file'],
    ['is a folder', 'keys', '(file): cannot be read (EISDIR); expected a YAML file'],
  ])('is reported: it %s', (_why, name, message) => {
    const thrown = expect.objectContaining({ name: 'ConfigError', message });
    expect(() => loadConfig(`${folder.path}/${name}`)).toThrow(thrown);
  });

  it.each([
    ['lists in flow style', `tenants: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'line 1', ' at column 109'],
    ['lists in block style', `listen: {}\ntenants:\n  ${'- '.repeat(100_000)}\n`, 'line 3', ' at column 201'],
    ['mappings that are not closed', `\n\n${'{a: '.repeat(100_000)}`, 'line 3', ' at column 401'],
    ['aliases', nestedAliases(150), '', ''],
    ['an alias of the list that it is in', 'tenants: &a [*a]', '', ''],
  ])('because it nests too deeply: %s', (_how, text, line, column) => {
    expect(diagnose(text)).toEqual([
      `${line === '' ? '' : `${line}: `}(file): nested too deeply${column}; expected at most 100 levels`,
    ]);
  });

  it.each([
    ['of one anchor', `a: &a x\nb: [${'*a, '.repeat(100_000)}]`],
    [
      'of an anchor each',
      `a: [${Array.from({ length: 10_000 }, (_, index) => `&a${index} x, *a${index}`).join(', ')}]`,
    ],
    ['of no anchor', `a: [${Array.from({ length: 10_000 }, (_, index) => `*a${index}`).join(', ')}]`],
  ])('because it has too many aliases: %s', (_what, text) => {
    expect(diagnose(text)).toEqual(['(file): not valid YAML (too many aliases)']);
  });

  it('is not quoted in a warning of the library because a key is a list', () => {
    const warn = vi.spyOn(process, 'emitWarning');
    onTestFinished(() => warn.mockRestore());
    expect(diagnose(`${GOOD}? [${WEB_SECRET}]\n: x`)).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });

  it('makes Node.js print no warning that quotes it: a template that was not rendered is a key which is a mapping', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => emitWarning.mockRestore());
    expect(diagnose(GOOD.replace('{ env: WEB_SECRET }', `{{ ${WEB_SECRET} }}`))).toEqual([
      'line 25: tenants[0].clients[0].client_secret: a mapping; expected a string, { env: NAME } or { file: path }',
    ]);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('only if it nests deeper than 100 levels', () => {
    const nested = (levels: number) => `graphiql: ${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;
    expect(diagnose(nested(100))).toContain('line 1: graphiql: a list; expected true or false');
    expect(diagnose(nested(101))).toEqual([
      'line 1: (file): nested too deeply at column 110; expected at most 100 levels',
    ]);
  });
});

/** A list in which each entry holds an alias of the one before, so that the value nests deeper than the text. */
function nestedAliases(count: number): string {
  const entries = Array.from({ length: count }, (_, index) => `&a${index} [${index === 0 ? '' : `*a${index - 1}`}]`);
  return `tenants: [${entries.join(', ')}]`;
}

describe('the text of a diagnostic', () => {
  it('shows a path as people write it', () => {
    expect(formatPath(['tenants', 0, 'clients', 12, 'client_id'])).toBe('tenants[0].clients[12].client_id');
    expect(formatPath(['claims', 'https://example.com/role'])).toBe('claims["https://example.com/role"]');
  });

  it.each(['client_secret:0123', 'two words', 'x'.repeat(65), 'a\nb', 'https://example.com/?token=1'])(
    'does not show a key that does not look like a name: %j',
    (key) => {
      expect(formatPath(['tenants', 0, key])).toBe(`tenants[0][a key of ${key.length} characters]`);
    },
  );

  it('suggests the nearest name, and none that is too different', () => {
    const names = ['allowed_clients', 'client_id', 'client_secret'];
    expect(suggest('allowed_client', names)).toBe('allowed_clients');
    expect(suggest('clientId', names)).toBe('client_id');
    expect(suggest('Client_Secret', names)).toBe('client_secret');
    expect(suggest('webhook', names)).toBeUndefined();
  });
});
