import { RedisCluster } from './cluster.js';
import { type Availability, buildProbe, type RedisCommands } from './commands.js';
import { parseAddress, parseRedisUrl, type RedisEndpoint } from './endpoint.js';
import { RedisNode } from './node.js';
import { locateMaster } from './sentinel.js';

/** Where Redis is, as the configuration says. */
export type RedisSettings =
  | { readonly url: string }
  | { readonly cluster: readonly string[] }
  | {
      readonly sentinel: readonly string[];
      readonly name: string;
      readonly tls: boolean;
      readonly username?: string | undefined;
      readonly password?: string | undefined;
      readonly sentinel_username?: string | undefined;
      readonly sentinel_password?: string | undefined;
    };

/** Connects to Redis, and keeps connected until it is closed. It does not wait for the first connection. */
export function openRedis(settings: RedisSettings, onChange: (availability: Availability) => void): RedisCommands {
  if ('cluster' in settings) return new RedisCluster(settings.cluster.map(parseRedisUrl), onChange);
  const node = new RedisNode({ locate: createLocator(settings), probe: buildProbe, onChange });
  return {
    send: (_key, args) => node.send(args),
    get availability() {
      return node.availability;
    },
    firstAttempt: node.firstAttempt,
    close: () => node.close(),
  };
}

function createLocator(
  settings: Exclude<RedisSettings, { cluster: readonly string[] }>,
): () => RedisEndpoint | Promise<RedisEndpoint> {
  if ('url' in settings) {
    const endpoint = parseRedisUrl(settings.url);
    return () => endpoint;
  }
  const { sentinel, name, tls, username, password, sentinel_username, sentinel_password } = settings;
  const login = { tls, username: sentinel_username, password: sentinel_password, database: 0 };
  const sentinels = sentinel.map((address) => ({ ...parseAddress(address), ...login }));
  const redis = { tls, username, password, database: 0 };
  return () => locateMaster({ sentinels, name, redis });
}
