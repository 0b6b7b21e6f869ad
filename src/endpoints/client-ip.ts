import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has all of. */
export type ClientIp = (remoteAddress: string | undefined, forwardedFor: string | null) => string;

/**
 * Finds the IP that limits count by. `X-Forwarded-For` counts only as far as the hops are configured proxies: the first
 * address from the right that is none is the client.
 *
 * @param trustProxy addresses and CIDR ranges
 */
export function clientIpReader(trustProxy: readonly string[]): ClientIp {
  const trusted = trustProxy.map(rangeOf);
  const isTrusted = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
    trusted.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  return (remoteAddress, forwardedFor) => {
    let client = parse(remoteAddress);
    if (!client) return 'unknown';
    for (const hop of (forwardedFor ?? '').split(',').reverse()) {
      if (!isTrusted(client)) break;
      const previous = parse(hop.trim());
      if (!previous) break;
      client = previous;
    }
    return canonical(client);
  };
}

/** An IPv4 range that is written as IPv6, `::ffff:10.0.0.0/104`, is the IPv4 range: addresses are compared as IPv4. */
function rangeOf(entry: string): Range {
  const [text = '', length] = entry.split('/');
  const address = ipaddr.parse(text);
  const bits = length === undefined ? (address.kind() === 'ipv4' ? 32 : 128) : Number(length);
  const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return mapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}

/** An address as proxies write it, perhaps with a port or a zone; undefined for anything else, shorthands like `127.1` too. */
function parse(text: string | undefined): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = text
    ?.replace(/%[^\]]*/, '')
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare !== undefined && isIP(bare) !== 0 ? ipaddr.process(bare) : undefined;
}

function canonical(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address.kind() === 'ipv4') return address.toString();
  const network = (address as ipaddr.IPv6).parts.map((part, index) => (index < 4 ? part : 0));
  return `${new ipaddr.IPv6(network).toString()}/64`;
}
