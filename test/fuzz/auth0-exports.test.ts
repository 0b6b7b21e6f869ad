import { randomBytes } from 'node:crypto';
import { parse } from 'yaml';
import { ADDONS } from '../../src/addons/index.js';
import { ConfigError, type Diagnostic } from '../../src/config/diagnostics.js';
import { parseConfig } from '../../src/config/load.js';
import { importAuth0 } from '../../src/import-auth0/import.js';
import { ExportError, readExport } from '../../src/import-auth0/read-export.js';
import { configFolder } from '../support/config-folder.js';
import { type Choices, changeSomewhere, JSON_PIECES, mutateText } from './support/choices.js';
import { expectNoLeaks } from './support/leaks.js';
import { fuzz, type Outcome } from './support/run.js';

const folder = configFolder();
const GRANT = 'http://auth0.com/oauth/legacy/grant-type/delegation/';

/** A response of `GET /api/v2/clients`. Each case has secrets of its own. */
function exportedClients(secret: () => string) {
  const usual = {
    tenant: 'acme',
    callbacks: [],
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36_000, scopes: {} },
  };
  return [
    {
      ...usual,
      client_id: 'web',
      name: 'Web app',
      client_secret: secret(),
      allowed_clients: [],
      grant_types: [`${GRANT}id_token`, `${GRANT}refresh_token`, 'implicit'],
      jwt_configuration: { alg: 'HS256', secret_encoded: false },
      token_endpoint_auth_method: 'client_secret_post',
      addons: {},
    },
    {
      ...usual,
      client_id: 'chat',
      name: 'Chat',
      allowed_clients: ['web', 'gone'],
      addons: {
        firebase: {
          client_email: 'a@demo.iam.gserviceaccount.com',
          private_key: `-----BEGIN PRIVATE KEY-----\n${secret()}\n`,
          private_key_id: 'k1',
          lifetime_in_seconds: '3600',
        },
        samlp: { audience: 'urn:somebody' },
      },
    },
    {
      ...usual,
      client_id: 'files',
      name: 'Files',
      addons: {
        azure_blob: {
          accountName: 'acmefiles',
          storageAccessKey: secret(),
          containerName: 'reports',
          blobName: '',
          container_read: true,
          expiration: 5,
        },
        azure_sb: { namespace: 'acme', sasKeyName: 'send', sasKey: secret(), entityPath: '', expiration: 10 },
        wams: { masterkey: secret() },
      },
    },
    {
      ...usual,
      client_id: 'cloud',
      name: 'Cloud',
      addons: {
        aws: {
          principal: 'arn:aws:iam::123456789012:saml-provider/auth0',
          role: 'arn:aws:iam::123456789012:role/web',
          lifetime_in_seconds: 90_000,
        },
        sap_api: {
          clientid: 'SAP',
          usernameAttribute: 'email',
          tokenEndpointUrl: 'https://sap.example.com/token',
          scope: 'A',
          servicePassword: secret(),
        },
        layer: {
          providerId: 'layer:///p',
          keyId: 'layer:///k',
          privateKey: secret(),
          principal: 'email',
          expiration: 5,
        },
        salesforce_sandbox_api: {
          clientid: '3MVG9',
          principal: 'email',
          communityName: null,
          community_url_section: '',
        },
      },
    },
  ];
}

const KEYS =
  'client_id name client_secret allowed_clients grant_types jwt_configuration alg lifetime_in_seconds secret_encoded addons firebase aws wams layer global tenant clients total token_endpoint_auth_method jwks_uri uid claims __proto__ constructor'.split(
    ' ',
  );
const PIECES = [...JSON_PIECES, '\u202e', '[[[[', '{"clients":'];

interface Case {
  readonly text: string;
  readonly extension: 'json' | 'yaml';
  readonly secrets: readonly string[];
}

function build(choices: Choices): Case {
  const secrets: string[] = [];
  const secret = () => {
    const made = randomBytes(33).toString('base64url');
    secrets.push(made);
    return made;
  };
  const clients = exportedClients(secret);
  const values = [
    choices.json(),
    choices.text(),
    null,
    '',
    [],
    {},
    7,
    -1,
    '60',
    1e9,
    true,
    ['web'],
    'HS256',
    '*',
    '##SECRET##',
  ];
  let document: unknown = choices.pick([
    clients,
    { clients, total: 9, start: 0 },
    [{ clients }],
    clients[0],
    { tenant: { friendly_name: 'Acme' }, clients, rules: [{}] },
  ]);
  for (let count = choices.below(4); count > 0; count--) document = changeSomewhere(choices, document, KEYS, values);
  const text = JSON.stringify(document);
  const extension = choices.chance(30) ? 'yaml' : 'json';
  // A changed text may have a secret in the place of a name.
  if (choices.chance(15)) return { text: mutateText(choices, text, PIECES), extension, secrets: [] };
  return { text, extension, secrets };
}

function run({ text, extension, secrets }: Case): Outcome {
  const path = folder.write(`export.${extension}`, text);
  let found: ReturnType<typeof readExport>;
  try {
    found = readExport(path);
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    expectNoLeaks([{ where: 'the refusal', text: error.message }], secrets);
    return { name: 'refused', message: error.message.replace(/line \d+/, 'a line') };
  }
  const { yaml, toDo, information, imported } = importAuth0(found, { addons: ADDONS });
  const notes = [...toDo, ...information];
  const printed = [yaml, ...notes].map((each) => ({ where: 'what import-auth0 prints', text: each }));
  expectNoLeaks(printed, secrets);
  if (imported === 0) return { name: 'nothing imported', message: `${notes.length} notes` };
  for (const { path: at, message } of readDiagnostics(parse(yaml))) {
    const line = `${at.join('.')}: ${message}`;
    if (!ONLY_A_SECRET.test(line)) throw new Error(`what it prints is no valid configuration: ${line}`);
  }
  return { name: 'imported', message: `${imported} clients, ${notes.length} notes` };
}

/** The one thing that may be missing: the values of the environment variables. A name that looks like a secret is not shown. */
const ONLY_A_SECRET =
  /(secret|key|Key|Password|certificate): .*the environment variable (\w+|that it names) to be set$/i;

function readDiagnostics(document: unknown): readonly Diagnostic[] {
  try {
    parseConfig(document, { env: {} });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.diagnostics;
    throw error;
  }
}

fuzz<Case>({
  name: 'Auth0 exports',
  cases: 200,
  slow: true,
  build,
  run,
  describe: ({ text, extension }) => `${extension}: ${text}`,
  atLeast: { imported: 40, refused: 4 },
  kinds: 12,
});
