import { describe, expect, it } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { parseConfig, validateConfig } from '../../src/config/load.js';
import type { Tenant } from '../../src/config/tenant.js';
import { createGateway } from '../../src/gateway.js';
import { APP_SECRET, baseConfig } from '../support/gateway.js';
import { recordingLogs } from '../support/log.js';

type TenantDocument = Record<string, unknown> & { clients: Record<string, unknown>[] };

function configure(change: (tenant: TenantDocument) => void = () => {}) {
  const document = baseConfig() as { tenants: TenantDocument[] };
  change(document.tenants[0]!);
  return document;
}

function build(change?: (tenant: TenantDocument) => void): Tenant {
  return parseConfig(configure(change)).tenants[0]!;
}

function diagnose(change: (tenant: TenantDocument) => void): string[] {
  try {
    parseConfig(configure(change));
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as Error).message.split('\n');
  }
}

const apiTypes = ({ clients }: Tenant) => [...clients].map(([id, { addons }]) => [id, [...addons.keys()]]);

describe('a built tenant', () => {
  it('gives every client its app tokens, and the add-ons that it is configured for', () => {
    const tenant = build();
    expect(apiTypes(tenant)).toEqual([
      ['web', ['APP']],
      ['api', ['APP']],
      ['chat', ['APP', 'FIREBASE']],
      ['private', ['APP']],
    ]);
    expect([...tenant.clients.values()].map(({ defaultApiType }) => defaultApiType)).toEqual([
      'APP',
      'APP',
      'FIREBASE',
      'APP',
    ]);
  });

  it('has app tokens as the default of a client with several add-ons', () => {
    const { clients } = build(({ clients }) => {
      Object.assign(clients[2]?.addons as object, { wams: { masterkey: APP_SECRET } });
    });
    expect(clients.get('chat')?.defaultApiType).toBe('APP');
  });

  it('without a signing key gives no app tokens to a client that names no algorithm, and publishes no key', () => {
    const tenant = build((document) => Object.assign(document, { signing_key: undefined }));
    expect(apiTypes(tenant)).toEqual([
      ['web', []],
      ['api', ['APP']],
      ['chat', ['FIREBASE']],
      ['private', []],
    ]);
    expect(tenant.jwks).toEqual({ keys: [] });
  });

  it.each([
    ['text', APP_SECRET, false, Buffer.from(APP_SECRET)],
    ['base64', 'QUJD'.repeat(11), true, Buffer.from('ABC'.repeat(11))],
    ['base64url', '-_-_'.repeat(11), true, Buffer.from('-_-_'.repeat(11), 'base64url')],
  ])('accepts the secret of a client as %s', (_form, client_secret, secret_encoded, bytes) => {
    const { clients } = build(({ clients }) => {
      Object.assign(clients[1]!, { client_secret, jwt_configuration: { alg: 'HS256', secret_encoded } });
    });
    expect(clients.get('api')?.secrets.map((secret) => secret.export())).toEqual([bytes]);
  });
});

describe('the add-ons of a configuration', () => {
  it('are created once when it is loaded, and not again by the gateway or a reload', async () => {
    const created: string[] = [];
    const addons = ADDONS.map((definition) => ({
      ...definition,
      create(...args: Parameters<typeof definition.create>) {
        created.push(`${args[1].client.clientId} ${definition.name}`);
        return definition.create(...args);
      },
    }));
    const all = ['web app', 'api app', 'chat app', 'chat firebase', 'private app'];
    const first = parseConfig(configure(), { addons });
    expect(created).toEqual(all);
    const gateway = await createGateway(first, recordingLogs());
    expect(created).toEqual(all);
    const second = parseConfig(configure(), { addons });
    expect(created).toEqual([...all, ...all]);
    await gateway.reload(second);
    expect(created).toEqual([...all, ...all]);
    await gateway.close();
  });
});

describe('what an add-on lacks', () => {
  const withoutKey = (tenant: TenantDocument) => Object.assign(tenant, { signing_key: undefined });
  const lacking = (index: number) =>
    `tenants[0].clients[${index}].jwt_configuration.alg: a string; expected the tenant to have a signing_key for PS256`;

  it('is reported when the configuration is loaded', () => {
    const reported = diagnose((tenant) => {
      Object.assign(withoutKey(tenant).clients[0]!, { jwt_configuration: { alg: 'PS256' } });
    });
    expect(reported).toEqual([lacking(0)]);
  });

  it('is reported beside the diagnostics of other clients, but not for a client that is invalid itself', () => {
    const reported = diagnose((tenant) => {
      Object.assign(withoutKey(tenant).clients[0]!, { jwt_configuration: { alg: 'PS256' } });
      Object.assign(tenant.clients[1]!, { jwt_configuration: { alg: 'PS256', lifetime_in_seconds: 0 } });
    });
    expect(reported).toEqual([
      'tenants[0].clients[1].jwt_configuration.lifetime_in_seconds: a number; expected a number of at least 1',
      lacking(0),
    ]);
  });

  it('is reported for a client that conflicts with another', () => {
    const reported = diagnose((tenant) => {
      Object.assign(withoutKey(tenant).clients[3]!, { client_id: 'web', jwt_configuration: { alg: 'PS256' } });
    });
    expect(reported).toEqual([
      'tenants[0].clients[3].client_id: a string; expected another client_id than clients[0] has',
      lacking(3),
    ]);
  });

  it('is not reported by a validation that builds nothing', () => {
    const document = configure((tenant) => {
      Object.assign(withoutKey(tenant).clients[0]!, { jwt_configuration: { alg: 'PS256' } });
    });
    expect(validateConfig(document)).toEqual([]);
  });
});

describe('a part that is invalid', () => {
  const long = 'x'.repeat(256);

  it('is reported once: a client_id that is too long is not unknown to those that allow it', () => {
    const reported = diagnose(({ clients }) => {
      Object.assign(clients[3]!, { client_id: long });
      Object.assign(clients[1]!, { allowed_clients: [long] });
    });
    expect(reported).toEqual([
      'tenants[0].clients[3].client_id: a string; expected a string of at most 255 characters',
    ]);
  });

  it('is reported once: a token_endpoint that is not a URL is not missing', () => {
    const reported = diagnose((tenant) => {
      Object.assign((tenant.issuers as object[])[0]!, { token_endpoint: 'nowhere' });
      Object.assign(tenant.clients[0]!, { refresh_token_delegation: true });
    });
    expect(reported).toEqual([
      'tenants[0].issuers[0].token_endpoint: a string; expected an https URL without credentials or fragment (http for loopback hosts only)',
    ]);
  });
});
