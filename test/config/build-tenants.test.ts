import { describe, expect, it } from 'vitest';
import { ADDONS } from '../../src/addons/index.js';
import { compileTenants, faultsTogether } from '../../src/config/build-tenants.js';
import { parseConfig } from '../../src/config/load.js';
import { APP_SECRET, baseConfig } from '../support/gateway.js';

type Document = { tenants: { clients: Record<string, unknown>[] }[] };

function compile(change: (tenant: Document['tenants'][number]) => void = () => {}) {
  const document = baseConfig() as Document;
  change(document.tenants[0] as Document['tenants'][number]);
  const [tenant] = compileTenants(parseConfig(document), ADDONS);
  return tenant as NonNullable<typeof tenant>;
}

describe('a compiled tenant', () => {
  it('gives every client its app tokens, and the add-ons that it names', () => {
    const { clients } = compile();
    expect([...clients].map(([id, { addons, defaultApiType }]) => [id, [...addons.keys()], defaultApiType])).toEqual([
      ['web', ['APP'], 'APP'],
      ['api', ['APP'], 'APP'],
      ['chat', ['APP', 'FIREBASE'], 'FIREBASE'],
      ['private', ['APP'], 'APP'],
    ]);
  });

  it('falls back to app tokens for a client of several add-ons', () => {
    const { clients } = compile(({ clients }) => {
      Object.assign(clients[2]?.addons as object, { wams: { masterkey: APP_SECRET } });
    });
    expect(clients.get('chat')?.defaultApiType).toBe('APP');
  });

  it('without a signing key gives no app tokens to a client that names no algorithm, and publishes no key', () => {
    const { clients, jwks } = compile((tenant) => Object.assign(tenant, { signing_key: undefined }));
    expect([...clients].map(([id, { addons }]) => [id, [...addons.keys()]])).toEqual([
      ['web', []],
      ['api', ['APP']],
      ['chat', ['FIREBASE']],
      ['private', []],
    ]);
    expect(jwks).toEqual({ keys: [] });
  });

  it.each([
    ['text', APP_SECRET, false, Buffer.from(APP_SECRET)],
    ['base64', 'QUJD'.repeat(11), true, Buffer.from('ABC'.repeat(11))],
    ['base64url', '-_-_'.repeat(11), true, Buffer.from('-_-_'.repeat(11), 'base64url')],
  ])('takes the secret of a client as %s', (_form, client_secret, secret_encoded, bytes) => {
    const { clients } = compile(({ clients }) => {
      Object.assign(clients[1] as object, { client_secret, jwt_configuration: { alg: 'HS256', secret_encoded } });
    });
    expect(clients.get('api')?.secret?.export()).toEqual(bytes);
  });
});

describe('what does not go together', () => {
  const withoutKey = (tenant: Document['tenants'][number]) => Object.assign(tenant, { signing_key: undefined });
  const fault =
    'tenants[0].clients[0].jwt_configuration.alg: a string; expected the tenant to have a signing_key for PS256';

  it('is no tenant', () => {
    expect(() =>
      compile((tenant) => {
        Object.assign(withoutKey(tenant).clients[0] as object, { jwt_configuration: { alg: 'PS256' } });
      }),
    ).toThrow(expect.objectContaining({ name: 'ConfigError', message: fault }));
  });

  it('is said beside the faults of other clients, and not of what is faulty itself', () => {
    const document = baseConfig() as Document;
    const [tenant] = document.tenants as [Document['tenants'][number]];
    Object.assign(withoutKey(tenant).clients[0] as object, { jwt_configuration: { alg: 'PS256' } });
    Object.assign(tenant.clients[1] as object, { jwt_configuration: { alg: 'PS256', lifetime_in_seconds: 0 } });
    const together = (draft: Parameters<typeof faultsTogether>[0]) => faultsTogether(draft, ADDONS);
    const lifetime =
      'tenants[0].clients[1].jwt_configuration.lifetime_in_seconds: a number; expected a number of at least 1';
    expect(() => parseConfig(document, { together })).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: `${lifetime}\n${fault}` }),
    );
  });
});
