import { createHmac, createSecretKey } from 'node:crypto';
import { z } from 'zod';
import { ruleOn } from '../../lib/refine-when.js';
import { type ConfigFields, type Credential, defineAddon } from '../addon.js';
import { DEFAULT_MINUTES, minutes } from '../shared/minutes.js';
import { isOneLine } from './one-line.js';

/** The version of the service that the string to sign belongs to. */
const SERVICE_VERSION = '2020-12-06';
/** Seconds before its issue that a SAS starts: clocks may differ by that much, says Azure's page on best practices. */
const CLOCK_SKEW = 15 * 60;

/** What each flag grants on a blob (`b`) or a container (`c`), in the order that the service demands. */
const PERMISSIONS = {
  b: { blob_read: 'r', blob_write: 'w', blob_delete: 'd' },
  c: { container_read: 'r', container_write: 'w', container_delete: 'd', container_list: 'l' },
} as const;

type Flag = keyof typeof PERMISSIONS.b | keyof typeof PERMISSIONS.c;

function configSchema(kit: ConfigFields) {
  const flags = Object.keys({ ...PERMISSIONS.b, ...PERMISSIONS.c }) as Flag[];
  return kit
    .object({
      accountName: z.string().regex(/^[a-z0-9]{3,24}$/, { error: '3 to 24 lower-case letters and digits' }),
      storageAccessKey: kit.secret({
        pattern: /^[A-Za-z0-9+/]{86}==$/,
        expected: 'the access key of a storage account, 64 bytes as base64',
      }),
      containerName: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, { error: '3 to 63 lower-case letters, digits and hyphens' }),
      blobName: z
        .string()
        .max(1024)
        .refine(isBlobName, { error: 'a blob name without control characters, backslashes and segments "." or ".."' })
        .optional(),
      expiration: minutes().optional(),
      signedIdentifier: z
        .string()
        .max(64)
        .refine(isOneLine, { error: 'an identifier without control characters' })
        .optional(),
      ...(Object.fromEntries(flags.map((flag) => [flag, z.boolean().optional()])) as Record<
        Flag,
        z.ZodOptional<z.ZodBoolean>
      >),
    })
    .superRefine(
      (config, { addIssue }) => {
        if (config.signedIdentifier || permissionsOf(config)) return;
        const usable = Object.keys(PERMISSIONS[resourceType(config)]);
        addIssue({
          code: 'custom',
          path: usable.slice(0, 1),
          message: `true for at least one of ${usable.join(', ')}, or a signedIdentifier`,
        });
      },
      ruleOn('signedIdentifier', 'blobName', ...flags),
    );
}

type Config = z.output<ReturnType<typeof configSchema>>;

/**
 * A service SAS for a blob or a container (https://learn.microsoft.com/rest/api/storageservices/create-service-sas),
 * https only, for 5 minutes unless configured. With a stored access policy it says only what is configured beside it.
 */
export const azureBlob = defineAddon<Config>({
  name: 'azure_blob',
  apiType: 'AZURE_BLOB',
  description: 'A shared access signature for a blob, or for a container, of Azure Storage.',
  config: configSchema,
  credential: {
    name: 'AzureBlobSas',
    description: 'A shared access signature (SAS) of Azure Blob Storage: `token` is the query string, without "?".',
    fields: {
      url: { type: 'String', description: 'The blob or the container, with the signature: ready to be requested.' },
      permissions: {
        type: 'String',
        nullable: true,
        description: 'What it grants: r(ead), w(rite), d(elete), l(ist). Null where a stored access policy decides.',
      },
      startsAt: {
        type: 'DateTime',
        nullable: true,
        description: 'When it starts: before its issue, as clocks differ. Null where a stored access policy decides.',
      },
    },
  },
  create(config) {
    const { accountName, containerName, blobName, signedIdentifier } = config;
    const key = createSecretKey(config.storageAccessKey, 'base64');
    const sr = resourceType(config);
    const sp = permissionsOf(config);
    const path = blobName ? `${containerName}/${blobName}` : containerName;
    const resource = `/blob/${accountName}/${path}`;
    const url = `https://${accountName}.blob.core.windows.net/${path.split('/').map(encodeURIComponent).join('/')}`;
    const { startsBefore, expiresIn } = times(config);
    return {
      issue({ nowSeconds }): Credential {
        const startsAt = startsBefore === null ? null : nowSeconds - startsBefore;
        const expiresAt = expiresIn === null ? null : nowSeconds + expiresIn;
        const said: Parameters = {
          sv: SERVICE_VERSION,
          spr: 'https',
          st: timestamp(startsAt),
          se: timestamp(expiresAt),
          si: signedIdentifier ?? '',
          sr,
          sp,
        };
        const sig = createHmac('sha256', key).update(stringToSign(said, resource)).digest('base64');
        const token = Object.entries({ ...said, sig })
          .filter(([, value]) => value !== '')
          .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
          .join('&');
        return {
          token,
          tokenType: 'SharedAccessSignature',
          expiresAt,
          expiresIn,
          fields: {
            url: `${url}?${token}`,
            permissions: sp || null,
            startsAt: startsAt === null ? null : new Date(startsAt * 1000),
          },
        };
      },
    };
  },
  legacyBody: ({ token }) => ({ azure_blob_sas: token }),
});

/** The parameters of a SAS but its signature; what it does not say is empty. */
type Parameters = Readonly<Record<'sv' | 'spr' | 'st' | 'se' | 'si' | 'sr' | 'sp', string>>;

/** The string to sign of version 2020-12-06: 16 lines. */
function stringToSign({ sp, st, se, si, spr, sv, sr }: Parameters, resource: string): string {
  const none = '';
  return [
    sp,
    st,
    se,
    resource,
    si,
    none, // IP range
    spr,
    sv,
    sr,
    none, // time of a snapshot
    none, // encryption scope
    none, // Cache-Control, and four more headers of the response
    none, // Content-Disposition
    none, // Content-Encoding
    none, // Content-Language
    none, // Content-Type
  ].join('\n');
}

/** Seconds around its issue that a SAS is good for; null where a stored access policy decides. */
function times({ signedIdentifier, expiration }: Pick<Config, 'signedIdentifier' | 'expiration'>) {
  if (!signedIdentifier) return { startsBefore: CLOCK_SKEW, expiresIn: (expiration ?? DEFAULT_MINUTES) * 60 };
  // Azure refuses a SAS that says what its policy says too; a start cannot be configured, so it is never said here.
  return { startsBefore: null, expiresIn: expiration === undefined ? null : expiration * 60 };
}

/** A blank blob name is the container. */
function resourceType({ blobName }: Pick<Config, 'blobName'>): keyof typeof PERMISSIONS {
  return blobName ? 'b' : 'c';
}

function permissionsOf(config: Pick<Config, 'blobName' | Flag>): string {
  return Object.entries(PERMISSIONS[resourceType(config)])
    .filter(([flag]) => config[flag as Flag])
    .map(([, letter]) => letter)
    .join('');
}

/** ISO 8601 in whole seconds, the one form that every Azure tool reads; empty for no time. */
function timestamp(epochSeconds: number | null): string {
  return epochSeconds === null ? '' : `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Whether a URL can name the blob: the service takes a backslash for a slash, and clients resolve dot segments. */
function isBlobName(name: string): boolean {
  return isOneLine(name) && !name.includes('\\') && !name.split('/').some((segment) => /^\.\.?$/.test(segment));
}
