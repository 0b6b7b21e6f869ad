import { describe, expect, it } from 'vitest';
import { clientIpReader } from '../../src/endpoints/client-ip.js';

const direct = clientIpReader([]);
const behind = clientIpReader(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);
const PROXY = '10.1.2.3';

describe('the client IP of a direct connection', () => {
  it.each([
    ['an IPv4 address', '203.0.113.5', '203.0.113.5'],
    ['an IPv4-mapped IPv6 address', '::ffff:203.0.113.5', '203.0.113.5'],
    ['an IPv4-mapped IPv6 address in hexadecimal', '::ffff:cb00:7105', '203.0.113.5'],
    ['the /64 of an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['the same /64 for another address of it', '2001:DB8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['another /64 for the next network', '2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['a NAT64 address: the IPv4 address in it', '64:ff9b::203.0.113.5', '203.0.113.5'],
    ['a NAT64 address in hexadecimal', '64:FF9B::cb00:7105', '203.0.113.5'],
    ['the /64 of an address next to the NAT64 prefix', '64:ff9b::1:0:0', '64:ff9b::/64'],
    ['the /64 of a local NAT64 prefix, which has other forms', '64:ff9b:1::cb00:7105', '64:ff9b:1::/64'],
    ['a link-local address with its zone', 'fe80::1%eth0', 'fe80::/64'],
    ['loopback', '::1', '::/64'],
  ])('%s', (_what, address, ip) => {
    expect(direct(address, null)).toBe(ip);
  });

  it.each([undefined, '', 'unknown', 'localhost', '127.1'])('is refused where there is no address: %s', (address) => {
    expect(() => direct(address, null)).toThrow(TypeError);
    expect(() => direct(address, '203.0.113.5')).toThrow('remoteAddress must be the IP address of the client');
  });
});

describe('X-Forwarded-For', () => {
  it('is ignored when no proxy is configured', () => {
    expect(direct('203.0.113.5', '198.51.100.1')).toBe('203.0.113.5');
  });

  it('is ignored from an address next to a configured proxy', () => {
    expect(behind('11.0.0.1', '198.51.100.1')).toBe('11.0.0.1');
    expect(behind('192.0.2.8', '198.51.100.1')).toBe('192.0.2.8');
    expect(behind('2001:db8:fffe::1', '198.51.100.1')).toBe('2001:db8:fffe::/64');
  });

  it.each([
    ['one proxy', PROXY, '198.51.100.1', '198.51.100.1'],
    ['several proxies', PROXY, '198.51.100.1, 192.0.2.7, 10.9.9.9', '198.51.100.1'],
    ['several proxies, without spaces', PROXY, '198.51.100.1,10.9.9.9', '198.51.100.1'],
    ["an entry of the client left of its proxy's entry is ignored", PROXY, '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['a proxy that the client made up is ignored', PROXY, '1.1.1.1, 10.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['an IPv6 client', PROXY, '2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['an IPv4-mapped client', PROXY, '::ffff:198.51.100.1', '198.51.100.1'],
    ['a NAT64 client', PROXY, '64:ff9b::198.51.100.1', '198.51.100.1'],
    ['a NAT64 client, with brackets and a port', PROXY, '[64:ff9b::c633:6401]:51234', '198.51.100.1'],
    ['a port', PROXY, '198.51.100.1:51234', '198.51.100.1'],
    ['brackets and a port', PROXY, '[2001:db8:1:2::9]:51234', '2001:db8:1:2::/64'],
    ['brackets alone', PROXY, '[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['brackets, a zone and a port', PROXY, '[fe80::9%eth0]:51234', 'fe80::/64'],
    ['an IPv4-mapped proxy', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['an IPv6 proxy', '2001:db8:ffff::1', '198.51.100.1', '198.51.100.1'],
    ['only proxies: the leftmost counts', PROXY, '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ])('%s', (_what, remote, header, ip) => {
    expect(behind(remote, header)).toBe(ip);
  });

  it.each([
    ['an empty header', ''],
    ['a word', 'unknown'],
    ['an obfuscated identifier', '_hidden'],
    ['an empty entry at the end', '198.51.100.1, '],
    ['a number that some parsers read as an address', '3325256705'],
    ['an address of two parts', '198.25601'],
    ['an octal address', '0306.0063.0144.0001'],
    ['a part beyond 255', '198.51.100.256'],
    ['IPv6 with a port and no brackets', '2001:db8::1::443'],
    ['an address with a script', '198.51.100.1<script>'],
  ])(
    'falls back to the proxy for an entry that is not an address, so that clients cannot choose a bucket: %s',
    (_what, header) => {
      expect(behind(PROXY, header)).toBe(PROXY);
    },
  );

  it('is read up to the first entry that is not an address', () => {
    expect(behind(PROXY, '198.51.100.1, garbage, 10.0.0.2')).toBe('10.0.0.2');
  });

  it('is read to its end when every address is trusted', () => {
    expect(clientIpReader(['0.0.0.0/0', '::/0'])(PROXY, '198.51.100.1, 203.0.113.5')).toBe('198.51.100.1');
  });

  it('is ignored from a NAT64 address with the IPv4 address of a proxy, unless that range is configured', () => {
    expect(behind('64:ff9b::10.1.2.3', '198.51.100.1')).toBe('10.1.2.3');
    expect(clientIpReader(['64:ff9b::/96'])('64:ff9b::10.1.2.3', '198.51.100.1')).toBe('198.51.100.1');
  });

  it('accepts an IPv4-mapped range of proxies', () => {
    expect(clientIpReader(['::ffff:10.0.0.0/104'])(PROXY, '198.51.100.1')).toBe('198.51.100.1');
    expect(clientIpReader(['::ffff:10.1.2.3'])(PROXY, '198.51.100.1')).toBe('198.51.100.1');
    expect(clientIpReader(['::ffff:10.1.2.3'])('10.1.2.4', '198.51.100.1')).toBe('10.1.2.4');
  });

  it('is read through 2,000 entries', () => {
    const header = Array.from({ length: 2_000 }, () => '10.0.0.1').join(', ');
    expect(behind(PROXY, `198.51.100.1, ${header}`)).toBe('198.51.100.1');
  });
});
