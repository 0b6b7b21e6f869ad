import ipaddr from 'ipaddr.js';

/** A range of addresses: one of them, and the number of leading bits that all of them share. */
export type IpRange = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** Parses an address or a CIDR range. An IPv4-mapped range, such as `::ffff:10.0.0.0/104`, becomes the IPv4 range. */
export function parseIpRange(entry: string): IpRange {
  const [text = '', length] = entry.split('/');
  const address = ipaddr.parse(text);
  const bits = length === undefined ? (address.kind() === 'ipv4' ? 32 : 128) : Number(length);
  const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return mapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}

/** Where public addresses are: unicast IPv4, and the global unicast range of IPv6 (RFC 4291 §2.4). */
const PUBLIC = {
  ipv4: [0x01_00_00_00n, 0xdf_ff_ff_ffn],
  ipv6: [0x2000n << 112n, (0x4000n << 112n) - 1n],
} as const;

/** Whether these ranges together hold every public address of a kind. */
export function coversPublicAddresses(ranges: readonly IpRange[], kind: 'ipv4' | 'ipv6'): boolean {
  const [first, last] = PUBLIC[kind];
  let next = first;
  const intervals = ranges.filter(([address]) => address.kind() === kind).map(toInterval);
  for (const { start, end } of intervals.sort((a, b) => (a.start < b.start ? -1 : 1))) {
    if (start > next) return false;
    if (end >= next) next = end + 1n;
  }
  return next > last;
}

function toInterval([address, bits]: IpRange): { readonly start: bigint; readonly end: bigint } {
  const bytes = address.toByteArray();
  const hostBits = BigInt(bytes.length * 8 - bits);
  const start = (BigInt(`0x${Buffer.from(bytes).toString('hex')}`) >> hostBits) << hostBits;
  return { start, end: start + (1n << hostBits) - 1n };
}
