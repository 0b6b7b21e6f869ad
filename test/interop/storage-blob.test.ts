import {
  BlobSASPermissions,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addonGateway } from '../support/addon.js';
import { anyCodePoint } from '../support/any-text.js';
import { testClock } from '../support/clock.js';

const FLAGS = {
  blob: ['blob_read', 'blob_write', 'blob_delete'],
  container: ['container_read', 'container_write', 'container_delete', 'container_list'],
} as const;

/** Any text of one line. */
const line = (maxLength: number) =>
  fc
    .string({ unit: anyCodePoint, minLength: 1, maxLength })
    .filter((text) => text.length <= 64 && !/\p{Cc}/u.test(text));
const blobName = line(60).filter((name) => !/\\|(^|\/)\.\.?(\/|$)/.test(name));

const config = fc
  .record({
    accountName: fc.stringMatching(/^[a-z0-9]{3,24}$/),
    storageAccessKey: fc
      .uint8Array({ minLength: 64, maxLength: 64 })
      .map((bytes) => Buffer.from(bytes).toString('base64')),
    containerName: fc.stringMatching(/^[a-z0-9][a-z0-9-]{2,62}$/),
    blobName: fc.option(blobName, { nil: undefined }),
    expiration: fc.option(fc.nat({ max: 1_000_000 }), { nil: undefined }),
    signedIdentifier: fc.option(line(40), { nil: undefined }),
    granted: fc.record({
      blob: fc.subarray([...FLAGS.blob], { minLength: 1 }),
      container: fc.subarray([...FLAGS.container], { minLength: 1 }),
    }),
    nothingGranted: fc.boolean(),
  })
  .map(({ granted: { blob, container }, nothingGranted, ...rest }) => {
    const none = nothingGranted && rest.signedIdentifier !== undefined;
    return { ...rest, granted: none ? [] : [...blob, ...container] };
  });
const seconds = fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2120, 0) / 1000 });

it('@azure/storage-blob 12.32 signs what the gateway signs, byte for byte, with version 2020-12-06', async () => {
  await fc.assert(
    fc.asyncProperty(config, seconds, async ({ granted, ...rest }, now) => {
      const flags = Object.fromEntries(granted.map((flag) => [flag, true]));
      const gateway = await addonGateway('azure_blob', { ...rest, ...flags }, { clock: testClock(now * 1000) });
      const { data, text } = await gateway.issue('... on AzureBlobSas { url }');
      const credential = data?.delegate?.credential ?? text;
      expect(credential.token).toBe(sasBySdk(rest, granted, now));
      const { hostname, pathname } = new URL(credential.url);
      const { accountName, containerName } = rest;
      expect(hostname).toBe(`${accountName}.blob.core.windows.net`);
      expect(decodeURIComponent(pathname)).toBe(`/${containerName}${rest.blobName ? `/${rest.blobName}` : ''}`);
    }),
    { numRuns: 200 },
  );
});

function sasBySdk(
  rest: {
    accountName: string;
    storageAccessKey: string;
    containerName: string;
    blobName: string | undefined;
    expiration: number | undefined;
    signedIdentifier: string | undefined;
  },
  granted: readonly string[],
  now: number,
): string {
  const { accountName, storageAccessKey, containerName, blobName, expiration, signedIdentifier: identifier } = rest;
  const kind = blobName === undefined ? 'container' : 'blob';
  // In any order: the SDK puts the letters into the one that the service demands.
  const letters = granted.flatMap((flag) => (flag.startsWith(kind) ? [flag.split('_')[1]?.[0] ?? ''] : []));
  const parse = kind === 'blob' ? BlobSASPermissions.parse : ContainerSASPermissions.parse;
  const minutes = expiration ?? (identifier === undefined ? 5 : undefined);
  return generateBlobSASQueryParameters(
    {
      version: '2020-12-06',
      protocol: SASProtocol.Https,
      containerName,
      blobName,
      identifier,
      permissions: letters.length > 0 ? parse(letters.reverse().join('')) : undefined,
      startsOn: identifier === undefined ? new Date((now - 15 * 60) * 1000) : undefined,
      expiresOn: minutes === undefined ? undefined : new Date((now + minutes * 60) * 1000),
    },
    new StorageSharedKeyCredential(accountName, storageAccessKey),
  ).toString();
}
