import { beforeAll, describe, expect, it } from 'vitest';
import { type GatewayConfig, loadConfig } from '../../src/config/load.js';
import { createGateway, type Gateway } from '../../src/gateway.js';
import { systemClock } from '../redis/shared-gateways.js';
import { configFolder } from '../support/config-folder.js';
import { compactToken, signers } from '../support/identity-provider.js';
import { rsaPair } from '../support/keys.js';
import { recordingLogs } from '../support/log.js';
import { clientId, clientSecret, MANY, tenantHost, writeManyClients } from '../support/many-clients.js';
import { selfSigned } from '../support/upstream.js';

describe('10,000 clients in 100 tenants of one file', () => {
  let config: GatewayConfig;
  let gateway: Gateway;

  beforeAll(async () => {
    const { key, cert } = selfSigned('tenants.example.com');
    const folder = configFolder({ 'tenant.pem': key, 'tenant.crt': cert, 'firebase.pem': rsaPair('firebase').pem });
    config = loadConfig(folder.write('gateway.yaml', writeManyClients()));
    gateway = await createGateway(config, recordingLogs());
  }, 60_000);

  /** Delegates as a client, with a token that its secret signed. Returns the credential, or `<code>: <message>`. */
  async function delegate(tenant: number, client: number, input: object, signedBy = client, host = tenantHost(tenant)) {
    const now = systemClock.seconds();
    const claims = { iss: `https://login.${tenantHost(tenant)}/`, sub: 'alice', iat: now, exp: now + 60 };
    const token = compactToken(
      { alg: 'HS256' },
      { ...claims, aud: clientId(tenant, client) },
      signers.HS256(clientSecret(tenant, signedBy)),
    );
    const query = 'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token apiType } } }';
    const request = new Request(`http://${host}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const response = await gateway.fetch(request, { remoteAddress: `10.0.${tenant}.${client}` });
    const { data, errors } = JSON.parse(await response.text());
    return errors ? `${errors[0].extensions.code}: ${errors[0].message}` : data.delegate.credential;
  }

  it('are all there', () => {
    expect(config.tenants).toHaveLength(MANY.tenants);
    for (const { clients } of config.tenants) expect(clients.size).toBe(MANY.clients);
    const addons = config.tenants
      .flatMap(({ clients }) => [...clients.values()])
      .flatMap((each) => [...each.addons.keys()]);
    const count = (apiType: string) => addons.filter((each) => each === apiType).length;
    expect({ app: count('APP'), firebase: count('FIREBASE'), aws: count('AWS') }).toEqual({
      app: 10_000,
      firebase: 1_000,
      aws: 500,
    });
  });

  it.each([
    [0, 0],
    [0, 99],
    [49, 50],
    [99, 1],
    [99, 99],
  ])('tenant %s answers for its client %s, and for no other key or host', async (tenant, client) => {
    const next = (client + 1) % MANY.clients;
    const other = (tenant + 1) % MANY.tenants;
    const { token, apiType } = await delegate(tenant, client, { target: clientId(tenant, next), apiType: 'APP' });
    expect(apiType).toBe('APP');
    const [header, payload, signature] = token.split('.');
    const expected = signers.HS256(clientSecret(tenant, next))(`${header}.${payload}`);
    expect(signature).toBe(Buffer.from(expected).toString('base64url'));
    expect(await delegate(tenant, client, {}, next)).toMatch(/^INVALID_TOKEN: .*its signature is not valid$/);
    expect(await delegate(tenant, client, {}, client, tenantHost(other))).toMatch(
      /^(INVALID_TOKEN|UNAUTHORIZED_CLIENT): /,
    );
    expect(await delegate(tenant, client, { target: clientId(other, next) })).toMatch(/^INVALID_TARGET: /);
    // Clients 1, 6, 21, … have Firebase; their neighbour before them may call them.
    const firebase = await delegate(tenant, 20, { target: clientId(tenant, 21) });
    expect(firebase).toMatchObject({ apiType: 'FIREBASE' });
  });
});
