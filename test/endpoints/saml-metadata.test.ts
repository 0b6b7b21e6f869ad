import { X509Certificate } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { configWarnings } from '../../src/config/warnings.js';
import { runCommand } from '../support/command-line.js';
import { configFolder } from '../support/config-folder.js';
import { baseConfig, type ConfigDocument, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { ENTITY_ID, STRANGER, samlTenant, TENANT } from '../support/saml.js';
import { selfSigned } from '../support/upstream.js';
import { findSchemaErrors, needsXmlTools, xmlsecVerifies } from '../support/xml-tools.js';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';

function get(gateway: TestGateway, init: RequestInit = {}): Promise<Response> {
  return gateway.fetch(new Request('http://gateway.test/saml/metadata', init), { remoteAddress: '192.0.2.1' });
}

const withCertificate = () => testGateway((document) => samlTenant(document));

describe('GET /saml/metadata', () => {
  it('contains what AWS and SAP import: entity id, signing certificate, name id formats, a sign-on URL', async () => {
    const response = await get(await withCertificate());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/samlmetadata+xml');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const root = new DOMParser().parseFromString(await response.text(), 'text/xml').documentElement;
    const all = (name: string) => Array.from(root.getElementsByTagNameNS(METADATA, name));
    expect(root.getAttribute('entityID')).toBe(ENTITY_ID);
    expect(all('IDPSSODescriptor').map((each) => each.getAttribute('protocolSupportEnumeration'))).toEqual([
      'urn:oasis:names:tc:SAML:2.0:protocol',
    ]);
    expect(all('KeyDescriptor').map((each) => [each.getAttribute('use'), each.textContent])).toEqual([
      ['signing', new X509Certificate(TENANT.cert).raw.toString('base64')],
    ]);
    expect(all('NameIDFormat').map((each) => each.textContent)).toEqual([
      'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    ]);
    expect(
      all('SingleSignOnService').map((each) => [each.getAttribute('Binding'), each.getAttribute('Location')]),
    ).toEqual([['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', 'https://acme.example.com/']]);
  });

  it("is valid for OASIS's schema by libxml2, and signed by the tenant by xmlsec", async ({ skip }) => {
    needsXmlTools({ skip });
    const metadata = await (await get(await withCertificate())).text();
    expect(findSchemaErrors(metadata, 'metadata')).toEqual([]);
    expect(xmlsecVerifies(metadata, `${METADATA}:EntityDescriptor`, TENANT.cert)).toBe(true);
    expect(xmlsecVerifies(metadata, `${METADATA}:EntityDescriptor`, STRANGER.cert)).toBe(false);
    expect(findSchemaErrors(metadata.replace(/<md:SingleSignOnService[^>]*>/, ''), 'metadata')).toEqual([
      expect.stringContaining('IDPSSODescriptor'),
    ]);
  });

  it('is identical for each request, and after a reload', async () => {
    const gateway = await withCertificate();
    const before = await (await get(gateway)).text();
    const document = baseConfig() as ConfigDocument;
    samlTenant(document);
    await gateway.reload(parseConfig(document));
    expect(await (await get(gateway)).text()).toBe(before);
  });

  it('gets 404 without a certificate', async () => {
    const response = await get(await testGateway());
    expect([response.status, await response.json()]).toEqual([
      404,
      {
        errors: [
          {
            message: 'This tenant has no SAML metadata, because it has no certificate',
            extensions: { code: 'INVALID_REQUEST' },
          },
        ],
      },
    ]);
  });

  it('supports only GET', async () => {
    const response = await get(await withCertificate(), { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('is not built from a certificate of another key', async () => {
    const mismatch = testGateway((document) => samlTenant(document, { key: TENANT.key, cert: STRANGER.cert }));
    await expect(mismatch).rejects.toMatchObject({
      name: 'ConfigError',
      message: 'tenants[0].certificate: a string; expected the certificate of signing_key',
    });
  });
});

describe('the warning of check about a certificate', () => {
  const { key, cert } = selfSigned('acme', { from: '260101000000Z', to: '261231000000Z' });
  const warnings = (now: string) => {
    const document = baseConfig() as ConfigDocument;
    samlTenant(document, { key, cert });
    return configWarnings(parseConfig(document), Date.parse(now));
  };
  const path = ['tenants', 0, 'certificate'];

  it.each([
    ['absent when it is valid for 30 days', '2026-12-01T00:00:00Z', []],
    [
      'given when it is valid for fewer than 30 days',
      '2026-12-01T00:00:01Z',
      [{ path, message: 'expires on 2026-12-31, in 29 days; replace it there and here before' }],
    ],
    [
      'given when it has expired',
      '2026-12-31T00:00:01Z',
      [{ path, message: 'expired on 2026-12-31; services that trust it may refuse what it signs' }],
    ],
    ['given when it is not valid yet', '2025-12-31T23:59:59Z', [{ path, message: 'is not valid before 2026-01-01' }]],
  ])('is %s', (_what, now, expected) => {
    expect(warnings(now)).toEqual(expected);
  });

  it('is given for each of several keys, at its place', () => {
    const document = baseConfig() as ConfigDocument;
    const good = { key: TENANT.key, certificate: TENANT.cert };
    Object.assign(document.tenants[0]!, {
      signing_key: undefined,
      signing_keys: [good, { key, certificate: cert }, { key: rsaPair('tenant').pem }],
    });
    expect(configWarnings(parseConfig(document), Date.parse('2027-01-01T00:00:00Z'))).toEqual([
      {
        path: ['tenants', 0, 'signing_keys', 1, 'certificate'],
        message: 'expired on 2026-12-31; services that trust it may refuse what it signs',
      },
    ]);
  });

  it('is absent for a tenant without a certificate', () => {
    expect(configWarnings(parseConfig(baseConfig()), Date.now())).toEqual([]);
  });

  it('is written to standard error, and the exit code is 0', async () => {
    const now = Date.now();
    const utc = (time: number) => `${new Date(time).toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`;
    const soon = selfSigned('acme', { from: utc(now - 86_400_000), to: utc(now + 20.5 * 86_400_000) });
    const document = baseConfig() as ConfigDocument;
    samlTenant(document, soon);
    const path = configFolder().write('gateway.yaml', JSON.stringify(document));
    const { code, stdout, stderr } = await runCommand(['check', '--config', path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}: valid; tenants: 1, clients: 4\n` });
    const day = new Date(now + 20.5 * 86_400_000).toISOString().slice(0, 10);
    expect(stderr).toBe(
      `${path}: warning: tenants[0].certificate: expires on ${day}, in 20 days; replace it there and here before\n`,
    );
  }, 60_000);
});
