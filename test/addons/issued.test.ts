import { describe, expect, it } from 'vitest';
import { addonGateway } from '../support/addon.js';
import { testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

const KEY = Buffer.from('a-storage-key-for-tests'.padEnd(64)).toString('base64');

/** Each add-on that calls no other service; those that do are in their own files. */
const ISSUED: readonly [string, object, object][] = [
  [
    'azure_blob',
    { accountName: 'acme', storageAccessKey: KEY, containerName: 'docs', blobName: 'a.txt', blob_read: true },
    {
      resource: 'https://acme.blob.core.windows.net/docs/a.txt',
      permissions: 'r',
      expiresAt: '2026-01-01T00:05:00.000Z',
    },
  ],
  [
    'azure_blob',
    { accountName: 'acme', storageAccessKey: KEY, containerName: 'docs', signedIdentifier: 'readers' },
    {
      resource: 'https://acme.blob.core.windows.net/docs',
      permissions: '',
      policy: 'readers',
      expiresAt: null,
    },
  ],
  [
    'azure_sb',
    { namespace: 'acme', sasKeyName: 'send', sasKey: KEY, entityPath: 'orders' },
    {
      resource: 'http://acme.servicebus.windows.net/orders',
      policy: 'send',
      expiresAt: '2026-01-01T00:05:00.000Z',
    },
  ],
  [
    'firebase',
    { client_email: 'minter@demo.iam.gserviceaccount.com', private_key: rsaPair('firebase').pem },
    { uid: 'auth0|alice', expiresAt: '2026-01-01T01:00:00.000Z' },
  ],
];

describe('the audit event says what was issued', () => {
  it.each(ISSUED)('by %s', async (name, config, issued) => {
    const gateway = await addonGateway(name, config);
    expect((await gateway.issue('')).errors).toBeUndefined();
    expect(gateway.log.audits().at(-1)?.issued).toEqual(issued);
  });

  it('by the add-on for app tokens: their jti, and the scope values that mean something', async () => {
    const gateway = await testGateway();
    const { data } = await gateway.delegate(
      { target: 'api', scope: ['openid email', 'openid', 'a-word-of-the-caller'] },
      { token: await gateway.idToken() },
    );
    const claims = JSON.parse(Buffer.from(data.delegate.credential.token.split('.')[1], 'base64url').toString());
    expect(gateway.log.audits().at(-1)?.issued).toEqual({
      jti: claims.jti,
      scope: 'openid email',
      expiresAt: '2026-01-01T01:00:00.000Z',
    });
  });
});
