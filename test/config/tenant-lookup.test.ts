import { describe, expect, it } from 'vitest';
import type { Tenant } from '../../src/config/tenant.js';
import { canonicalizeHost, tenantLookup } from '../../src/config/tenant-lookup.js';

const tenant = (name: string, ...hosts: readonly string[]) => ({ name, hosts }) as unknown as Tenant;
const acme = tenant('acme', 'acme.example.com', '[2001:db8::1]');
const other = tenant('other', 'Other.Example.com.');
const rest = tenant('rest');

describe('the tenant of a host', () => {
  const lookup = tenantLookup([acme, other, rest]);

  it.each([
    ['acme.example.com', acme],
    ['ACME.Example.COM', acme],
    ['acme.example.com:8443', acme],
    ['acme.example.com.', acme],
    ['acme.example.com.:8443', acme],
    ['[2001:db8::1]', acme],
    ['[2001:DB8::1]:443', acme],
    ['other.example.com', other],
    ['acme.example.com.evil.example', rest],
    ['xacme.example.com', rest],
    ['', rest],
  ])('%s', (host, expected) => {
    expect(lookup(host)).toBe(expected);
  });

  it('is undefined when every tenant names its hosts and the host is not among them', () => {
    expect(tenantLookup([acme])('other.example.com')).toBeUndefined();
  });
});

it('a canonical host keeps the brackets and colons of IPv6', () => {
  expect(canonicalizeHost('[::1]:4000')).toBe('[::1]');
  expect(canonicalizeHost('[::1]')).toBe('[::1]');
});
