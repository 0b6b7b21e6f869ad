import { describe, expect, it } from 'vitest';
import type { Tenant } from '../../src/config/tenant.js';
import { canonicalHost, tenantLookup } from '../../src/config/tenant-lookup.js';

const [acme, other, rest] = ['acme', 'other', 'rest'].map((name) => ({ name }) as Tenant) as [Tenant, Tenant, Tenant];

describe('the tenant of a host', () => {
  const lookup = tenantLookup(
    [{ hosts: ['acme.example.com', '[2001:db8::1]'] }, { hosts: ['Other.Example.com.'] }, { hosts: [] }],
    [acme, other, rest],
  );

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
  ])('%s', (host, tenant) => {
    expect(lookup(host)).toBe(tenant);
  });

  it('is none where every tenant names its hosts and this is not among them', () => {
    expect(tenantLookup([{ hosts: ['acme.example.com'] }], [acme])('other.example.com')).toBeUndefined();
  });
});

it('a canonical host keeps the brackets and colons of IPv6', () => {
  expect(canonicalHost('[::1]:4000')).toBe('[::1]');
  expect(canonicalHost('[::1]')).toBe('[::1]');
});
