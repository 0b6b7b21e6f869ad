import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { ADDONS } from '../../src/addons/index.js';
import { UsageError } from '../../src/cli/command.js';
import { runCommandLine } from '../../src/cli/command-line.js';
import { importAuth0Command } from '../../src/cli/import-auth0.js';
import { ConfigError, formatDiagnostic } from '../../src/config/diagnostics.js';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import { configWarnings } from '../../src/config/warnings.js';
import { createGateway } from '../../src/gateway.js';
import { importAuth0 } from '../../src/import-auth0/import.js';
import { anyCodePoint } from '../support/any-text.js';
import { builtCommand } from '../support/built-command.js';
import { captureOutput } from '../support/captured-output.js';
import { testClock } from '../support/clock.js';
import { runCommand } from '../support/command-line.js';
import { rsaPair } from '../support/keys.js';
import { recordingLogs } from '../support/log.js';
import { keepConfigured, secrets } from '../support/secrets.js';
import { selfSigned } from '../support/upstream.js';

const DOMAIN = 'acme.eu.auth0.com';
const ISSUER = 'https://delegation.acme.example/';
const WEB_SECRET = 'the-secret-of-the-web-app-which-is-long-enough-for-hs256-0123456789';
const STORAGE_KEY = `${'Abcdefgh/+'.repeat(9).slice(0, 86)}==`;
const DELEGATION = 'http://auth0.com/oauth/legacy/grant-type/delegation/';

/** A response of `GET /api/v2/clients`, with the unusual values that real tenants have. */
const MANAGEMENT_API = [
  {
    client_id: 'all',
    name: 'All Applications',
    global: true,
    client_secret: 'the-secret-of-the-global-client-0123456789',
  },
  {
    tenant: 'acme',
    client_id: 'kZ9',
    name: 'Web app (production)',
    client_secret: WEB_SECRET,
    callbacks: ['https://app.example.com/callback'],
    oidc_conformant: false,
    signing_keys: [{ cert: '-----BEGIN CERTIFICATE-----…', pkcs7: '…' }],
    allowed_clients: [],
    grant_types: [`${DELEGATION}id_token`, `${DELEGATION}refresh_token`, 'implicit'],
    jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 36000, secret_encoded: false, scopes: {} },
    token_endpoint_auth_method: 'client_secret_post',
    addons: {},
  },
  {
    client_id: 'chat',
    name: 'Chat',
    allowed_clients: ['kZ9'],
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000 },
    addons: {
      firebase: {
        client_email: 'minter@demo-project.iam.gserviceaccount.com',
        private_key: rsaPair('firebase').pem.replaceAll('\n', '\r\n'),
        private_key_id: 'k1',
        secret: null,
        lifetime_in_seconds: '3600',
      },
      samlp: { audience: 'urn:somebody' },
    },
  },
  {
    client_id: 'files',
    name: 'Files',
    addons: {
      azure_blob: {
        accountName: 'acmefiles',
        storageAccessKey: STORAGE_KEY,
        containerName: 'reports',
        blobName: '',
        expiration: 5,
        container_read: true,
        signedIdentifier: '',
      },
    },
  },
  {
    client_id: 'cloud',
    name: 'Cloud',
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: null },
    addons: {
      aws: {
        principal: 'arn:aws:iam::123456789012:saml-provider/auth0',
        role: 'arn:aws:iam::123456789012:role/web',
        lifetime_in_seconds: 90_000,
      },
      salesforce_sandbox_api: { clientid: '3MVG9', principal: 'email', communityName: null, community_url_section: '' },
      slack: { team: 'acme' },
    },
  },
];

interface Run {
  readonly code: number;
  readonly yaml: string;
  readonly notes: string;
  /** The tenant in the YAML. */
  // biome-ignore lint/suspicious/noExplicitAny: its shape is what the tests assert
  readonly tenant: any;
}

/** Writes files to a new folder and runs the command on `path` in it, or on several. */
async function runOn(
  files: Record<string, unknown>,
  path: string | readonly string[],
  options: Record<string, string> = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof contents === 'string' ? contents : JSON.stringify(contents, null, 2));
    keepConfigured(contents);
  }
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  try {
    const code = await importAuth0Command.run(
      options,
      [path].flat().map((each) => join(folder, each)),
    );
    const [yaml, notes] = [stdout.text(), stderr.text()];
    secrets.observe('the imported gateway.yaml', yaml);
    secrets.observe('the notes of the import', notes);
    return { code, yaml, notes, tenant: parse(yaml)?.tenants[0] };
  } finally {
    stdout.end();
    stderr.end();
  }
}

const run = (clients: unknown, options: Record<string, string> = {}) =>
  runOn({ 'export.json': clients }, 'export.json', options);

function capture(stream: NodeJS.WriteStream) {
  let text = '';
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  return { text: () => text, end: () => spy.mockRestore() };
}

/** Checks that the YAML refers to exactly these environment variables and lists each of them; returns their values. */
function checkEnv(yaml: string, values: Record<string, string>): Record<string, string> {
  const names = [...yaml.matchAll(/\{ env: (\w+) \}/g)].map(([, name]) => name as string);
  expect(new Set(names).size).toBe(names.length);
  expect(names.toSorted()).toEqual(Object.keys(values).toSorted());
  for (const name of names) expect(yaml).toMatch(new RegExp(`^#   ${name} `, 'm'));
  return values;
}

describe('a gateway.yaml imported from Auth0', () => {
  it('delegates once its secrets are supplied', async () => {
    const { code, yaml, tenant } = await run(MANAGEMENT_API, { 'tenant-domain': DOMAIN, issuer: ISSUER });
    expect(code).toBe(3);
    const { key, cert } = selfSigned('acme');
    const env = checkEnv(yaml, {
      TENANT_SIGNING_KEY: key.replaceAll('\n', '\\n'),
      TENANT_CERTIFICATE: cert,
      WEB_APP_PRODUCTION_CLIENT_SECRET: WEB_SECRET,
      CHAT_FIREBASE_PRIVATE_KEY: rsaPair('firebase').pem.replaceAll('\n', '\r\n'),
      FILES_AZURE_BLOB_STORAGE_ACCESS_KEY: STORAGE_KEY,
    });
    keepConfigured({ secret: key });
    const folder = mkdtempSync(join(tmpdir(), 'import-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'gateway.yaml'), yaml);
    const config = loadConfig(join(folder, 'gateway.yaml'), { env });
    const clock = testClock();
    const gateway = await createGateway(config, { now: clock.now, ...recordingLogs() });
    const idToken = await new SignJWT({ iss: tenant.issuers[0].issuer, sub: 'auth0|alice', aud: 'kZ9' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(clock.seconds())
      .setExpirationTime(clock.seconds() + 3600)
      .sign(Buffer.from(WEB_SECRET));
    const query = `{ viewer { userId targets { clientId apiTypes } } }`;
    const delegation = `mutation { delegate(input: { target: "chat" }) { credential { token ... on FirebaseCustomToken { uid } } } }`;
    const ask = async (text: string) => {
      const request = new Request('https://delegation.acme.example/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${idToken}` },
        body: JSON.stringify({ query: text }),
      });
      return (await gateway.fetch(request, { remoteAddress: '192.0.2.1' })).json();
    };
    expect((await ask(query)).data.viewer).toEqual({
      userId: 'auth0|alice',
      targets: expect.arrayContaining([
        { clientId: 'kZ9', apiTypes: ['APP'] },
        { clientId: 'chat', apiTypes: expect.arrayContaining(['FIREBASE', 'APP']) },
        { clientId: 'files', apiTypes: expect.arrayContaining(['AZURE_BLOB']) },
        { clientId: 'cloud', apiTypes: expect.arrayContaining(['AWS', 'SALESFORCE_SANDBOX_API']) },
      ]),
    });
    expect((await ask(delegation)).data.delegate.credential).toEqual({ token: expect.any(String), uid: 'auth0|alice' });
    await gateway.close();
  });

  it('contains the converted clients; the notes name what was left out', async () => {
    const { notes, tenant } = await run(MANAGEMENT_API, { 'tenant-domain': DOMAIN, issuer: ISSUER });
    expect(tenant).toEqual({
      name: 'acme',
      issuer: ISSUER,
      signing_key: { env: 'TENANT_SIGNING_KEY' },
      certificate: { env: 'TENANT_CERTIFICATE' },
      delegation: { enabled: true },
      issuers: [
        {
          issuer: `https://${DOMAIN}/`,
          algorithms: ['RS256', 'HS256'],
          jwks_uri: `https://${DOMAIN}/.well-known/jwks.json`,
          token_endpoint: `https://${DOMAIN}/oauth/token`,
        },
      ],
      clients: [
        {
          client_id: 'kZ9',
          name: 'Web app (production)',
          client_secret: { env: 'WEB_APP_PRODUCTION_CLIENT_SECRET' },
          allowed_clients: ['*'],
          grant_types: [`${DELEGATION}id_token`, `${DELEGATION}refresh_token`, 'implicit'],
          refresh_token_delegation: true,
          token_endpoint_auth_method: 'client_secret_post',
          jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 36000, secret_encoded: false },
          unauthenticated_refresh: true,
          hs256_delegation: true,
        },
        {
          client_id: 'chat',
          name: 'Chat',
          allowed_clients: ['kZ9'],
          jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000 },
          addons: {
            firebase: {
              client_email: 'minter@demo-project.iam.gserviceaccount.com',
              private_key: { env: 'CHAT_FIREBASE_PRIVATE_KEY' },
              private_key_id: 'k1',
              lifetime_in_seconds: 3600,
            },
          },
        },
        {
          client_id: 'files',
          name: 'Files',
          allowed_clients: ['*'],
          addons: {
            azure_blob: {
              accountName: 'acmefiles',
              storageAccessKey: { env: 'FILES_AZURE_BLOB_STORAGE_ACCESS_KEY' },
              containerName: 'reports',
              expiration: 5,
              container_read: true,
            },
          },
        },
        {
          client_id: 'cloud',
          name: 'Cloud',
          allowed_clients: ['*'],
          jwt_configuration: { alg: 'RS256' },
          addons: {
            aws: {
              principal: 'arn:aws:iam::123456789012:saml-provider/auth0',
              role: 'arn:aws:iam::123456789012:role/web',
              lifetime_in_seconds: 43200,
            },
            salesforce_sandbox_api: { clientid: '3MVG9', principal: 'email' },
          },
        },
      ],
    });
    expect(notes).toBe(`To do:
  1. Create the key of the tenant, which Auth0 does not export, and set TENANT_SIGNING_KEY and TENANT_CERTIFICATE.
  2. client "kZ9" ("Web app (production)"): unauthenticated_refresh is set, because old clients send refresh tokens without their secret; remove it when this client sends clientAuthentication or client_secret
  3. client "kZ9" ("Web app (production)"): hs256_delegation is set, because its app tokens are signed with HS256 and old clients may delegate with them; remove it if this client does not
  4. client "files" ("Files"): jwt_configuration.alg is missing, so RS256 is used; old Auth0 tenants may use HS256 (--default-alg)
  5. client "cloud" ("Cloud"): addons.aws: add a SAML provider with /saml/metadata in AWS IAM, allow it to assume the role, and put its ARN in the place of the principal
  6. client "cloud" ("Cloud"): addons.salesforce_sandbox_api: put the certificate of the key of the tenant in the Connected App in Salesforce
  7. Where app tokens are verified: accept the new iss and, for RS256, the keys at /.well-known/jwks.json of the gateway.

Information:
  client "all" ("All Applications") at [0]: skipped, because it is the global client, not an application
  client "chat" ("Chat"): addons.samlp does not issue a credential for another service: left out
  client "cloud" ("Cloud"): addons.aws.lifetime_in_seconds is 90000: changed to 43200, the nearest allowed value
  client "cloud" ("Cloud"): addons.slack does not issue a credential for another service: left out
  Client fields that delegation does not use, left out: callbacks (1), jwt_configuration.scopes (1), oidc_conformant (1), signing_keys (1), tenant (1).

Clients imported: 4.
`);
  });

  it('marks clients that every application may call, and lists each secret by name at the end', async () => {
    const { yaml } = await run(MANAGEMENT_API, { 'tenant-domain': DOMAIN, issuer: ISSUER });
    expect(yaml.match(/allowed_clients: \[ "\*" \] # empty in Auth0, which allows every application/g)).toHaveLength(3);
    expect(yaml).not.toContain('PLACEHOLDER:');
    expect(yaml.slice(yaml.indexOf('# Secrets:')).trimEnd().split('\n').slice(2)).toEqual([
      '#   TENANT_SIGNING_KEY                   the signing_key of the tenant (Auth0 does not export it, so create one: openssl genrsa 2048)',
      '#   TENANT_CERTIFICATE                   the certificate of that key, for SAML (openssl req -x509 -key … -subj /CN=… -days 3650)',
      '#   WEB_APP_PRODUCTION_CLIENT_SECRET     client "kZ9" ("Web app (production)"), client_secret',
      '#   CHAT_FIREBASE_PRIVATE_KEY            client "chat" ("Chat"), addons.firebase.private_key',
      '#   FILES_AZURE_BLOB_STORAGE_ACCESS_KEY  client "files" ("Files"), addons.azure_blob.storageAccessKey',
    ]);
  });

  it('has placeholders for what the export lacks, and check warns of each', async () => {
    const { yaml, notes, tenant } = await run([{ client_id: 'a' }]);
    expect(tenant.issuer).toBe('https://delegation.your-company.invalid/');
    expect(tenant.issuers[0].issuer).toBe('https://your-tenant.auth0.invalid/');
    expect(yaml.match(/# PLACEHOLDER: /g)).toHaveLength(4);
    expect(notes).toContain(
      'Replace the placeholder at tenants[0].issuer: the iss of the tokens that the gateway signs (--issuer).\n',
    );
    expect(notes).toContain(
      'Replace the placeholder at tenants[0].issuers[0].issuer, tenants[0].issuers[0].jwks_uri, tenants[0].issuers[0].token_endpoint: the domain of your Auth0 tenant (--tenant-domain).\n',
    );
    const config = parseConfig(parse(yaml), { env: { TENANT_SIGNING_KEY: rsaPair('tenant').pem } });
    expect(configWarnings(config, Date.now()).map(formatDiagnostic)).toEqual(
      ['issuer', 'issuers[0].issuer', 'issuers[0].jwks_uri', 'issuers[0].token_endpoint'].map(
        (field) => `tenants[0].${field}: a placeholder below .invalid; put your own in its place`,
      ),
    );
  });
});

describe('an export', () => {
  const clients = [
    { client_id: 'a', name: 'A' },
    { client_id: 'b', name: 'B' },
  ];
  const ids = ({ tenant }: Run) => tenant.clients.map((client: { client_id: string }) => client.client_id);

  it.each<[string, Record<string, unknown>, string]>([
    ['a list', { 'x.json': clients }, 'x.json'],
    ['a page with totals', { 'x.json': { start: 0, limit: 50, total: 2, clients } }, 'x.json'],
    ['a list of pages', { 'x.json': [{ clients: [clients[0]] }, [clients[1]]] }, 'x.json'],
    ['a list behind a byte order mark', { 'x.json': `\ufeff${JSON.stringify(clients)}` }, 'x.json'],
    [
      'a folder of the deploy tool',
      { 'clients/B.json': clients[1], 'clients/A.json': clients[0], 'clients/B.html': '<p>', 'tenant.json': {} },
      '.',
    ],
    ['a folder of clients', { 'B.json': clients[1], 'A.json': clients[0], 'tenant.json': { friendly_name: 'x' } }, '.'],
    ['the YAML of the deploy tool', { 'tenant.yaml': 'clients:\n  - client_id: a\n  - client_id: b\n' }, 'tenant.yaml'],
    ['a folder with that YAML', { 'tenant.yaml': 'clients:\n  - client_id: a\n  - client_id: b\n' }, '.'],
  ])('is read from %s', async (_what, files, path) => {
    expect(ids(await runOn(files, path))).toEqual(['a', 'b']);
  });

  it('is read from a file with one client', async () => {
    expect(ids(await run(clients[0]))).toEqual(['a']);
  });

  it('with tenant settings names the tenant, and the notes list the settings and other parts', async () => {
    const tenant = { friendly_name: 'Acme Inc', flags: {}, session_lifetime: 72 };
    const { notes, tenant: imported } = await runOn(
      { 'clients/A.json': clients[0], 'tenant.json': tenant, 'rules/a.js': 'x', 'connections/b.json': {} },
      '.',
    );
    expect(imported.name).toBe('Acme Inc');
    expect(notes).toContain(
      'Tenant settings without a counterpart in gateway.yaml, left out: friendly_name, flags, session_lifetime.',
    );
    expect(notes).toContain('Parts of the export without a counterpart in gateway.yaml, left out: connections.');
    expect(notes).toMatch(
      /^ {2}\d\. The gateway runs none of rules: where they set claims, have the identity provider /m,
    );
  });

  it('in YAML may have custom tags, and the notes list its other parts', async () => {
    const yaml =
      'tenant: { friendly_name: Acme }\nclients:\n  - { client_id: a, custom_login_page: !include a.html }\nrules:\n  - x\nroles: []\n';
    const { notes } = await runOn({ 'tenant.yaml': yaml }, 'tenant.yaml');
    expect(notes).toContain('The gateway runs none of rules: ');
  });

  it('is read from several files and folders, and pages are counted together', async () => {
    const page = (start: number, ...ids: string[]) => ({
      start,
      limit: 1,
      total: 4,
      clients: ids.map((client_id) => ({ client_id })),
    });
    const files = { 'page-0.json': page(0, 'a'), 'page-1.json': page(1, 'b'), 'more/c.json': { client_id: 'c' } };
    const found = await runOn(files, ['page-0.json', 'page-1.json', 'more']);
    expect(ids(found)).toEqual(['a', 'b', 'c']);
    expect(found.notes).toContain('The tenant has 1 more client: export the other pages too.');
    const whole = await runOn({ ...files, 'page-2.json': page(2, 'c', 'd') }, '.');
    expect(ids(whole)).toEqual(['a', 'b', 'c', 'd']);
    expect(whole.notes).not.toContain('more client');
  });

  it('in several files names the file of a client that is skipped', async () => {
    const { notes } = await runOn({ 'A.json': [{ client_id: 'a' }], 'B.json': [{ name: 'B' }] }, ['A.json', 'B.json']);
    expect(notes).toMatch(/client "B" at \S+B\.json\[0\]: skipped/);
  });

  it('that is one page of several gets a note', async () => {
    const { notes } = await run({ start: 0, limit: 2, total: 120, clients });
    expect(notes).toContain('The tenant has 118 more clients: export the other pages too.');
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['missing', {}, 'x.json', /x\.json cannot be read \(ENOENT\)$/],
    [
      'not JSON',
      { 'x.json': `[\n{"client_secret": "${WEB_SECRET}" oops}]` },
      'x.json',
      /x\.json is not valid JSON at line 2$/,
    ],
    ['truncated', { 'x.json': '[{"client_id":"a"' }, 'x.json', /x\.json is not valid JSON/],
    [
      'not YAML',
      { 'x.yaml': `a: b\n client_secret: ${WEB_SECRET}\n` },
      'x.yaml',
      /x\.yaml is not valid YAML at line 1$/,
    ],
    ['a string', { 'x.json': '"clients"' }, 'x.json', /The export is neither a client nor a list of clients$/],
    [
      'an error of the API',
      { 'x.json': { statusCode: 401, error: 'Unauthorized', message: `Bad HTTP authentication: ${WEB_SECRET}` } },
      'x.json',
      /x\.json is an error of the Management API \(status 401\): the token is missing, wrong or expired$/,
    ],
    [
      'an error of the API among pages',
      { 'a.json': clients[0], 'b.json': { statusCode: 500, error: 'x', message: 'x' } },
      '.',
      /b\.json is an error of the Management API \(status 500\)$/,
    ],
    [
      'a list with a number in it',
      { 'x.json': [clients[0], 7] },
      'x.json',
      /\[1\] is neither a client nor a list of clients$/,
    ],
    ['an empty list', { 'x.json': [] }, 'x.json', /x\.json contains no clients$/],
    ['a folder without clients', { 'rules/a.json': {} }, '.', /contains no clients$/],
    [
      'nested in 100,000 lists',
      { 'x.json': `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
      'x.json',
      /^\S+x\.json is nested too deeply: more than 100 levels$/,
    ],
    [
      'a client with 100,000 objects in a field',
      { 'x.json': `{"client_id":"a","client_metadata":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}` },
      'x.json',
      /^\S+x\.json is nested too deeply: more than 100 levels$/,
    ],
    [
      'one deep file in a folder',
      { 'clients/A.json': clients[0], 'clients/B.json': '['.repeat(101) + ']'.repeat(101) },
      '.',
      /^\S+B\.json is nested too deeply: more than 100 levels$/,
    ],
    [
      'nested in 100,000 lists of YAML',
      { 'x.yaml': `clients:\n  ${'- '.repeat(100_000)}\n` },
      'x.yaml',
      /^\S+x\.yaml is nested too deeply at line 2: more than 100 levels$/,
    ],
    [
      'nested in 100,000 mappings of YAML that are not closed',
      { 'x.yaml': '{a: '.repeat(100_000) },
      'x.yaml',
      /^\S+x\.yaml is nested too deeply at line 1: more than 100 levels$/,
    ],
    [
      'a list of YAML that contains itself',
      { 'x.yaml': 'clients: &a [*a]\n' },
      'x.yaml',
      /^\S+x\.yaml is nested too deeply: more than 100 levels$/,
    ],
  ])('that is %s is refused with a message that quotes nothing of it', async (_what, files, path, message) => {
    secrets.keep('the secret of the web app', WEB_SECRET);
    const error = await runOn(files, path).then(
      () => expect.unreachable('expected a refusal'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
    secrets.observe('the refusal of the import', error.stack);
  });

  it('of the deploy tool without client ids gets a note that says how to export them', async () => {
    const { code, yaml, notes } = await runOn({ 'clients/A.json': { name: 'A', app_type: 'spa' } }, '.');
    expect({ code, yaml }).toEqual({ code: 1, yaml: '' });
    expect(notes).toContain(
      'client "A" at A.json: skipped, because it has no client_id of 1 to 255 characters (with the deploy tool, export with --export_ids)',
    );
  });
});

describe('a client', () => {
  const importClient = async (client: Record<string, unknown>, ...others: Record<string, unknown>[]) => {
    const { tenant, notes, yaml } = await run([
      { client_id: 'a', jwt_configuration: { alg: 'RS256' }, ...client },
      ...others,
    ]);
    const ownNotes = notes
      .split('\n')
      .map((line) => line.replace(/^ +(?:\d+\. )?/, ''))
      .filter((line) => line.startsWith('client "a"'));
    return { client: tenant.clients[0], clients: tenant.clients, ownNotes, yaml };
  };

  it('with the client_id of an earlier one is skipped', async () => {
    const { clients, ownNotes } = await importClient({}, { client_id: 'a', name: 'again' });
    expect(clients).toHaveLength(1);
    expect(ownNotes).toEqual([
      'client "a" ("again") at [1]: skipped, because an earlier client has the same client_id',
    ]);
  });

  it('that allows only clients that no longer exist allows none', async () => {
    const { client, ownNotes } = await importClient({ allowed_clients: ['gone', 7] });
    expect(client.allowed_clients).toEqual([]);
    expect(ownNotes).toEqual([
      'client "a": allowed_clients names "gone", which was not imported: left out',
      'client "a": allowed_clients names 7, which was not imported: left out',
    ]);
  });

  it.each(['all', {}, 0])('whose allowed_clients is %j allows none', async (allowed_clients) => {
    const { client, ownNotes } = await importClient({ allowed_clients });
    expect(client.allowed_clients).toEqual([]);
    expect(ownNotes).toEqual([
      'client "a": allowed_clients is not a list, so only the client itself may delegate to it',
    ]);
  });

  it('without delegation grants gets a note that it cannot call the gateway', async () => {
    const { client, ownNotes } = await importClient({ grant_types: ['implicit'] });
    expect(client.grant_types).toEqual(['implicit']);
    expect(ownNotes).toEqual([
      'client "a": grant_types has no delegation grant: this client can be a target but cannot call the gateway',
    ]);
  });

  it('whose grant_types is not a list gets an empty list', async () => {
    const { client, ownNotes } = await importClient({ grant_types: 'implicit' });
    expect(client.grant_types).toEqual([]);
    expect(ownNotes).toEqual([
      'client "a": grant_types is not a list of strings: replaced by an empty list, so this client cannot call the gateway',
    ]);
  });

  it.each<[unknown, Record<string, unknown> | undefined, string]>([
    [{ alg: 'none' }, undefined, 'jwt_configuration.alg is not an algorithm of Auth0: left out, so RS256 is used'],
    [
      { alg: 'RS512' },
      undefined,
      'jwt_configuration.alg is RS512, with which the gateway does not sign: left out, so RS256 is used; what verifies its tokens must accept that',
    ],
    [
      null,
      undefined,
      'jwt_configuration.alg is missing, so RS256 is used; old Auth0 tenants may use HS256 (--default-alg)',
    ],
    [
      { alg: 'RS256', lifetime_in_seconds: 0 },
      { alg: 'RS256', lifetime_in_seconds: 1 },
      'jwt_configuration.lifetime_in_seconds is 0: changed to 1, the nearest allowed value',
    ],
    [
      { alg: 'RS256', lifetime_in_seconds: 60.5 },
      { alg: 'RS256', lifetime_in_seconds: 60 },
      'jwt_configuration.lifetime_in_seconds is 60.5: changed to 60, the nearest allowed value',
    ],
    [
      { alg: 'RS256', lifetime_in_seconds: 'long' },
      { alg: 'RS256' },
      'jwt_configuration.lifetime_in_seconds is left out: jwt_configuration.lifetime_in_seconds: a string; expected a number',
    ],
  ])('with jwt_configuration %j is corrected', async (jwt_configuration, expected, note) => {
    const { client, ownNotes } = await importClient({ jwt_configuration });
    expect(client.jwt_configuration).toEqual(expected);
    expect(ownNotes).toEqual([`client "a": ${note}`]);
  });

  const REFRESH_NOTE =
    'unauthenticated_refresh is set, because old clients send refresh tokens without their secret; remove it when this client sends clientAuthentication or client_secret';
  const HS256_NOTE =
    'hs256_delegation is set, because its app tokens are signed with HS256 and old clients may delegate with them; remove it if this client does not';
  const grants = (...types: string[]) => types.map((type) => DELEGATION + type);

  it.each([
    [
      'a secret and the refresh grant',
      { client_secret: 's'.repeat(40), grant_types: grants('refresh_token') },
      true,
      false,
    ],
    [
      'a method that needs a secret',
      { token_endpoint_auth_method: 'client_secret_basic', grant_types: grants('refresh_token') },
      true,
      false,
    ],
    [
      'HS256 without a list of grants',
      { client_secret: 's'.repeat(40), jwt_configuration: { alg: 'HS256' } },
      false,
      true,
    ],
    [
      'HS256 and both grants',
      {
        client_secret: 's'.repeat(40),
        jwt_configuration: { alg: 'HS256' },
        grant_types: grants('id_token', 'refresh_token'),
      },
      true,
      true,
    ],
  ])('with %s goes on as before, and a note says so', async (_what, raw, refresh, hs256) => {
    const { client, ownNotes } = await importClient({ jwt_configuration: { alg: 'RS256' }, ...raw });
    expect([client.unauthenticated_refresh, client.hs256_delegation]).toEqual([
      refresh || undefined,
      hs256 || undefined,
    ]);
    expect(ownNotes).toEqual(
      expect.arrayContaining([
        ...(refresh ? [`client "a": ${REFRESH_NOTE}`] : []),
        ...(hs256 ? [`client "a": ${HS256_NOTE}`] : []),
      ]),
    );
  });

  it.each([
    ['no secret', { grant_types: grants('id_token', 'refresh_token') }],
    [
      'the method none',
      { client_secret: 's'.repeat(40), token_endpoint_auth_method: 'none', grant_types: grants('refresh_token') },
    ],
    ['no refresh grant', { client_secret: 's'.repeat(40), grant_types: grants('id_token') }],
    [
      'HS256 and no delegation grant',
      { client_secret: 's'.repeat(40), jwt_configuration: { alg: 'HS256' }, grant_types: ['implicit'] },
    ],
  ])('with %s keeps the strict defaults', async (_what, raw) => {
    const { client } = await importClient({ jwt_configuration: { alg: 'RS256' }, ...raw });
    expect(client).not.toHaveProperty('unauthenticated_refresh');
    expect(client).not.toHaveProperty('hs256_delegation');
  });

  it.each([
    ['https://app.example.com/jwks.json', 'https://app.example.com/jwks.json', []],
    ['', undefined, []],
    [null, undefined, []],
    [
      'ftp://app.example.com/jwks.json',
      undefined,
      [expect.stringMatching(/^client "a": jwks_uri is left out: jwks_uri: /)],
    ],
  ])('whose jwks_uri is %j keeps it where it can be used', async (jwks_uri, expected, notes) => {
    const { client, ownNotes } = await importClient({ jwt_configuration: { alg: 'RS256' }, jwks_uri });
    expect(client.jwks_uri).toBe(expected);
    expect(ownNotes).toEqual(notes);
  });

  it('that uses HS256 and was exported without its secret gets a reference to it', async () => {
    const { client, ownNotes, yaml } = await importClient({
      jwt_configuration: { alg: 'HS256' },
      client_secret: '##WEB_SECRET##',
    });
    expect(client.client_secret).toEqual({ env: 'A_CLIENT_SECRET' });
    expect(ownNotes).toEqual([
      `client "a": ${HS256_NOTE}`,
      'client "a": client_secret is required but not in the export: see the list of secrets',
    ]);
    expect(yaml).toContain('A_CLIENT_SECRET     client "a", client_secret (not in the export)');
  });

  it('with a secret that is too short gets a note', async () => {
    const { client, ownNotes } = await importClient({
      jwt_configuration: { alg: 'HS256' },
      client_secret: 'too-short-a-secret',
    });
    expect(client.client_secret).toEqual({ env: 'A_CLIENT_SECRET' });
    expect(ownNotes).toEqual([
      `client "a": ${HS256_NOTE}`,
      'client "a": client_secret is not valid as exported; expected a secret of at least 32 bytes, as HS256 demands',
    ]);
  });

  it.each([{}, { client_email: null, private_key: '' }])(
    'with the add-on configuration %j loses the add-on',
    async (firebase) => {
      const { client, ownNotes } = await importClient({ addons: { firebase, wams: null } });
      expect(client).not.toHaveProperty('addons');
      expect(ownNotes).toEqual(['client "a": addons.firebase is not configured: left out']);
    },
  );

  it('with an add-on that cannot work loses it and its secrets', async () => {
    const { client, ownNotes, yaml } = await importClient({
      addons: { firebase: { private_key: rsaPair('firebase').pem } },
    });
    expect(client).not.toHaveProperty('addons');
    expect(yaml).not.toContain('FIREBASE');
    expect(ownNotes).toHaveLength(1);
    expect(ownNotes[0]).toMatch(
      /^client "a": addons\.firebase is left out: addons\.firebase\.client_email: missing; expected /,
    );
  });

  it('with an add-on whose secret was not exported gets a reference to it', async () => {
    const { client, ownNotes } = await importClient({ addons: { firebase: { client_email: 'a@example.com' } } });
    expect(client.addons.firebase).toEqual({
      client_email: 'a@example.com',
      private_key: { env: 'A_FIREBASE_PRIVATE_KEY' },
    });
    expect(ownNotes).toEqual([
      'client "a": addons.firebase.private_key is required but not in the export: see the list of secrets',
    ]);
  });

  it('with unknown fields in an add-on gets notes with their names, without their values', async () => {
    const { client, ownNotes } = await importClient({
      addons: {
        firebase: {
          client_email: 'a@example.com',
          private_key: rsaPair('firebase').pem,
          extra_secret: 'never-to-be-printed-0123456789',
        },
      },
    });
    expect(client.addons.firebase).not.toHaveProperty('extra_secret');
    expect(ownNotes).toEqual(['client "a": addons.firebase.extra_secret has no counterpart in gateway.yaml: left out']);
  });

  it('whose name has line breaks and controls stays on one line, in the YAML and in its comments', async () => {
    const { yaml, client } = await importClient({
      name: 'x\n# y\u001b[2J\u009b\u2028"z',
      client_secret: 's'.repeat(40),
      jwt_configuration: { alg: 'HS256' },
    });
    expect(client.name).toBe('x\n# y\u001b[2J\u009b\u2028"z');
    expect(yaml).toContain('    name: "x\\n# y\\u001b[2J\\u009b\\u2028\\"z"\n');
    expect(yaml).toContain('X_Y_2J_Z_CLIENT_SECRET  client "a" ("x\\n# y\\u001b[2J\\u009b\\u2028\\"z"), client_secret');
  });

  it('shares no environment variable with another client', async () => {
    const secret = { client_secret: 's'.repeat(40), jwt_configuration: { alg: 'HS256' } };
    const named = (client_id: string, name?: string) => ({ client_id, ...(name && { name }), ...secret });
    const { clients } = await importClient(
      named('a', 'Web'),
      named('b', 'web!'),
      named('c', '日本'),
      named('日', '日本'),
      named('9', '9 lives'),
      named('t', 'Tenant'),
      { ...named('u', 'tenant signing key'), client_secret: null, jwt_configuration: { alg: 'RS256' } },
    );
    expect(clients.map((client: { client_secret?: { env: string } }) => client.client_secret?.env)).toEqual([
      'WEB_CLIENT_SECRET',
      'WEB_CLIENT_SECRET_2',
      'C_CLIENT_SECRET',
      'CLIENT_CLIENT_SECRET',
      'CLIENT_9_LIVES_CLIENT_SECRET',
      'TENANT_CLIENT_SECRET',
      undefined,
    ]);
  });
});

/** Characters that change how the text around them is shown, or that cannot be seen. */
const INVISIBLE = [
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e'],
  ...['\u2066', '\u2067', '\u2068', '\u2069', '\u200e', '\u200f', '\u061c'],
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u034f', '\u115f', '\u180e', '\u3164', '\ufe0f'],
  ...['\0', '\t', '\r', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\u2029', '\u00a0', '\u2003', '\u2800'],
  ...['\ufff9', '\u{1d173}', '\u{e0041}', '\u{e0100}', '\ud800', '\udc00', '\ue000'],
];

/** The invisible characters of a text, as code points; line feeds between its lines do not count. */
function findInvisible(text: string): string[] {
  const found = text.replaceAll('\n', '').match(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu) ?? [];
  return found.map((character) => character.codePointAt(0)?.toString(16) ?? '');
}

describe('an invisible character of an export', () => {
  it('is escaped in the YAML and its comments, which read back as the same strings, and in the notes', async () => {
    expect(findInvisible(INVISIBLE.join('a'))).toHaveLength(INVISIBLE.length);
    const key = rsaPair('firebase').pem;
    const clients = INVISIBLE.map((character, index) => ({
      client_id: `id${index}${character}x`,
      name: `name${index}${character}\\"x`,
      client_secret: 's'.repeat(40),
      allowed_clients: [`id${index}${character}x`, `id0${INVISIBLE[0]}x`, `gone${character}`],
      grant_types: [`grant${character}x`],
      addons: {
        firebase: {
          client_email: `a${index}${character}@example.com`,
          private_key: key,
          private_key_id: `key${character}x`,
          claims: { [`claim${character}x`]: `path${character}x` },
          [`unknown${character}x`]: 1,
        },
        [`addon${character}x`]: { a: 1 },
      },
      [`field${character}x`]: 1,
    }));
    const { yaml, notes, tenant } = await run(clients);
    expect(findInvisible(yaml)).toEqual([]);
    expect(findInvisible(notes)).toEqual([]);
    const unescaped = (given: (typeof clients)[number]) => {
      const { client_email, private_key_id, claims } = given.addons.firebase;
      return {
        client_id: given.client_id,
        name: given.name,
        allowed_clients: [...new Set(given.allowed_clients.slice(0, 2))],
        grant_types: given.grant_types,
        addons: { firebase: expect.objectContaining({ client_email, private_key_id, claims }) },
      };
    };
    expect(tenant.clients).toEqual(clients.map((client) => expect.objectContaining(unescaped(client))));
    expect(yaml).toContain('client "id4\\u202ex" ("name4\\u202e\\\\\\"x"), addons.firebase.private_key');
    expect(notes).toContain('allowed_clients names "gone\\u202e", which was not imported: left out');
  });

  it('is escaped in notes and messages with the name of a file', async () => {
    const { notes } = await runOn({ 'A.json': { client_id: 'a' }, 'B\u202e\u001b[2J.json': { name: 'B' } }, '.');
    expect(notes).toContain('client "B" at B\\u202e\\u001b[2J.json: skipped');
    await expect(runOn({ 'B\u202e\u001b[2J.json': '{' }, '.')).rejects.toThrow(
      /B\\u202e\\u001b\[2J\.json is not valid JSON/,
    );
  });
});

describe('any export', () => {
  const addonNames = [...ADDONS.map(({ name }) => name), 'samlp', '__proto__', 'constructor'];
  const fieldNames =
    'client_email private_key secret lifetime_in_seconds principal role accountName expiration clientid masterkey keyId uid claims __proto__'.split(
      ' ',
    );
  const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.integer(), fc.constant('texts'), fc.constant(null));
  const client = fc.record(
    {
      client_id: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: anyCodePoint }), anything),
      name: fc.oneof(fc.string({ unit: anyCodePoint }), anything),
      client_secret: anything,
      allowed_clients: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'gone', '*')), anything),
      grant_types: anything,
      token_endpoint_auth_method: anything,
      jwt_configuration: fc.oneof(
        fc.record({
          alg: fc.oneof(fc.constantFrom('HS256', 'RS256'), anything),
          lifetime_in_seconds: anything,
          secret_encoded: anything,
        }),
        anything,
      ),
      addons: fc.oneof(
        fc.dictionary(fc.constantFrom(...addonNames), fc.dictionary(fc.constantFrom(...fieldNames), anything)),
        anything,
      ),
    },
    { requiredKeys: ['client_id'] },
  );

  it('keeps each name and shows none of its invisible characters', () => {
    const name = fc.string({ unit: anyCodePoint, minLength: 1 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 50, maxLength: 50 }), (names) => {
        const clients = names.map((name, index) => ({ where: '', client: { client_id: `c${index}`, name } }));
        const { yaml, toDo, information } = importAuth0(
          { clients, tenant: {}, otherParts: [], missing: 0 },
          { addons: ADDONS },
        );
        expect(parse(yaml).tenants[0].clients.map((client: { name: string }) => client.name)).toEqual(names);
        expect(findInvisible(yaml + [...toDo, ...information].join('\n'))).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it('becomes a configuration in which only secrets can be missing or wrong', () => {
    fc.assert(
      fc.property(fc.array(client, { minLength: 1, maxLength: 4 }), (clients) => {
        const found = {
          clients: clients.map((each) => ({ where: '', client: each })),
          tenant: {},
          otherParts: [],
          missing: 0,
        };
        const { yaml, imported } = importAuth0(found, { addons: ADDONS });
        fc.pre(imported > 0);
        const document = parse(yaml);
        const faults = collectFaults(() => parseConfig(document, { env: {} }));
        for (const { path, message } of faults) {
          expect(`${path.join('.')}: ${message}`).toMatch(
            /(secret|key|Key|Password|certificate): .*the environment variable (\w+|that it names) to be set$/i,
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  function collectFaults(read: () => unknown) {
    try {
      read();
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.diagnostics;
      throw error;
    }
  }
});

describe('the command', () => {
  it('exits with 1 and prints one sentence', async () => {
    expect(await runCommand(['import-auth0', 'no-such-export.json'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'no-such-export.json cannot be read (ENOENT)\n',
    });
  });

  it('exits with 1 and prints one sentence for an export that nests too deeply', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'import-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'deep.json');
    writeFileSync(path, '['.repeat(100_000) + ']'.repeat(100_000));
    const output = captureOutput();
    expect(await runCommandLine(['import-auth0', path])).toBe(1);
    expect(output).toEqual({ stdout: '', stderr: `${path} is nested too deeply: more than 100 levels\n` });
  });

  it('says nothing of a reader that ends early', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'import-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const name = 'x'.repeat(60);
    const clients = Array.from({ length: 2_000 }, (_, index) => ({ client_id: `client-${index}`, name }));
    writeFileSync(join(folder, 'export.json'), JSON.stringify(clients));
    const command = '"$0" "$1" import-auth0 export.json 2>notes | head -n 1; echo "$PIPESTATUS"';
    const run = spawnSync('bash', ['-c', command, process.execPath, builtCommand()], { cwd: folder, encoding: 'utf8' });
    expect(run.stdout).toMatch(/^# gateway\.yaml, imported from Auth0.*\n3\n$/);
    expect(readFileSync(join(folder, 'notes'), 'utf8')).toMatch(/\nClients imported: 2000\.\n$/);
  });

  it('exits with 0 where nothing was lost, and says what to do', async () => {
    const client = { client_id: 'a', jwt_configuration: { alg: 'RS256' }, callbacks: ['https://app.example.com/'] };
    const { code, notes } = await run([client], { 'tenant-domain': DOMAIN, issuer: ISSUER });
    expect(code).toBe(0);
    expect(notes).toBe(`To do:
  1. Create the key of the tenant, which Auth0 does not export, and set TENANT_SIGNING_KEY.
  2. Where app tokens are verified: accept the new iss and, for RS256, the keys at /.well-known/jwks.json of the gateway.

Information:
  Client fields that delegation does not use, left out: callbacks (1).

Clients imported: 1.
`);
  });

  it.each<[string, Record<string, unknown>[], Record<string, string>]>([
    [
      'an add-on that is left out',
      [{ client_id: 'a', jwt_configuration: { alg: 'RS256' }, addons: { slack: { a: 1 } } }],
      {},
    ],
    ['an algorithm that is replaced', [{ client_id: 'a', jwt_configuration: { alg: 'RS512' } }], {}],
    [
      'a client of the same id that is another one',
      [{ client_id: 'a' }, { client_id: 'a', name: 'x' }],
      { 'default-alg': 'RS256' },
    ],
  ])('exits with 3 for %s', async (_what, clients, options) => {
    expect((await run(clients, { 'tenant-domain': DOMAIN, issuer: ISSUER, ...options })).code).toBe(3);
  });

  it('exits with 3 for a placeholder', async () => {
    expect((await run([{ client_id: 'a', jwt_configuration: { alg: 'RS256' } }], { issuer: ISSUER })).code).toBe(3);
  });

  it('takes a repeated client of overlapping pages once, without a loss', async () => {
    const client = { client_id: 'a', jwt_configuration: { alg: 'RS256' } };
    expect((await run([client, client], { 'tenant-domain': DOMAIN, issuer: ISSUER })).code).toBe(0);
  });

  it('gives clients that name no algorithm that of --default-alg', async () => {
    const clients = [
      { client_id: 'a', client_secret: WEB_SECRET },
      { client_id: 'b', jwt_configuration: { alg: 'RS256' } },
    ];
    const { tenant, notes } = await run(clients, { 'default-alg': 'HS256' });
    expect(tenant.clients.map((each: { jwt_configuration: unknown }) => each.jwt_configuration)).toEqual([
      { alg: 'HS256' },
      { alg: 'RS256' },
    ]);
    expect(tenant.clients[0].client_secret).toEqual({ env: 'A_CLIENT_SECRET' });
    expect(tenant.issuers[0].algorithms).toEqual(['RS256', 'HS256']);
    expect(notes).not.toContain('alg is missing');
  });

  it('drops a secret that nothing needs', async () => {
    const { tenant, notes, yaml } = await run([
      { client_id: 'a', client_secret: WEB_SECRET, jwt_configuration: { alg: 'RS256' } },
    ]);
    expect(tenant.clients[0]).not.toHaveProperty('client_secret');
    expect(yaml).not.toContain('A_CLIENT_SECRET');
    expect(notes).toContain('Client fields that delegation does not use, left out: client_secret (1).');
  });

  it('says of permissions for a blob that the blob is missing', async () => {
    const azure_blob = {
      accountName: 'acmefiles',
      storageAccessKey: STORAGE_KEY,
      containerName: 'reports',
      blob_read: true,
    };
    const { notes } = await run([{ client_id: 'a', jwt_configuration: { alg: 'RS256' }, addons: { azure_blob } }]);
    expect(notes).toContain(
      'client "a": addons.azure_blob is left out: addons.azure_blob.blobName: missing; expected a blob name, because blob_read is for a blob; or',
    );
    expect(notes).not.toContain('container_read: missing');
  });

  it('requires an export', async () => {
    const refusal = new UsageError('The path of an export is required; see delegation-gateway import-auth0 --help');
    await expect(importAuth0Command.run({}, [])).rejects.toThrow(refusal);
  });

  it.each<[Record<string, string>, string]>([
    [
      { 'tenant-domain': 'https://acme.eu.auth0.com' },
      '--tenant-domain must be a host name such as acme.eu.auth0.com, without https:// or a path',
    ],
    [
      { 'tenant-domain': 'acme.eu.auth0.com/x' },
      '--tenant-domain must be a host name such as acme.eu.auth0.com, without https:// or a path',
    ],
    [
      { 'tenant-domain': 'acme' },
      '--tenant-domain must be a host name such as acme.eu.auth0.com, without https:// or a path',
    ],
    [{ issuer: 'http://delegation.acme.example/' }, '--issuer must be an https URL'],
    [{ 'default-alg': 'RS512' }, '--default-alg must be one of HS256, RS256, PS256'],
    [
      { 'tenant-domain': DOMAIN, issuer: `https://${DOMAIN}/` },
      '--issuer is the issuer of the gateway and must differ from the issuer of the Auth0 tenant',
    ],
  ])('refuses the options %j', async (options, message) => {
    await expect(run([{ client_id: 'a' }], options)).rejects.toThrow(new UsageError(message));
  });
});
