import { importSPKI, jwtVerify } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { createGateway } from '../src/gateway.js';
import { testClock } from './support/clock.js';
import { configFolder } from './support/config-folder.js';
import { readPage } from './support/documentation.js';
import { identityProvider } from './support/identity-provider.js';
import { publicJwk, rsaPair } from './support/keys.js';
import { recordingLog } from './support/log.js';
import { keepSent, secrets } from './support/secrets.js';

const { blocks } = readPage('README.md');
const readBlock = (language: string) => blocks.find((block) => block.language === language)?.text ?? '';
const AsyncFunction = (async () => {}).constructor as new (
  ...source: string[]
) => (...values: unknown[]) => Promise<unknown>;

it('the first credential of README.md: its configuration, its key and its request sign a user in to Firebase', async () => {
  const folder = configFolder();
  const { pem, publicKey } = rsaPair('firebase');
  secrets.keep('the key of a service account', pem);
  const account = { client_email: 'minter@my-project.iam.gserviceaccount.com', private_key: pem, private_key_id: 'k1' };
  folder.write('service-account.json', JSON.stringify(account));

  const clock = testClock();
  const log = recordingLog();
  const jwks = { keys: [publicJwk(rsaPair('idp'), { kid: 'idp-1', alg: 'RS256' })] };
  const asked: string[] = [];
  const gateway = await createGateway(loadConfig(folder.write('gateway.yaml', readBlock('yaml'))), {
    now: clock.now,
    log,
    openAuditLog: log.openAuditLog,
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json(jwks);
    },
  });
  onTestFinished(() => gateway.close());

  const idp = identityProvider({ issuer: 'https://login.acme.example/', clock });
  const idToken = await idp.idToken({ aud: 'web', app_metadata: { role: 'editor' } });
  keepSent({ token: idToken });
  const sent: string[] = [];
  const send = (url: string, init: RequestInit) =>
    gateway.fetch(new Request(url, init), { remoteAddress: '192.0.2.1' });
  const signIn = async (_auth: unknown, token: string) => void sent.push(token);
  await new AsyncFunction('fetch', 'idToken', 'signInWithCustomToken', 'getAuth', readBlock('js'))(
    send,
    idToken,
    signIn,
    () => ({}),
  );

  expect(asked).toEqual(['https://login.acme.example/.well-known/jwks.json']);
  expect(sent).toHaveLength(1);
  secrets.keep('a custom token', sent[0] ?? '');
  const key = await importSPKI(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'RS256');
  const { payload, protectedHeader } = await jwtVerify(sent[0] ?? '', key, { currentDate: new Date(clock.now()) });
  expect(protectedHeader.kid).toBe('k1');
  expect(payload).toMatchObject({
    iss: 'minter@my-project.iam.gserviceaccount.com',
    uid: 'auth0|alice',
    claims: { role: 'editor' },
  });
});
