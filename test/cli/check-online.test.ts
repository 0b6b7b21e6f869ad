import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { captureOutput } from '../support/captured-output.js';
import { runCommand } from '../support/command-line.js';
import { type ConfigFolder, configFolder } from '../support/config-folder.js';
import { blocksIn } from '../support/documentation.js';
import { freePort } from '../support/free-port.js';
import { answerWith } from '../support/jwks-server.js';
import { ecPair, publicJwk, rsaPair } from '../support/keys.js';
import { keepConfigured, secrets } from '../support/secrets.js';
import { selfSigned, type Upstream, upstream } from '../support/upstream.js';

/** Each test starts a process while other tests run. */
const TIMEOUT_MS = 60_000;
const SECRET = 'a-client-secret-that-must-stay-here-0123456789';
const ASSERTION_KEY = publicJwk(rsaPair('backend'), { kid: 'backend-1' });

type Answers = Readonly<Record<string, RequestListener>>;

interface Provider extends Upstream {
  /** `GET /jwks` and the like, with every header and body, in any order. */
  readonly requests: string[];
}

/** An identity provider with keys, metadata and a token endpoint. `change` replaces answers, by path. */
async function startProvider(
  change: (url: string) => Answers = () => ({}),
  options: Parameters<typeof upstream>[1] & { readonly host?: string } = {},
): Promise<Provider> {
  const requests: string[] = [];
  let answers: Answers = {};
  const service = await upstream((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    secrets.observe('a request of check --online', JSON.stringify(request.headers) + service.bodies.join('\n'));
    const answer = answers[request.url?.replace(/\?.*/, '') ?? ''] ?? answerWith({ error: 'not_found' }, 404);
    answer(request, response);
  }, options);
  const url = service.url.replace('127.0.0.1', options.host ?? '127.0.0.1');
  answers = {
    '/jwks': answerWith({
      keys: [
        publicJwk(rsaPair('idp'), { kid: 'rsa-1' }),
        publicJwk(ecPair('idp'), { kid: 'ec-1' }),
        publicJwk(rsaPair('idp-enc'), { use: 'enc' }),
      ],
    }),
    '/backend-jwks': answerWith({ keys: [ASSERTION_KEY] }),
    '/.well-known/openid-configuration': answerWith(metadata(url)),
    '/token': answerWith({ error: 'invalid_client' }, 401),
    ...change(url),
  };
  return { ...service, url, requests };
}

function metadata(url: string) {
  return {
    issuer: `${url}/`,
    jwks_uri: `${url}/jwks`,
    token_endpoint: `${url}/token`,
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  };
}

function buildConfig(url: string) {
  const document = {
    tenants: [
      {
        name: 'acme',
        issuer: 'https://acme.example.com/',
        signing_key: rsaPair('tenant').pem,
        delegation: { enabled: true },
        issuers: [
          {
            issuer: `${url}/`,
            algorithms: ['RS256', 'ES256'],
            jwks_uri: `${url}/jwks`,
            token_endpoint: `${url}/token`,
          },
        ],
        clients: [
          { client_id: 'web', client_secret: SECRET, refresh_token_delegation: true },
          { client_id: 'backend', jwks_uri: `${url}/backend-jwks?key=of-the-operator`, require_authentication: true },
          {
            client_id: 'crm',
            allowed_clients: ['web', 'backend'],
            addons: { salesforce_api: { clientid: 'id', principal: 'email', token_endpoint: `${url}/salesforce` } },
          },
        ],
      },
    ],
  };
  keepConfigured(document);
  return document;
}

interface CheckOptions {
  readonly args?: readonly string[];
  readonly folder?: ConfigFolder;
  /** The environment of a process of the built command. Default: runs in this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `check`. Its output names the provider as `URL`. */
async function check(
  document: ReturnType<typeof buildConfig>,
  url: string,
  { args = ['--online'], folder = configFolder(), env }: CheckOptions = {},
) {
  const path = folder.write('gateway.yaml', JSON.stringify(document));
  const command = ['check', '--config', path, ...args];
  const { code, stdout, stderr } = env ? await runCommand(command, { env }) : await runHere(command);
  secrets.observe('standard output of check', stdout);
  const shorten = (text: string) => text.replaceAll(path, 'gateway.yaml').replaceAll(url, 'URL');
  return { code, stdout: shorten(stdout), stderr: shorten(stderr) };
}

async function runHere(command: readonly string[]) {
  const output = captureOutput();
  const code = await runCommandLine(command);
  secrets.observe('standard error of check', output.stderr);
  return { code, ...output };
}

const SUMMARY = `gateway.yaml: valid; tenants: 1, clients: 3

tenant  target   api types            callers               must authenticate
acme    web      APP                  itself                nobody
acme    backend  APP                  itself                itself
acme    crm      APP, SALESFORCE_API  itself, web, backend  backend
`;
const CLOCK = 'its clock is that of this machine';
const KEYS =
  'URL/jwks: 2 keys: RSA 2048 bits kid "rsa-1" for RS256, PS256; EC prime256v1 kid "ec-1" for ES256; not used: keys[2] is not for signatures\n';
const METADATA =
  'URL/.well-known/openid-configuration: agrees with the configuration; ID tokens are signed with "RS256", "ES256"\n';
const TOKEN_ENDPOINT = 'URL/token: answers as a token endpoint (invalid_client)\n';
const ASSERTION_KEYS = 'URL/backend-jwks?…: 1 key: RSA 2048 bits kid "backend-1" for RS256, PS256\n';
const ALL = KEYS + METADATA + TOKEN_ENDPOINT + ASSERTION_KEYS;
const ISSUER = 'tenants[0].issuers[0]';

describe('check --online', { timeout: TIMEOUT_MS }, () => {
  it('prints what the services are, and sends nothing to them but GETs and an empty form', async () => {
    const { url, requests, bodies } = await startProvider();
    const { code, stdout, stderr } = await check(buildConfig(url), url, { env: {} });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // The clocks are one and the same, but for the second that a busy machine needs.
    expect(stdout.replace(/its clock is 1 s .*/, CLOCK)).toBe(`${SUMMARY}\nURL: can be connected to; ${CLOCK}\n${ALL}`);
    expect(requests.sort()).toEqual([
      'GET /.well-known/openid-configuration',
      'GET /backend-jwks?key=of-the-operator',
      'GET /jwks',
      'POST /token',
    ]);
    expect(new Set(bodies)).toEqual(new Set(['']));
  });

  it('sends nothing without --online', async () => {
    const { url, connections } = await startProvider();
    const args = ['--summary'];
    expect(
      blocksIn('').map(({ text }) => text),
      'docs/check.md',
    ).toContain(SUMMARY);
    expect(await check(buildConfig(url), url, { args })).toEqual({ code: 0, stdout: SUMMARY, stderr: '' });
    expect(connections()).toBe(0);
  });

  it('sends nothing for a configuration with an error', async () => {
    const { url, connections } = await startProvider();
    const document = buildConfig(url);
    Object.assign(document, { lisen: {} });
    expect(await check(document, url)).toMatchObject({ code: 1, stdout: '' });
    expect(connections()).toBe(0);
  });

  it('exits with 1 and one error for a host that cannot be connected to', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await check(buildConfig(url), url);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `gateway.yaml: error: ${ISSUER}.jwks_uri: URL: cannot be connected to (ECONNREFUSED); 5 settings need it\n`,
    });
  });

  it.each<[string, (url: string) => Answers, string]>([
    [
      'a JWKS that is down',
      () => ({ '/jwks': answerWith('maintenance', 503) }),
      `error: ${ISSUER}.jwks_uri: URL/jwks: its keys cannot be used: status 503`,
    ],
    [
      'a JWKS that redirects',
      () => ({ '/jwks': answerWith('', 302, { Location: '/backend-jwks' }) }),
      `error: ${ISSUER}.jwks_uri: URL/jwks: its keys cannot be used: status 302`,
    ],
    [
      'a JWKS that is a page',
      () => ({ '/jwks': answerWith(`<p>${SECRET}</p>`) }),
      `error: ${ISSUER}.jwks_uri: URL/jwks: its keys cannot be used: not JSON`,
    ],
    [
      'a JWKS without a usable key',
      () => ({ '/jwks': answerWith({ keys: [{ kty: 'oct', k: SECRET }] }) }),
      `error: ${ISSUER}.jwks_uri: URL/jwks: its keys cannot be used: expected a JWKS with at least one usable key (keys[0] is a shared secret, which has no place in a JWKS)`,
    ],
    [
      'a JWKS over 512 KiB',
      () => ({ '/jwks': answerWith(' '.repeat(525_000)) }),
      `error: ${ISSUER}.jwks_uri: URL/jwks: its keys cannot be used: longer than 524288 bytes`,
    ],
    [
      'a token endpoint that is not there',
      () => ({ '/token': answerWith({ error: 'not_found' }, 404) }),
      `error: ${ISSUER}.token_endpoint: URL/token answered with status 404`,
    ],
    [
      'a token endpoint that is a page',
      () => ({ '/token': answerWith('<p>Log in</p>', 400) }),
      `error: ${ISSUER}.token_endpoint: URL/token gave an answer that is not JSON`,
    ],
  ])('exits with 1 for %s', async (_what, change, line) => {
    const { url } = await startProvider(change);
    const { code, stderr } = await check(buildConfig(url), url);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `gateway.yaml: ${line}\n` });
  });

  const MOVED = 'URL/.well-known/openid-configuration says';

  it.each<[string, (url: string) => Answers, readonly string[]]>([
    [
      'metadata of another issuer, with other URLs',
      (url) => ({
        '/.well-known/openid-configuration': answerWith({
          ...metadata(url),
          issuer: 'https://login.example.com/\u202e',
          jwks_uri: `${url}/keys?tenant=1`,
          token_endpoint: undefined,
        }),
      }),
      [
        `${ISSUER}.issuer: is "URL/"; ${MOVED} "https://login.example.com/\\u202e"`,
        `${ISSUER}.jwks_uri: is "URL/jwks"; ${MOVED} "URL/keys?…"`,
        `${ISSUER}.token_endpoint: is "URL/token"; ${MOVED} nothing of it`,
      ],
    ],
    [
      'an issuer that signs with another algorithm',
      (url) => ({
        '/.well-known/openid-configuration': answerWith({
          ...metadata(url),
          id_token_signing_alg_values_supported: ['RS256'],
        }),
        '/jwks': answerWith({ keys: [publicJwk(rsaPair('idp'), { kid: 'rsa-1' })] }),
      }),
      [
        `${ISSUER}.jwks_uri: URL/jwks has no key for ES256, which algorithms lists`,
        `${ISSUER}.algorithms: has ES256; ${MOVED} "RS256"`,
      ],
    ],
    [
      'an issuer without metadata',
      () => ({ '/.well-known/openid-configuration': answerWith('', 404) }),
      [
        `${ISSUER}.issuer: URL/.well-known/openid-configuration cannot be read (status 404), so the issuer was not compared with its metadata`,
      ],
    ],
    [
      'a token endpoint that grants what nobody asked for',
      () => ({ '/token': answerWith({}) }),
      [`${ISSUER}.token_endpoint: URL/token answered an empty request with status 200; is it a token endpoint?`],
    ],
  ])('warns of %s, and exits with 0', async (_what, change, lines) => {
    const { url } = await startProvider(change);
    const { code, stderr } = await check(buildConfig(url), url);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: lines.map((line) => `gateway.yaml: warning: ${line}\n`).join(''),
    });
  });

  it.each<[string, number, Record<string, string>, RegExp]>([
    [
      '5 minutes ahead',
      300_000,
      {},
      /its clock is (299|300|301) s ahead of that of this machine: one of them is wrong/,
    ],
    [
      '5 minutes behind',
      -300_000,
      {},
      /its clock is (299|300|301) s behind that of this machine: one of them is wrong/,
    ],
    ['right, although a cache answered', -300_000, { Age: '300' }, /^$/],
  ])('tells that the clock of a server is %s', async (_what, offsetMs, headers, expected) => {
    const { url } = await startProvider(() => ({}));
    const shifted: RequestListener = (request, response) => {
      const date = new Date(Date.now() + offsetMs).toUTCString();
      answerWith({ keys: [ASSERTION_KEY] }, 200, { ...headers, Date: date })(request, response);
    };
    const other = await startProvider(() => ({ '/jwks': shifted }));
    const document = buildConfig(url);
    Object.assign(document.tenants[0]!.issuers[0]!, { algorithms: ['RS256'], jwks_uri: `${other.url}/jwks` });
    const { code, stderr } = await check(document, url);
    const clockWarnings = stderr.split('\n').filter((line) => line.includes('clock'));
    expect(code).toBe(0);
    expect(clockWarnings.join('\n')).toMatch(expected);
  });
});

describe('check --online, over TLS', { timeout: TIMEOUT_MS }, () => {
  const DAY_MS = 86_400_000;
  const utcTime = (timeMs: number) => `${new Date(timeMs).toISOString().replace(/\D/g, '').slice(2, 14)}Z`;

  async function checkTls({ trusted = true, days = 365 } = {}) {
    const tls = selfSigned('localhost', { from: '240101000000Z', to: utcTime(Date.now() + days * DAY_MS) });
    const { url, requests } = await startProvider(() => ({}), { tls, host: 'localhost' });
    const folder = configFolder({ 'ca.pem': tls.cert });
    const env: Record<string, string> = trusted ? { NODE_EXTRA_CA_CERTS: `${folder.path}/ca.pem` } : {};
    const result = await check(buildConfig(url), url, { env, folder });
    const end = new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
    return { ...result, stderr: result.stderr.replaceAll(end, 'END'), requests };
  }

  it('prints when the certificate ends', async () => {
    const { code, stdout, stderr } = await checkTls();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^URL: its TLS certificate is valid until \d{4}-\d\d-\d\d \(TLSv1\.3\); its clock is /m);
  });

  it('warns of a certificate that ends within 30 days', async () => {
    const { code, stderr } = await checkTls({ days: 10 });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^gateway\.yaml: warning: .*jwks_uri: URL: its TLS certificate expires on END, in (9|10) days\n$/,
    );
  });

  it.each([
    ['has expired', { days: -10 }, 'its TLS certificate expired on END'],
    ['nobody vouches for', { trusted: false }, 'its TLS certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
  ])('exits with 1, and asks nothing, for a certificate that %s', async (_what, options, reason) => {
    const { code, stderr, requests } = await checkTls(options);
    expect({ code, stderr, requests }).toEqual({
      code: 1,
      stderr: `gateway.yaml: error: ${ISSUER}.jwks_uri: URL: ${reason}; 5 settings need it\n`,
      requests: [],
    });
  });
});
