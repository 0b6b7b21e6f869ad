import { describe, expect, it } from 'vitest';
import { addonGateway, diagnoseAddon } from '../../support/addon.js';

const ACCOUNT = {
  accountName: 'acmefiles',
  storageAccessKey: Buffer.from(Array.from({ length: 64 }, (_, index) => index)).toString('base64'),
  containerName: 'reports',
};
/** The SAS for reading 2026/january.pdf. */
const JANUARY =
  'sv=2020-12-06&spr=https&st=2025-12-31T23%3A45%3A00Z&se=2026-01-01T00%3A05%3A00Z&sr=b&sp=r&sig=s5FzHaM93ddHxfjde9i6h8yd22k2EbZ44F4SaSHx1eA%3D';
const FRAGMENT = '... on AzureBlobSas { url permissions startsAt }';

/** Issues a credential at midnight of 1 January 2026. */
async function issue(config: Record<string, unknown>) {
  const gateway = await addonGateway('azure_blob', { ...ACCOUNT, ...config });
  const { data, text } = await gateway.issue(FRAGMENT);
  return data?.delegate?.credential ?? text;
}

// The signatures here were computed with Python's hmac from the string to sign that Microsoft documents.
describe('an Azure Blob SAS', () => {
  it('gives access to one blob, over https, from 15 minutes before to 5 minutes after its issue', async () => {
    expect(await issue({ blobName: '2026/january.pdf', blob_read: true })).toEqual({
      __typename: 'AzureBlobSas',
      token: JANUARY,
      tokenType: 'SharedAccessSignature',
      apiType: 'AZURE_BLOB',
      expiresAt: '2026-01-01T00:05:00.000Z',
      expiresIn: 300,
      url: `https://acmefiles.blob.core.windows.net/reports/2026/january.pdf?${JANUARY}`,
      permissions: 'r',
      startsAt: '2025-12-31T23:45:00.000Z',
    });
  });

  it('gives access to the container if the blob name is empty, with permissions in the required order', async () => {
    const flags = { container_list: true, container_delete: true, container_write: true, container_read: true };
    const token =
      'sv=2020-12-06&spr=https&st=2025-12-31T23%3A45%3A00Z&se=2026-01-01T01%3A00%3A00Z&sr=c&sp=rwdl&sig=kxkwbsTF6X48V68VFDAOvT%2F%2BYzSSKMxpjVFjO70upSk%3D';
    expect(await issue({ blobName: '', expiration: 60, ...flags })).toMatchObject({
      token,
      expiresAt: '2026-01-01T01:00:00.000Z',
      expiresIn: 3600,
      url: `https://acmefiles.blob.core.windows.net/reports?${token}`,
      permissions: 'rwdl',
    });
  });

  it('has the blob name unchanged in the string to sign and percent-encoded in the URL', async () => {
    const blobName = "a b/100%+/Zoë ☂/it's #1?.txt";
    const credential = await issue({ blobName, blob_read: true });
    expect(credential.token).toBe(
      'sv=2020-12-06&spr=https&st=2025-12-31T23%3A45%3A00Z&se=2026-01-01T00%3A05%3A00Z&sr=b&sp=r&sig=QHIcRTN%2FFPIQ4fR3gFU8pJryzsSlVH5bz9wSZ7mxUQ4%3D',
    );
    const { pathname, search } = new URL(credential.url);
    expect(pathname).toBe("/reports/a%20b/100%25%2B/Zo%C3%AB%20%E2%98%82/it's%20%231%3F.txt");
    expect(decodeURIComponent(pathname)).toBe(`/reports/${blobName}`);
    expect(search).toBe(`?${credential.token.replaceAll("'", '%27')}`);
  });

  it('has no permissions or times if it names a stored access policy', async () => {
    expect(await issue({ signedIdentifier: 'team readers' })).toMatchObject({
      token: 'sv=2020-12-06&spr=https&si=team%20readers&sr=c&sig=bHX3W8dRL%2BK89fJX5aIdeJ11A%2B9DDyF%2FR7Zt4ReMS4E%3D',
      expiresAt: null,
      expiresIn: null,
      permissions: null,
      startsAt: null,
    });
  });

  it('has the configured permissions and expiry besides a stored access policy, and no start', async () => {
    const configured = { blobName: 'x.txt', expiration: 10, blob_read: true, blob_write: false, blob_delete: true };
    expect(await issue({ signedIdentifier: 'team readers', ...configured })).toMatchObject({
      token:
        'sv=2020-12-06&spr=https&se=2026-01-01T00%3A10%3A00Z&si=team%20readers&sr=b&sp=rd&sig=Hd%2Ftvwl7nhkmf76hHKDZTDc0zy8MdqiBtJ7ky5IbLX0%3D',
      expiresAt: '2026-01-01T00:10:00.000Z',
      expiresIn: 600,
      permissions: 'rd',
      startsAt: null,
    });
  });

  it('treats an empty signedIdentifier as absent', async () => {
    const credential = await issue({ signedIdentifier: '', blobName: 'x.txt', blob_read: true });
    expect(credential).toMatchObject({ expiresIn: 300, permissions: 'r' });
    expect(credential.token).not.toContain('si=');
  });

  it('has only the permissions of its kind of resource', async () => {
    const flags = { blob_write: true, container_read: true, container_list: true };
    expect(await issue({ blobName: 'x.txt', ...flags })).toMatchObject({ permissions: 'w' });
    expect(await issue(flags)).toMatchObject({ permissions: 'rl' });
  });

  it('is the azure_blob_sas of the legacy body', async () => {
    const config = { ...ACCOUNT, blobName: '2026/january.pdf', blob_read: true };
    const { status, body } = await (await addonGateway('azure_blob', config)).issueLegacy({ api_type: 'azure_blob' });
    expect(status).toBe(200);
    expect(body).toEqual({ azure_blob_sas: JANUARY });
  });
});

describe('the configuration of azure_blob', () => {
  const valid = { ...ACCOUNT, blobName: 'x.txt', blob_read: true };
  const blobNameExpected = 'a blob name without control characters, backslashes and segments "." or ".."';

  it.each([
    ['the shortest names', { accountName: 'abc', containerName: '0ab', blobName: 'x' }],
    ['the longest names', { accountName: 'a'.repeat(24), containerName: 'a'.repeat(63), blobName: 'x'.repeat(1024) }],
    ['dots that are not a whole segment', { blobName: '.hidden/...x/v1.0' }],
    ['a lifetime of zero', { expiration: 0 }],
    ['the longest identifier', { signedIdentifier: 'i'.repeat(64) }],
  ])('accepts %s', (_what, change) => {
    expect(diagnoseAddon('azure_blob', { ...valid, ...change })).toEqual([]);
  });

  it.each([
    [{ accountName: 'ab' }, 'accountName: a string; expected 3 to 24 lower-case letters and digits'],
    [{ accountName: 'a'.repeat(25) }, 'accountName: a string; expected 3 to 24 lower-case letters and digits'],
    [{ accountName: 'evil.example/' }, 'accountName: a string; expected 3 to 24 lower-case letters and digits'],
    [{ accountName: undefined }, 'accountName: missing; expected a string'],
    [
      { storageAccessKey: ACCOUNT.storageAccessKey.slice(1) },
      'storageAccessKey: a string; expected the access key of a storage account, 64 bytes as base64',
    ],
    [{ containerName: 'ab' }, 'containerName: a string; expected 3 to 63 lower-case letters, digits and hyphens'],
    [{ containerName: 'a/b' }, 'containerName: a string; expected 3 to 63 lower-case letters, digits and hyphens'],
    [{ blobName: 'x'.repeat(1025) }, 'blobName: a string; expected a string of at most 1024 characters'],
    [{ blobName: 'a\nb' }, `blobName: a string; expected ${blobNameExpected}`],
    [{ blobName: 'a\\b' }, `blobName: a string; expected ${blobNameExpected}`],
    [{ blobName: 'a/../b' }, `blobName: a string; expected ${blobNameExpected}`],
    [{ blobName: './b' }, `blobName: a string; expected ${blobNameExpected}`],
    [{ blobName: 'a\ud800' }, `blobName: a string; expected ${blobNameExpected}`],
    [{ expiration: -1 }, 'expiration: a number; expected a number of at least 0'],
    [{ expiration: 1.5 }, 'expiration: a number; expected a whole number'],
    [{ expiration: 35_791_395 }, 'expiration: a number; expected a number of at most 35791394'],
    [{ signedIdentifier: 'a\nb' }, 'signedIdentifier: a string; expected an identifier without control characters'],
    [{ signedIdentifier: 'i'.repeat(65) }, 'signedIdentifier: a string; expected a string of at most 64 characters'],
    [{ blob_read: 'yes' }, 'blob_read: a string; expected true or false'],
    [{ blob_reads: true }, 'blob_reads: unknown key; did you mean "blob_read"?'],
    [
      { blob_read: false },
      'blob_read: a boolean; expected true for at least one of blob_read, blob_write, blob_delete, or a signedIdentifier',
    ],
    [
      { blobName: '' },
      'blobName: an empty string; expected a blob name, because blob_read is for a blob; or true for at least one of container_read, container_write, container_delete, container_list',
    ],
    [
      { blob_read: false, container_read: true, container_list: true },
      'blobName: a string; expected none, because container_read, container_list are for a container; or true for at least one of blob_read, blob_write, blob_delete',
    ],
    [
      { blobName: '', blob_read: false },
      'container_read: missing; expected true for at least one of container_read, container_write, container_delete, container_list, or a signedIdentifier',
    ],
  ])('refuses %j', (change, fault) => {
    expect(diagnoseAddon('azure_blob', { ...valid, ...change })).toEqual([fault]);
  });
});
