import * as z from 'zod';
import type { GatewayFields } from './fields.js';

const EXPECTED_URL =
  'a URL such as rediss://user:password@redis.example.com:6379/0, with redis: or rediss:, percent-encoded credentials, and nothing after the number of the database';
const EXPECTED_ADDRESS = 'host:port, such as sentinel-1.example.com:26379';
const EXPECTED_STORE = `memory, a redis: or rediss: URL, { env: NAME } or { file: path } with one, { cluster: [url, …] } or { sentinel: [host:port, …], name }`;

/** Where the limits are kept: `memory` or a Redis, which the processes of a gateway share. */
export function storeSchema(fields: GatewayFields) {
  const url = fields.secret().refine(isRedisUrl, { error: EXPECTED_URL });
  return z
    .union(
      [
        z.literal('memory'),
        url.transform((text) => ({ url: text })),
        fields.object({
          cluster: z
            .array(url)
            .min(1)
            .describe(
              'The URLs of some of its nodes; the others are asked for. The credentials of the first are for all.',
            ),
        }),
        fields.object({
          sentinel: z
            .array(z.string().refine(isAddress, { error: EXPECTED_ADDRESS }))
            .min(1)
            .describe('The sentinels, as host:port.'),
          name: z.string().min(1).describe('The name that the sentinels know the Redis by.'),
          tls: z.boolean().default(false).describe('Whether the Redis and its sentinels speak TLS.'),
          username: z.string().min(1).optional().describe('The ACL user at the Redis.'),
          password: fields.secret().optional().describe('The password at the Redis.'),
          sentinel_username: z.string().min(1).optional().describe('The ACL user at the sentinels.'),
          sentinel_password: fields.secret().optional().describe('The password at the sentinels.'),
        }),
      ],
      { error: ({ errors }) => findReason(errors) ?? EXPECTED_STORE },
    )
    .prefault('memory')
    .describe(
      'Where buckets, attempts, used assertions and refused refresh tokens are kept: memory of each process, or a Redis that processes share.',
    );
}

/** What the only form that fits says of the value, such as a variable that is not set. */
function findReason(errors: unknown): string | undefined {
  const issues = (Array.isArray(errors) ? errors.flat() : []) as readonly z.core.$ZodIssue[];
  return issues.find(({ code, path }) => code === 'custom' && path.length === 0)?.message;
}

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text) || /[\p{Cc}\s]/u.test(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  return (
    (protocol === 'redis:' || protocol === 'rediss:') &&
    hostname !== '' &&
    search === '' &&
    hash === '' &&
    /^(\/\d{0,5})?$/.test(pathname) &&
    [username, password].every(isPercentEncoded)
  );
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isAddress(text: string): boolean {
  const port = /^(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}
