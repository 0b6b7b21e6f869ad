import { type ChildProcess, spawn } from 'node:child_process';
import { verify as verifySignature } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { deleteApp, type FirebaseApp, initializeApp } from '@firebase/app';
import {
  type Auth,
  connectAuthEmulator,
  initializeAuth,
  inMemoryPersistence,
  signInWithCustomToken,
} from '@firebase/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToken } from '../support/answers.js';
import { testClock } from '../support/clock.js';
import { type ConfigDocument, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

// The emulator reads a custom token and checks its audience, its uid and its claims. It does NOT check the signature,
// the expiry or the length of the uid, as one test here shows: the signature is verified apart, with node:crypto.

const PROJECT = 'demo-project';

interface Emulator {
  readonly url: string;
  stop(): Promise<void>;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Starts Google's auth emulator in a folder of its own. */
async function startEmulator(): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), 'firebase-'));
  const [auth, hub, logging] = await freePorts(3);
  const at = (port: number | undefined) => ({ host: '127.0.0.1', port });
  const emulators = { auth: at(auth), hub: at(hub), logging: at(logging), ui: { enabled: false } };
  writeFileSync(join(folder, 'firebase.json'), JSON.stringify({ emulators }));
  const require = createRequire(import.meta.url);
  const main = join(dirname(require.resolve('firebase-tools/package.json')), 'lib/bin/firebase.js');
  const child = spawn(process.execPath, [main, 'emulators:start', '--only', 'auth', '--project', PROJECT], {
    cwd: folder,
    // CI: no message of the day, which comes from outside. HOME: nothing of whoever runs the tests is read or written.
    env: { PATH: process.env.PATH, CI: '1', HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await ready(child);
  return {
    url: `http://127.0.0.1:${auth}`,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    if (line.includes('All emulators ready')) {
      child.stdout!.resume();
      return;
    }
    lines.push(line);
  }
  throw new Error(`The emulator did not start:\n${lines.join('\n')}`);
}

/** A custom token from the gateway, minted now. */
async function customToken(claims: Record<string, unknown>, change: (config: ConfigDocument) => void = () => {}) {
  const gateway = await testGateway(
    (config) => {
      Object.assign(config.tenants[0]!.clients[2]!.addons!.firebase, {
        claims: { role: 'app_metadata.role', 'https://example.com/team': 'https://example.com/team' },
        data_claim: 'd',
      });
      change(config);
    },
    { clock: testClock(Date.now()) },
  );
  return readToken(await gateway.delegate({ target: 'chat' }, { token: await gateway.idToken(claims) }));
}

describe('the Firebase auth emulator and the @firebase/auth client', () => {
  let emulator: Emulator;
  let app: FirebaseApp;
  let auth: Auth;

  beforeAll(async () => {
    emulator = await startEmulator();
    app = initializeApp({ apiKey: 'any', projectId: PROJECT });
    auth = initializeAuth(app, { persistence: inMemoryPersistence });
    connectAuthEmulator(auth, emulator.url, { disableWarnings: true });
  });
  afterAll(async () => {
    await auth?.signOut();
    if (app) await deleteApp(app);
    await emulator?.stop();
  });

  it('sign the user in, and give our claims back in the ID token', async () => {
    const token = await customToken({ app_metadata: { role: 'editor' }, 'https://example.com/team': ['red', 'blue'] });
    const { user } = await signInWithCustomToken(auth, token);
    const { claims, signInProvider } = await user.getIdTokenResult();
    expect([user.uid, signInProvider]).toEqual(['auth0|alice', 'custom']);
    expect(claims).toMatchObject({
      sub: 'auth0|alice',
      user_id: 'auth0|alice',
      aud: PROJECT,
      role: 'editor',
      'https://example.com/team': ['red', 'blue'],
    });
  });

  it('take the uid and the claims of data_claim', async () => {
    const { user } = await signInWithCustomToken(auth, await customToken({ d: { uid: 'f-3', level: 7 } }));
    const { claims } = await user.getIdTokenResult();
    expect([user.uid, claims.level, claims.role]).toEqual(['f-3', 7, undefined]);
  });

  it('refuse a custom token with another audience, so they do read it', async () => {
    const [header, payload, signature] = (await customToken({})).split('.') as [string, string, string];
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), aud: 'https://example.com/' };
    const other = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    await expect(signInWithCustomToken(auth, other)).rejects.toThrow('auth/invalid-custom-token');
  });

  it('accept any signature, which is why it is verified here by node:crypto', async () => {
    const ours = await customToken({});
    const theirs = await customToken({}, (config) => {
      Object.assign(config.tenants[0]!.clients[2]!.addons!.firebase, { private_key: rsaPair('stranger').pem });
    });
    expect((await signInWithCustomToken(auth, theirs)).user.uid).toBe('auth0|alice');
    const verifies = (token: string) => {
      const dot = token.lastIndexOf('.');
      const [signed, signature] = [token.slice(0, dot), token.slice(dot + 1)];
      const { publicKey } = rsaPair('firebase');
      return verifySignature('sha256', Buffer.from(signed), publicKey, Buffer.from(signature, 'base64url'));
    };
    expect([verifies(ours), verifies(theirs)]).toEqual([true, false]);
  });
});
