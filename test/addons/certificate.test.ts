import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AddonDefinition } from '../../src/addons/addon.js';
import { ADDONS } from '../../src/addons/index.js';
import { wams } from '../../src/addons/wams.js';
import { importAuth0 } from '../../src/import-auth0/import.js';
import { testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';

const pem = () => rsaPair('firebase').pem;
/** A valid configuration of every add-on that has one. */
const CONFIGURATIONS: Readonly<Record<string, () => Record<string, unknown>>> = {
  aws: () => ({
    role: 'arn:aws:iam::123456789012:role/Reader',
    principal: 'arn:aws:iam::123456789012:saml-provider/acme',
  }),
  azure_blob: () => ({
    accountName: 'acmefiles',
    storageAccessKey: Buffer.alloc(64, 1).toString('base64'),
    containerName: 'reports',
    container_read: true,
  }),
  azure_sb: () => ({ namespace: 'acme', sasKeyName: 'send', sasKey: 'service-bus-key-for-tests-0000' }),
  firebase: () => ({ client_email: 'minter@demo.iam.gserviceaccount.com', private_key: pem() }),
  layer: () => ({ providerId: 'layer:///providers/1', keyId: 'layer:///keys/1', privateKey: pem() }),
  salesforce_api: () => ({ clientid: 'consumer-key', principal: 'email' }),
  salesforce_sandbox_api: () => ({ clientid: 'consumer-key', principal: 'email' }),
  sap_api: () => ({
    clientid: 'OAUTH_USER',
    tokenEndpointUrl: 'https://sap.example.com/token',
    servicePassword: 'service-password-for-tests-0000',
  }),
  wams: () => ({ masterkey: 'wams-master-key-for-tests-0000000' }),
};

/** The diagnostics for a client with every add-on, whose tenant has a signing_key and no certificate. */
async function diagnose(): Promise<string[]> {
  const addons = Object.fromEntries(Object.entries(CONFIGURATIONS).map(([name, configure]) => [name, configure()]));
  const gateway = testGateway((document) => {
    document.tenants[0]?.clients.push({ client_id: 'target', name: 'Target', addons } as never);
  });
  return gateway.then(
    () => [],
    (error: Error) => error.message.split('\n'),
  );
}

describe('the certificate of a tenant', () => {
  const needing = ADDONS.filter(({ needsCertificate }) => needsCertificate).map(({ name }) => name);

  it('is reported as missing by exactly the add-ons that declare `needsCertificate`', async () => {
    expect(Object.keys(CONFIGURATIONS)).toEqual(ADDONS.filter(({ config }) => config).map(({ name }) => name));
    expect(await diagnose()).toEqual(
      needing.map((name) => expect.stringMatching(`\\.addons\\.${name}: .* the tenant to have a certificate`)),
    );
    expect(needing).toEqual(['aws', 'sap_api']);
  });

  it('is in an imported configuration if an add-on declares `needsCertificate`, known to the importer or new', () => {
    const seal: AddonDefinition = { ...wams, name: 'seal', apiType: 'SEAL', needsCertificate: true };
    const importWith = (name: string, addon: Record<string, unknown>) => {
      const { yaml } = importAuth0(
        {
          clients: [{ where: '', client: { client_id: 'target', addons: { [name]: addon } } }],
          tenant: {},
          otherParts: [],
          missing: 0,
        },
        { addons: [...ADDONS, seal] },
      );
      return parse(yaml).tenants[0].certificate;
    };
    const certificate = { env: 'TENANT_CERTIFICATE' };
    for (const name of needing) expect(importWith(name, CONFIGURATIONS[name]?.() ?? {})).toEqual(certificate);
    expect(importWith('seal', CONFIGURATIONS.wams?.() ?? {})).toEqual(certificate);
    expect(importWith('wams', CONFIGURATIONS.wams?.() ?? {})).toBeUndefined();
  });
});
