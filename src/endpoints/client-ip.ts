import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseIpRange } from '../lib/ip-range.js';
import { createRecentEntries } from '../lib/recent-entries.js';

/**
 * Finds the IP that rate limits count by: an IPv4 address, or the /64 of an IPv6 address, because one subscriber usually
 * gets a whole /64. An address of 64:ff9b::/96 counts as the IPv4 address in it, because all clients behind a NAT64
 * (RFC 6052 §2.1) share that /64.
 *
 * @throws TypeError when the connection has no address: all users without one would share their limits
 */
export type ClientIp = (remoteAddress: string | undefined, forwardedFor: string | null) => string;

/**
 * Builds the function that finds a client's IP. It reads `X-Forwarded-For` from the right, as long as the addresses are
 * trusted proxies; the first address that is not one is the client's.
 *
 * @param trustProxy the addresses and CIDR ranges of trusted proxies
 * @param warn is called once, with the IP of the first peer that sends the header and is not one of them
 */
export function clientIpReader(trustProxy: readonly string[], warn: (ip: string) => void = () => {}): ClientIp {
  let hasWarned = false;
  const trusted = trustProxy.map(parseIpRange);
  const isTrusted = (address: Address) =>
    trusted.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  const findPeer = remember((remoteAddress) => {
    const address = parseAddress(remoteAddress);
    return address && { ip: formatClient(address), isProxy: isTrusted(address) };
  });
  return (remoteAddress, forwardedFor) => {
    const peer = findPeer(remoteAddress ?? '');
    if (!peer) throw new TypeError(`remoteAddress must be ${EXPECTED_ADDRESS}`);
    if (forwardedFor === null) return peer.ip;
    if (!peer.isProxy) {
      if (!hasWarned) warn(peer.ip);
      hasWarned = true;
      return peer.ip;
    }
    let client: Address | undefined;
    for (const hop of forwardedFor.split(',').reverse()) {
      const previous = parseAddress(hop.trim());
      if (!previous) break;
      client = previous;
      if (!isTrusted(client)) break;
    }
    return client ? formatClient(client) : peer.ip;
  };
}

const EXPECTED_ADDRESS = 'the IP address of the client, as in fetch(request, { remoteAddress: "192.0.2.1" })';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Peers whose address is parsed once: a proxy, or a client that sends many requests. */
const MAX_PEERS = 1_000;

function remember<Value extends object>(find: (key: string) => Value | undefined): (key: string) => Value | undefined {
  const known = createRecentEntries<Value>(MAX_PEERS);
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = find(key);
      known.set(key, value);
    }
    return value;
  };
}

/** Parses an address that may have a port or a zone; undefined for other text and for short forms such as `127.1`. */
function parseAddress(text: string): Address | undefined {
  const bare = text
    .replace(/%[^\]]*/, '')
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return isIP(bare) !== 0 ? ipaddr.process(bare) : undefined;
}

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

function formatClient(address: Address): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  if (address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(12)).toString();
  const network = address.parts.map((part, index) => (index < 4 ? part : 0));
  return `${new ipaddr.IPv6(network).toString()}/64`;
}
