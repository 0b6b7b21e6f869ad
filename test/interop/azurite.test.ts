import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addonGateway } from '../support/addon.js';
import { testClock } from '../support/clock.js';

// Azurite 3.35 checks signatures, times, permissions, the protocol and stored access policies. It does not check IP
// ranges, and beside a stored access policy it ignores what the SAS says itself: azure-blob.test.ts holds that part to
// bytes. A wrong signature and a wrong time get the same code, AuthorizationFailure: each refusal of either here stands
// beside a SAS that is accepted. It is an emulator: nothing here was tried against Azure.

const ACCOUNT = { accountName: 'acmefiles', storageAccessKey: randomBytes(64).toString('base64') };
const HOST = `${ACCOUNT.accountName}.blob.core.windows.net`;
const HOUR = 3_600_000;
const ODD_NAME = "2026/a b/100%+/Zoë ☂/it's #1?&=.txt";

interface Azurite {
  readonly process: ChildProcess;
  readonly port: number;
}

/** Azurite on a free port, with the account of this test and nothing stored. */
async function startAzurite(...options: string[]): Promise<Azurite> {
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const fixed = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck'];
  const child = spawn(process.execPath, [main, ...fixed, '--silent', '--disableTelemetry', ...options], {
    env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT.accountName}:${ACCOUNT.storageAccessKey}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const port = /successfully listens on .*:(\d+)$/.exec(line)?.[1];
    if (port) return { process: child, port: Number(port) };
  }
  throw new Error('Azurite did not start');
}

let folder: string;
let ca: Buffer;
let secure: Azurite;
let plain: Azurite;
let reports: ContainerClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'azurite-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = `subjectAltName=DNS:${HOST},IP:127.0.0.1`;
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=azurite'];
  execFileSync('openssl', [...request, '-addext', names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  ca = readFileSync(cert);
  [secure, plain] = await Promise.all([startAzurite('--cert', cert, '--key', key), startAzurite()]);
  const credential = new StorageSharedKeyCredential(ACCOUNT.accountName, ACCOUNT.storageAccessKey);
  const url = `https://127.0.0.1:${secure.port}/${ACCOUNT.accountName}`;
  const service = new BlobServiceClient(url, credential, { tlsOptions: { ca } } as object);
  reports = service.getContainerClient('reports');
  await reports.create();
  for (const name of ['january.txt', 'february.txt', ODD_NAME]) await upload(name);
  await service.getContainerClient('salaries').create();
  await service.getContainerClient('salaries').getBlockBlobClient('january.txt').upload('none of yours', 13);
});

afterAll(async () => {
  for (const azurite of [secure, plain]) {
    if (azurite?.process.kill()) await once(azurite.process, 'exit');
  }
  if (folder) rmSync(folder, { recursive: true });
});

const upload = (name: string) =>
  reports.getBlockBlobClient(name).upload(`text of ${name}`, Buffer.byteLength(`text of ${name}`));

/** The URL that a gateway issues, whose clock is `offset` milliseconds ahead. */
async function issue(config: Record<string, unknown>, offset = 0): Promise<string> {
  const clock = testClock(Date.now() + offset);
  const gateway = await addonGateway('azure_blob', { ...ACCOUNT, containerName: 'reports', ...config }, { clock });
  const { data, text } = await gateway.issue('... on AzureBlobSas { url }');
  if (!data?.delegate) throw new Error(text);
  const { url, token } = data.delegate.credential;
  expect(url).toBe(`${url.split('?')[0]}?${token}`);
  return url;
}

/** Sends a request to the URL as it is, with Azurite standing where its host name leads. */
async function send(method: string, text: string, { body, over = secure }: { body?: string; over?: Azurite } = {}) {
  const { hostname, pathname, search } = new URL(text);
  const options = {
    host: '127.0.0.1',
    port: over.port,
    method,
    path: pathname + search,
    headers: { host: hostname, 'x-ms-version': '2020-12-06', ...(body && { 'x-ms-blob-type': 'BlockBlob' }) },
  };
  const request = over === plain ? http.request(options) : https.request({ ...options, servername: hostname, ca });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let received = '';
  for await (const chunk of response.setEncoding('utf8')) received += chunk;
  return { status: response.statusCode, code: response.headers['x-ms-error-code'], text: received };
}

/** The same SAS for another blob, container or operation. */
function change(url: string, edit: (url: URL) => void): string {
  const changed = new URL(url);
  edit(changed);
  return changed.href;
}

const refused = (code: string) => expect.objectContaining({ status: 403, code });
const LIST = (url: URL) => {
  url.searchParams.set('restype', 'container');
  url.searchParams.set('comp', 'list');
};

describe('Azurite, given a SAS for a blob', () => {
  it.each(['january.txt', ODD_NAME])('serves %s by the URL as it is', async (blobName) => {
    const url = await issue({ blobName, blob_read: true });
    expect(await send('GET', url)).toMatchObject({ status: 200, text: `text of ${blobName}` });
  });

  it('refuses to write or delete with permission to read', async () => {
    const url = await issue({ blobName: 'january.txt', blob_read: true });
    expect(await send('PUT', url, { body: 'overwritten' })).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('DELETE', url)).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('GET', url)).toMatchObject({ status: 200, text: 'text of january.txt' });
  });

  it('writes with permission to write, and refuses to read or delete', async () => {
    const url = await issue({ blobName: 'written.txt', blob_write: true });
    expect(await send('PUT', url, { body: 'by a user' })).toMatchObject({ status: 201 });
    expect((await reports.getBlobClient('written.txt').downloadToBuffer()).toString()).toBe('by a user');
    expect(await send('GET', url)).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('DELETE', url)).toEqual(refused('AuthorizationPermissionMismatch'));
  });

  it('deletes with permission to delete, and refuses to read', async () => {
    await upload('old.txt');
    const url = await issue({ blobName: 'old.txt', blob_delete: true });
    expect(await send('GET', url)).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('DELETE', url)).toMatchObject({ status: 202 });
    expect(await reports.getBlobClient('old.txt').exists()).toBe(false);
  });

  it('refuses another blob, another container, and the list of blobs', async () => {
    const url = await issue({ blobName: 'january.txt', blob_read: true, blob_write: true, blob_delete: true });
    const to = (pathname: string) => change(url, (changed) => Object.assign(changed, { pathname }));
    expect(await send('GET', to('/reports/february.txt'))).toEqual(refused('AuthorizationFailure'));
    expect(await send('GET', to('/salaries/january.txt'))).toEqual(refused('AuthorizationFailure'));
    expect(await send('GET', change(to('/reports'), LIST))).toEqual(refused('AuthorizationFailure'));
  });
});

describe('Azurite, given a SAS for a container', () => {
  it('lists and serves every blob of it', async () => {
    const url = await issue({ container_read: true, container_list: true });
    const list = await send('GET', change(url, LIST));
    expect(list.status).toBe(200);
    expect(list.text).toContain('<Name>january.txt</Name>');
    const blob = change(url, (changed) => Object.assign(changed, { pathname: '/reports/february.txt' }));
    expect(await send('GET', blob)).toMatchObject({ status: 200, text: 'text of february.txt' });
  });

  it('refuses to list, write or delete with permission to read', async () => {
    const url = await issue({ container_read: true });
    const blob = change(url, (changed) => Object.assign(changed, { pathname: '/reports/january.txt' }));
    expect(await send('GET', blob)).toMatchObject({ status: 200 });
    expect(await send('GET', change(url, LIST))).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('PUT', blob, { body: 'overwritten' })).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('DELETE', blob)).toEqual(refused('AuthorizationPermissionMismatch'));
  });

  it('writes and deletes where that is granted', async () => {
    const url = await issue({ container_write: true, container_delete: true });
    const blob = change(url, (changed) => Object.assign(changed, { pathname: '/reports/new.txt' }));
    expect(await send('PUT', blob, { body: 'new' })).toMatchObject({ status: 201 });
    expect(await send('GET', blob)).toEqual(refused('AuthorizationPermissionMismatch'));
    expect(await send('DELETE', blob)).toMatchObject({ status: 202 });
  });

  it('refuses another container', async () => {
    const url = await issue({ container_read: true, container_list: true });
    const other = change(url, (changed) => Object.assign(changed, { pathname: '/salaries/january.txt' }));
    expect(await send('GET', other)).toEqual(refused('AuthorizationFailure'));
  });
});

describe('Azurite refuses a SAS', () => {
  const config = { blobName: 'january.txt', blob_read: true };

  it.each([
    ['sp', 'rwd'],
    ['se', '2099-01-01T00:00:00Z'],
    ['st', '2020-01-01T00:00:00Z'],
    ['spr', 'https,http'],
    ['sr', 'c'],
    ['sv', '2021-04-10'],
    ['sip', '0.0.0.0-255.255.255.255'],
    ['sig', randomBytes(32).toString('base64')],
  ])('whose %s was changed', async (name, value) => {
    const url = await issue(config);
    expect(await send('GET', url)).toMatchObject({ status: 200 });
    const tampered = change(url, ({ searchParams }) => searchParams.set(name, value));
    expect(await send('GET', tampered)).toEqual(refused('AuthorizationFailure'));
  });

  it.each(['st', 'spr', 'sig'])('that lost its %s', async (name) => {
    const tampered = change(await issue(config), ({ searchParams }) => searchParams.delete(name));
    expect((await send('GET', tampered)).status).toBe(403);
  });

  it('of another key', async () => {
    expect(await send('GET', await issue(config))).toMatchObject({ status: 200 });
    const url = await issue({ ...config, storageAccessKey: randomBytes(64).toString('base64') });
    expect(await send('GET', url)).toEqual(refused('AuthorizationFailure'));
  });

  it('that has expired', async () => {
    expect(await send('GET', await issue(config, -4 * 60_000))).toMatchObject({ status: 200 });
    expect(await send('GET', await issue(config, -5 * 60_000 - 1))).toEqual(refused('AuthorizationFailure'));
  });

  it('that has not begun, though a gateway whose clock is 14 minutes ahead is still believed', async () => {
    expect(await send('GET', await issue(config, 14 * 60_000))).toMatchObject({ status: 200 });
    expect(await send('GET', await issue(config, 16 * 60_000))).toEqual(refused('AuthorizationFailure'));
  });

  it('that comes without TLS', async () => {
    expect(await send('GET', await issue(config), { over: plain })).toEqual(refused('AuthorizationProtocolMismatch'));
  });
});

describe('Azurite, given a SAS that names a stored access policy', () => {
  const policy = (change: object = {}) => ({
    id: 'team readers',
    accessPolicy: {
      permissions: 'r',
      startsOn: new Date(Date.now() - HOUR),
      expiresOn: new Date(Date.now() + HOUR),
      ...change,
    },
  });
  const config = { signedIdentifier: 'team readers' };

  it('grants what the policy grants, for as long as there is such a policy', async () => {
    await reports.setAccessPolicy(undefined, [policy()]);
    const url = await issue({ ...config, blobName: 'january.txt' });
    expect(await send('GET', url)).toMatchObject({ status: 200, text: 'text of january.txt' });
    expect(await send('PUT', url, { body: 'overwritten' })).toEqual(refused('AuthorizationPermissionMismatch'));
    await reports.setAccessPolicy(undefined, []);
    expect(await send('GET', url)).toEqual(refused('AuthorizationFailure'));
  });

  it('opens the container too', async () => {
    await reports.setAccessPolicy(undefined, [policy({ permissions: 'l' })]);
    expect(await send('GET', change(await issue(config), LIST))).toMatchObject({ status: 200 });
  });

  it('refuses when the policy has expired', async () => {
    await reports.setAccessPolicy(undefined, [policy({ expiresOn: new Date(Date.now() - HOUR / 2) })]);
    expect(await send('GET', await issue({ ...config, blobName: 'january.txt' }))).toEqual(
      refused('AuthorizationFailure'),
    );
  });

  it('refuses another identifier in place of the signed one', async () => {
    await reports.setAccessPolicy(undefined, [policy(), { ...policy({ permissions: 'rwd' }), id: 'owners' }]);
    const url = await issue({ ...config, blobName: 'january.txt' });
    const tampered = change(url, ({ searchParams }) => searchParams.set('si', 'owners'));
    expect(await send('GET', tampered)).toEqual(refused('AuthorizationFailure'));
  });
});
