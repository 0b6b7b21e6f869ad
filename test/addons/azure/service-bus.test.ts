import { describe, expect, it } from 'vitest';
import { addonGateway, diagnoseAddon } from '../../support/addon.js';

/** The key looks like base64, but Service Bus uses it as text. */
const POLICY = {
  namespace: 'acme',
  sasKeyName: 'send only',
  sasKey: 'c2VydmljZS1idXMta2V5LWZvci10ZXN0cw==',
};

/** The SAS for the subscription `web` of `orders`. */
const ORDERS =
  'SharedAccessSignature sr=http%3A%2F%2Facme.servicebus.windows.net%2Forders%2Fsubscriptions%2Fweb&sig=aOx1t4igMs%2FuUnFMLQ7%2F8L%2FLk9W4NuUJq3i3n5uCjCA%3D&se=1767225900&skn=send%20only';

/** Issues a credential at midnight of 1 January 2026. */
async function issue(config: Record<string, unknown>) {
  const gateway = await addonGateway('azure_sb', { ...POLICY, ...config });
  const { data, text } = await gateway.issue('... on AzureServiceBusSas { resourceUri }');
  return data?.delegate?.credential ?? text;
}

// The signatures here were computed with Python's hmac from the string to sign that Microsoft documents.
describe('an Azure Service Bus SAS', () => {
  it('gives access to one entity for 5 minutes', async () => {
    expect(await issue({ entityPath: 'orders/subscriptions/web' })).toEqual({
      __typename: 'AzureServiceBusSas',
      token: ORDERS,
      tokenType: 'SharedAccessSignature',
      apiType: 'AZURE_SB',
      expiresAt: '2026-01-01T00:05:00.000Z',
      expiresIn: 300,
      resourceUri: 'http://acme.servicebus.windows.net/orders/subscriptions/web',
    });
  });

  it.each([[{}], [{ entityPath: '' }]])(
    'gives access to the namespace with %j, for the configured minutes',
    async (entity) => {
      expect(await issue({ ...entity, expiration: 60 })).toMatchObject({
        token:
          'SharedAccessSignature sr=http%3A%2F%2Facme.servicebus.windows.net%2F&sig=Rz244%2Bc6sXR%2FZzoXa9t4RbmSNndhL2z5EC47sm%2FQyHg%3D&se=1767229200&skn=send%20only',
        expiresAt: '2026-01-01T01:00:00.000Z',
        expiresIn: 3600,
        resourceUri: 'http://acme.servicebus.windows.net/',
      });
    },
  );

  it('accepts a host name as namespace', async () => {
    const { resourceUri, token } = await issue({ namespace: 'acme.servicebus.chinacloudapi.cn', entityPath: 'orders' });
    expect(resourceUri).toBe('http://acme.servicebus.chinacloudapi.cn/orders');
    expect(new URLSearchParams(token.replace('SharedAccessSignature ', '')).get('sr')).toBe(resourceUri);
  });

  it('is the azure_sb_sas of the legacy body', async () => {
    const gateway = await addonGateway('azure_sb', { ...POLICY, entityPath: 'orders/subscriptions/web' });
    const { status, body } = await gateway.issueLegacy({ api_type: 'azure_sb' });
    expect(status).toBe(200);
    expect(body).toEqual({ azure_sb_sas: ORDERS });
  });
});

describe('the configuration of azure_sb', () => {
  const namespaceExpected = 'a namespace such as acme, or its host name, without scheme, port or path';

  it.each([
    [{ namespace: 'https://acme.servicebus.windows.net' }, `namespace: a string; expected ${namespaceExpected}`],
    [{ namespace: 'acme/orders' }, `namespace: a string; expected ${namespaceExpected}`],
    [{ namespace: '' }, `namespace: an empty string; expected ${namespaceExpected}`],
    [{ namespace: undefined }, 'namespace: missing; expected a string'],
    [{ namespace: 'a'.repeat(254) }, 'namespace: a string; expected a string of at most 253 characters'],
    [{ sasKeyName: '' }, 'sasKeyName: an empty string; expected a string of at least 1 character'],
    [
      { sasKeyName: 'a\ud800' },
      'sasKeyName: a string; expected the name of a shared access policy, without control characters',
    ],
    [{ sasKey: '' }, 'sasKey: an empty string; expected a key that is not empty'],
    [{ sasKey: undefined }, 'sasKey: missing; expected a string, { env: NAME } or { file: path }'],
    [{ entityPath: '/orders' }, 'entityPath: a string; expected the path of an entity, without a leading slash'],
    [{ entityPath: 'a\nb' }, 'entityPath: a string; expected the path of an entity, without control characters'],
    [{ entityPath: 'x'.repeat(261) }, 'entityPath: a string; expected a string of at most 260 characters'],
    [{ expiration: -1 }, 'expiration: a number; expected a number of at least 0'],
    [{ expiration: '5' }, 'expiration: a string; expected a number'],
  ])('refuses %j', (change, fault) => {
    expect(diagnoseAddon('azure_sb', { ...POLICY, ...change })).toEqual([fault]);
  });
});
