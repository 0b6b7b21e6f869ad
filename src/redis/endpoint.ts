/** One Redis, and how to log in to it. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** An ACL user; undefined for the default one. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The number of the database. */
  readonly database: number;
}

const DEFAULT_PORT = 6379;

/** Reads a `redis:` or `rediss:` URL that the configuration has checked. */
export function parseRedisUrl(text: string): RedisEndpoint {
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORT : Number(port),
    tls: protocol === 'rediss:',
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    database: Number(pathname.slice(1)),
  };
}

/** Splits `host:port`; an IPv6 address is in brackets. */
export function parseAddress(text: string): Pick<RedisEndpoint, 'host' | 'port'> {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
