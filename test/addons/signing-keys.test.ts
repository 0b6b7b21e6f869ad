import { X509Certificate } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type AddonGateway, createIssuers } from '../support/addon.js';
import { testClock } from '../support/clock.js';
import { baseConfig, type ConfigDocument, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { STRANGER, TENANT } from '../support/saml.js';
import { strictSts } from '../support/sts.js';
import { selfSigned, upstream } from '../support/upstream.js';
import { findSchemaErrors, needsXmlTools, xmlsecVerifies } from '../support/xml-tools.js';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const READER = {
  role: 'arn:aws:iam::123456789012:role/Reader',
  principal: 'arn:aws:iam::123456789012:saml-provider/acme',
};
const NEXT = selfSigned('acme');

interface Key {
  readonly key: string;
  readonly cert?: string;
}

/** A document whose tenant has these keys, and whose client `target` has this add-on. */
function configure(config: ConfigDocument, keys: readonly Key[], addons: Record<string, unknown> = {}): void {
  const signing_keys = keys.map(({ key, cert }) => ({ key, certificate: cert }));
  Object.assign(config.tenants[0]!, { signing_key: undefined, signing_keys });
  config.tenants[0]?.clients.push({ client_id: 'target', name: 'Target', allowed_clients: ['web'], addons } as never);
}

/** A gateway on the real time, because node-saml knows no other. `change` reloads it with other keys. */
async function keysGateway(keys: readonly Key[], addons?: Record<string, unknown>) {
  const gateway = await testGateway((config) => configure(config, keys, addons), { clock: testClock(Date.now()) });
  return Object.assign(gateway, createIssuers(gateway), {
    change(next: readonly Key[]): Promise<void> {
      const config = baseConfig() as ConfigDocument;
      configure(config, next, addons);
      return gateway.reload(parseConfig(config));
    },
  });
}

async function fetchMetadata(gateway: TestGateway): Promise<string> {
  return (await gateway.fetch(new Request('http://gateway.test/saml/metadata'), { remoteAddress: '192.0.2.1' })).text();
}

/** The certificates of a metadata document in PEM form, in their order. */
function readCertificates(metadata: string): string[] {
  const root = new DOMParser().parseFromString(metadata, 'text/xml').documentElement;
  return Array.from(root.getElementsByTagNameNS(METADATA, 'KeyDescriptor')).map((each) => {
    expect(each.getAttribute('use')).toBe('signing');
    return new X509Certificate(Buffer.from(each.textContent ?? '', 'base64')).toString();
  });
}

const inPem = (...pairs: readonly Required<Key>[]) => pairs.map(({ cert }) => new X509Certificate(cert).toString());

/** What a rotation goes through: the keys of each step, and the certificates of its metadata. */
const STEPS = [
  ['one key', [TENANT], [TENANT]],
  ['the next key behind it', [TENANT, NEXT], [TENANT, NEXT]],
  ['the next key in front of it', [NEXT, TENANT], [NEXT, TENANT]],
  ['the next key alone', [NEXT], [NEXT]],
  ['a key without a certificate behind it', [TENANT, { key: STRANGER.key }, NEXT], [TENANT, NEXT]],
] as const;

describe('the SAML metadata of a tenant with several keys', () => {
  it.each(STEPS)('lists the certificates in the order of the keys: %s', async (_what, keys, listed) => {
    expect(readCertificates(await fetchMetadata(await keysGateway(keys)))).toEqual(inPem(...listed));
  });

  it("is valid for OASIS's schema by libxml2, and signed by the first key by xmlsec", async ({ skip }) => {
    needsXmlTools({ skip });
    for (const [what, keys, listed] of STEPS) {
      const metadata = await fetchMetadata(await keysGateway(keys));
      expect(findSchemaErrors(metadata, 'metadata'), what).toEqual([]);
      const verifies = (cert: string) => xmlsecVerifies(metadata, `${METADATA}:EntityDescriptor`, cert);
      expect(listed.map(({ cert }) => verifies(cert))).toEqual(listed.map((_each, index) => index === 0));
    }
  });

  it('is the same as that of signing_key and certificate where there is one key', async () => {
    const single = await testGateway((config) =>
      Object.assign(config.tenants[0]!, { signing_key: TENANT.key, certificate: TENANT.cert }),
    );
    expect(await fetchMetadata(await keysGateway([TENANT]))).toBe(await fetchMetadata(single));
  });
});

describe('SAML assertions, while the key of the tenant is rotated,', () => {
  /** An STS that has the metadata which was registered last, and a gateway whose add-on calls it. */
  async function setup(keys: readonly Key[]) {
    let cert: string[] = [];
    const sts = await strictSts({
      trusts: [READER],
      get cert() {
        return cert;
      },
    });
    const gateway = await keysGateway(keys, { aws: { ...READER, sts_endpoint: `${sts.url}/` } });
    const register = async () => {
      cert = readCertificates(await fetchMetadata(gateway));
    };
    await register();
    return { gateway, register };
  }

  const outcome = async (gateway: AddonGateway) =>
    (await gateway.issue('')).errors?.[0]?.extensions.upstreamCode ?? 'issued';

  it('are accepted at each step by node-saml with the metadata from before it', async () => {
    const { gateway, register } = await setup([TENANT]);
    for (const keys of [[TENANT, NEXT], [NEXT, TENANT], [NEXT]]) {
      await gateway.change(keys);
      expect(await outcome(gateway)).toBe('issued');
      await register();
      expect(await outcome(gateway)).toBe('issued');
    }
  });

  it('are refused where the certificate was not registered before its key signs', async () => {
    const { gateway, register } = await setup([TENANT]);
    await gateway.change([NEXT, TENANT]);
    expect(await outcome(gateway)).toBe('InvalidIdentityToken');
    await register();
    expect(await outcome(gateway)).toBe('issued');
  });
});

it('Salesforce assertions are signed by the first key', async () => {
  const endpoint = await upstream((_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ access_token: 'token', instance_url: 'https://acme.example.com', token_type: 'Bearer' })),
  );
  const [first, second] = [rsaPair('tenant'), rsaPair('next')].map(({ pem }) => ({ key: pem }));
  const addon = { clientid: 'key', principal: 'email', token_endpoint: `${endpoint.url}/token` };
  const gateway = await keysGateway([first!, second!], { salesforce_api: addon });
  for (const keys of [
    [first!, second!],
    [second!, first!],
  ]) {
    await gateway.change(keys);
    const { errors } = await gateway.issue('', { claims: { email: 'alice@example.com' } });
    expect(errors).toBeUndefined();
    const assertion = new URLSearchParams(endpoint.bodies.at(-1)).get('assertion') ?? '';
    const { keys: published } = await (
      await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), { remoteAddress: '192.0.2.1' })
    ).json();
    expect(decodeProtectedHeader(assertion).kid).toBe(published[0].kid);
    expect(published).toHaveLength(2);
  }
});
