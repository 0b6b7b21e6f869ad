import type { RedisEndpoint } from './endpoint.js';
import { StoreUnavailableError } from './errors.js';
import { Link } from './link.js';

export interface SentinelOptions {
  readonly sentinels: readonly RedisEndpoint[];
  /** The name that the sentinels know the Redis by. */
  readonly name: string;
  /** How to log in at the Redis. */
  readonly redis: Omit<RedisEndpoint, 'host' | 'port'>;
}

/**
 * Asks all sentinels at once where the Redis is that takes writes, and believes the first that knows. A sentinel that has
 * not heard of a failover does no harm: the Redis that it names does not execute the probe.
 *
 * @throws StoreUnavailableError when none of them knows
 */
export async function locateMaster({ sentinels, name, redis }: SentinelOptions): Promise<RedisEndpoint> {
  try {
    return await Promise.any(sentinels.map(async (sentinel) => ({ ...redis, ...(await askSentinel(sentinel, name)) })));
  } catch {
    throw new StoreUnavailableError('is not known to any sentinel that answers');
  }
}

async function askSentinel(sentinel: RedisEndpoint, name: string): Promise<Pick<RedisEndpoint, 'host' | 'port'>> {
  const link = await Link.open(sentinel);
  try {
    const reply = await link.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]);
    const [host, port] = Array.isArray(reply) ? reply : [];
    if (typeof host !== 'string') throw new StoreUnavailableError('is not known to a sentinel');
    return { host, port: Number(port) };
  } finally {
    link.destroy();
  }
}
