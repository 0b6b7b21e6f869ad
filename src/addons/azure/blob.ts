import { createHmac, createSecretKey } from 'node:crypto';
import * as z from 'zod';
import { refineWhen } from '../../lib/refine-when.js';
import { type ConfigFields, defineAddon } from '../addon.js';
import { DEFAULT_MINUTES, isOneLine, minutes } from '../shared/config-fields.js';

/** The version of the service, which determines the string to sign. */
const SERVICE_VERSION = '2020-12-06';
/** A SAS starts this many seconds before it is issued: the clock skew that Azure's best practices for SAS name. */
const CLOCK_SKEW_SECONDS = 15 * 60;

/** The permission of each flag on a blob (`b`) or a container (`c`), in the order that the service requires. */
const PERMISSIONS = {
  b: { blob_read: 'r', blob_write: 'w', blob_delete: 'd' },
  c: { container_read: 'r', container_write: 'w', container_delete: 'd', container_list: 'l' },
} as const;

type Flag = keyof typeof PERMISSIONS.b | keyof typeof PERMISSIONS.c;

function configSchema(fields: ConfigFields) {
  const flags = Object.keys({ ...PERMISSIONS.b, ...PERMISSIONS.c }) as Flag[];
  return fields
    .object({
      accountName: z
        .string()
        .regex(/^[a-z0-9]{3,24}$/, { error: '3 to 24 lower-case letters and digits' })
        .describe('The storage account.'),
      storageAccessKey: fields
        .secret({
          pattern: /^[A-Za-z0-9+/]{86}==$/,
          expected: 'the access key of a storage account, 64 bytes as base64',
        })
        .describe('An access key of the storage account.'),
      containerName: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, { error: '3 to 63 lower-case letters, digits and hyphens' })
        .describe('The container.'),
      blobName: z
        .string()
        .max(1024)
        .refine(isBlobName, { error: 'a blob name without control characters, backslashes and segments "." or ".."' })
        .optional()
        .describe('The blob that the SAS is for. Blank or absent: the whole container.'),
      expiration: minutes()
        .optional()
        .describe('How long the SAS is valid, in minutes. Default: 5, or what the stored access policy says.'),
      signedIdentifier: z
        .string()
        .max(64)
        .refine(isOneLine, { error: 'an identifier without control characters' })
        .optional()
        .describe('A stored access policy of the container, which holds what is not configured here.'),
      ...(Object.fromEntries(
        flags.map((flag) => [flag, z.boolean().optional().describe(describeFlag(flag))]),
      ) as Record<Flag, z.ZodOptional<z.ZodBoolean>>),
    })
    .superRefine(
      (config, { addIssue }) => {
        if (config.signedIdentifier || formatPermissions(config)) return;
        const resource = selectResourceType(config);
        const usable = Object.keys(PERMISSIONS[resource]);
        const given = flags.filter((flag) => config[flag]);
        if (given.length > 0) {
          const [expected, scope] = resource === 'c' ? ['a blob name', 'a blob'] : ['none', 'a container'];
          const why = `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} for ${scope}`;
          const message = `${expected}, because ${why}; or true for at least one of ${usable.join(', ')}`;
          addIssue({ code: 'custom', path: ['blobName'], message });
          return;
        }
        addIssue({
          code: 'custom',
          path: usable.slice(0, 1),
          message: `true for at least one of ${usable.join(', ')}, or a signedIdentifier`,
        });
      },
      refineWhen('signedIdentifier', 'blobName', ...flags),
    );
}

/** Describes a flag: `container_list` as "Whether the SAS of a container grants list." */
function describeFlag(flag: Flag): string {
  const [resource, operation] = flag.split('_');
  return `Whether the SAS of a ${resource} grants ${operation}.`;
}

type Config = z.output<ReturnType<typeof configSchema>>;

/**
 * A service SAS for a blob or a container (https://learn.microsoft.com/rest/api/storageservices/create-service-sas), for
 * https only. With a stored access policy it has only the permissions and times that are configured explicitly.
 */
export const azureBlob = defineAddon({
  name: 'azure_blob',
  apiType: 'AZURE_BLOB',
  description: 'A shared access signature for a blob or a container of Azure Storage.',
  config: configSchema,
  credential: {
    name: 'AzureBlobSas',
    description: 'A shared access signature (SAS) for Azure Blob Storage.',
    token: 'The query string, without "?". Append it to the URL of the blob or the container; `url` has done so.',
    fields: {
      url: { type: 'String', description: 'The URL of the blob or the container, with the signature.' },
      permissions: {
        type: 'String',
        nullable: true,
        description: 'The permissions: r(ead), w(rite), d(elete), l(ist). Null if a stored access policy defines them.',
      },
      startsAt: {
        type: 'DateTime',
        nullable: true,
        description:
          'The start, which is before the time of issue because clocks differ. Null if a stored access policy is used.',
      },
    },
  },
  create(config) {
    const { accountName, containerName, blobName, signedIdentifier } = config;
    const key = createSecretKey(config.storageAccessKey, 'base64');
    const sr = selectResourceType(config);
    const sp = formatPermissions(config);
    const path = blobName ? `${containerName}/${blobName}` : containerName;
    const resource = `/blob/${accountName}/${path}`;
    const url = `https://${accountName}.blob.core.windows.net/${path.split('/').map(encodeURIComponent).join('/')}`;
    const { startsBefore, expiresIn } = selectTimes(config);
    return {
      issue({ nowSeconds }) {
        const startsAt = startsBefore === null ? null : nowSeconds - startsBefore;
        const expiresAt = expiresIn === null ? null : nowSeconds + expiresIn;
        const parameters: Parameters = {
          sv: SERVICE_VERSION,
          spr: 'https',
          st: formatTime(startsAt),
          se: formatTime(expiresAt),
          si: signedIdentifier ?? '',
          sr,
          sp,
        };
        const sig = createHmac('sha256', key).update(buildStringToSign(parameters, resource)).digest('base64');
        const token = Object.entries({ ...parameters, sig })
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
          issued: { resource: url, permissions: sp, ...(signedIdentifier && { policy: signedIdentifier }) },
        };
      },
    };
  },
  legacyBody: ({ token }) => ({ azure_blob_sas: token }),
});

/** The parameters of a SAS except its signature; an empty one is left out of the SAS. */
type Parameters = Readonly<Record<'sv' | 'spr' | 'st' | 'se' | 'si' | 'sr' | 'sp', string>>;

/** Builds the string to sign of version 2020-12-06. */
function buildStringToSign({ sp, st, se, si, spr, sv, sr }: Parameters, resource: string): string {
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
    none, // snapshot time
    none, // encryption scope
    none, // Cache-Control
    none, // Content-Disposition
    none, // Content-Encoding
    none, // Content-Language
    none, // Content-Type
  ].join('\n');
}

/** Seconds before and after the time of issue that a SAS is valid; null if a stored access policy defines it. */
function selectTimes({ signedIdentifier, expiration }: Pick<Config, 'signedIdentifier' | 'expiration'>) {
  if (!signedIdentifier) return { startsBefore: CLOCK_SKEW_SECONDS, expiresIn: (expiration ?? DEFAULT_MINUTES) * 60 };
  // Azure refuses a SAS that repeats a parameter of its policy. The start is not configurable, so it is left out.
  return { startsBefore: null, expiresIn: expiration === undefined ? null : expiration * 60 };
}

/** Without a blob name, or with an empty one, the SAS is for the container. */
function selectResourceType({ blobName }: Pick<Config, 'blobName'>): keyof typeof PERMISSIONS {
  return blobName ? 'b' : 'c';
}

function formatPermissions(config: Pick<Config, 'blobName' | Flag>): string {
  return Object.entries(PERMISSIONS[selectResourceType(config)])
    .filter(([flag]) => config[flag as Flag])
    .map(([, letter]) => letter)
    .join('');
}

/** Formats ISO 8601 in whole seconds, which every Azure tool reads; null becomes an empty string. */
function formatTime(epochSeconds: number | null): string {
  return epochSeconds === null ? '' : `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Whether a URL can name the blob: the service reads a backslash as a slash, and clients resolve dot segments. */
function isBlobName(name: string): boolean {
  return isOneLine(name) && !name.includes('\\') && !name.split('/').some((segment) => /^\.\.?$/.test(segment));
}
