import { describe, expect, it } from 'vitest';
import { clientIpReader } from '../../src/endpoints/client-ip.js';

const direct = clientIpReader([]);
const behind = clientIpReader(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);
const PROXY = '10.1.2.3';

describe('the IP of a connection', () => {
  it.each([
    ['IPv4, whole', '203.0.113.5', '203.0.113.5'],
    ['IPv4 as an IPv6 socket shows it', '::ffff:203.0.113.5', '203.0.113.5'],
    ['the same in hexadecimal', '::ffff:cb00:7105', '203.0.113.5'],
    ['IPv6, by its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['another address of that /64', '2001:DB8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['the next /64', '2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['a link-local address with its zone', 'fe80::1%eth0', 'fe80::/64'],
    ['loopback', '::1', '::/64'],
    ['nothing', undefined, 'unknown'],
    ['an empty text', '', 'unknown'],
  ])('%s', (_what, address, ip) => {
    expect(direct(address, null)).toBe(ip);
  });
});

describe('X-Forwarded-For', () => {
  it('counts for nothing where no proxy is configured', () => {
    expect(direct('203.0.113.5', '198.51.100.1')).toBe('203.0.113.5');
  });

  it('counts for nothing from an address that is no configured proxy, however near', () => {
    expect(behind('11.0.0.1', '198.51.100.1')).toBe('11.0.0.1');
    expect(behind('192.0.2.8', '198.51.100.1')).toBe('192.0.2.8');
    expect(behind('2001:db8:fffe::1', '198.51.100.1')).toBe('2001:db8:fffe::/64');
  });

  it.each([
    ['the client of one proxy', PROXY, '198.51.100.1', '198.51.100.1'],
    ['the client of several, through them all', PROXY, '198.51.100.1, 192.0.2.7, 10.9.9.9', '198.51.100.1'],
    ['without spaces', PROXY, '198.51.100.1,10.9.9.9', '198.51.100.1'],
    ['what a client says of itself is left of what its proxy says', PROXY, '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['a spoofed proxy is not reached', PROXY, '1.1.1.1, 10.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['an IPv6 client, by its /64', PROXY, '2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['an IPv4 client written as IPv6', PROXY, '::ffff:198.51.100.1', '198.51.100.1'],
    ['a port', PROXY, '198.51.100.1:51234', '198.51.100.1'],
    ['brackets and a port', PROXY, '[2001:db8:1:2::9]:51234', '2001:db8:1:2::/64'],
    ['brackets alone', PROXY, '[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['brackets, a zone and a port', PROXY, '[fe80::9%eth0]:51234', 'fe80::/64'],
    ['a proxy that is IPv4 written as IPv6', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['a proxy that is IPv6', '2001:db8:ffff::1', '198.51.100.1', '198.51.100.1'],
    ['nothing but proxies: the first of them', PROXY, '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ])('%s', (_what, remote, header, ip) => {
    expect(behind(remote, header)).toBe(ip);
  });

  it.each([
    ['nothing', ''],
    ['words', 'unknown'],
    ['an obfuscated identifier', '_hidden'],
    ['an empty entry at the end', '198.51.100.1, '],
    ['a number that some parsers take for an address', '3325256705'],
    ['an address of two parts', '198.25601'],
    ['an octal address', '0306.0063.0144.0001'],
    ['a part beyond 255', '198.51.100.256'],
    ['IPv6 with a port and no brackets', '2001:db8::1::443'],
    ['an address and a script', '198.51.100.1<script>'],
  ])('of garbage the last proxy counts, so that nobody picks a bucket by it: %s', (_what, header) => {
    expect(behind(PROXY, header)).toBe(PROXY);
  });

  it('stops at garbage between proxies', () => {
    expect(behind(PROXY, '198.51.100.1, garbage, 10.0.0.2')).toBe('10.0.0.2');
  });

  it('is read to its end where every address is trusted', () => {
    expect(clientIpReader(['0.0.0.0/0', '::/0'])(PROXY, '198.51.100.1, 203.0.113.5')).toBe('198.51.100.1');
  });

  it('takes a range of IPv4 that is written as IPv6', () => {
    expect(clientIpReader(['::ffff:10.0.0.0/104'])(PROXY, '198.51.100.1')).toBe('198.51.100.1');
    expect(clientIpReader(['::ffff:10.1.2.3'])(PROXY, '198.51.100.1')).toBe('198.51.100.1');
    expect(clientIpReader(['::ffff:10.1.2.3'])('10.1.2.4', '198.51.100.1')).toBe('10.1.2.4');
  });

  it('costs no more than its length, however many entries it has', () => {
    const header = Array.from({ length: 2_000 }, () => '10.0.0.1').join(', ');
    expect(behind(PROXY, `198.51.100.1, ${header}`)).toBe('198.51.100.1');
  });
});
