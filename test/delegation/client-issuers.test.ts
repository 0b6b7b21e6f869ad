import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { callerConfig, callerGateway, IDP_JWKS, refusal } from '../support/caller.js';
import { type ConfigDocument, ISSUER } from '../support/gateway.js';

const PARTNER = 'https://partner.example.com/';
const ALICE = 'accepted as auth0|alice';
const notTaken = refusal('its issuer (iss) is not among the issuers of the calling application');

/** Adds an identity provider that signs with the same keys, and sets the issuers of each client. */
function withPartner(config: ConfigDocument, issuersOf: Readonly<Record<string, readonly string[] | undefined>>) {
  const [tenant] = config.tenants;
  Object.assign(tenant?.issuers[0] as object, { subject_prefix: '' });
  tenant?.issuers.push({ issuer: PARTNER, subject_prefix: 'partner|', jwks: IDP_JWKS } as never);
  tenant?.clients.push({ client_id: 'corp-admin', name: 'Admin' });
  for (const client of tenant?.clients ?? []) {
    const issuers = client.client_id in issuersOf ? issuersOf[client.client_id] : [ISSUER];
    Object.assign(client, { issuers });
  }
  return config;
}

describe('the issuers of a client', () => {
  it('are the only ones whose tokens it takes', async () => {
    const { ask, token } = await callerGateway((config) => {
      withPartner(config, { web: [ISSUER, PARTNER], private: [PARTNER], chat: [] });
    });
    const byPartner = (aud: string) => ask(token({ iss: PARTNER, aud, sub: 'mallory' }));
    expect(await ask(token())).toBe(ALICE);
    expect(await byPartner('web')).toBe('accepted as partner|mallory');
    expect(await byPartner('private')).toBe('accepted as partner|mallory');
    expect(await byPartner('corp-admin')).toBe(notTaken);
    expect(await ask(token({ aud: 'corp-admin' }))).toBe(ALICE);
    expect(await ask(token({ aud: 'private' }))).toBe(notTaken);
    expect(await byPartner('chat')).toBe(notTaken);
    expect(await ask(token({ aud: 'chat' }))).toBe(notTaken);
  });

  it('may be absent with one issuer, and count where they are given', async () => {
    const { ask, token } = await callerGateway((config) => {
      Object.assign(config.tenants[0]?.clients[3] as object, { issuers: [] });
      Object.assign(config.tenants[0]?.clients[2] as object, { issuers: [ISSUER] });
    });
    expect(await ask(token())).toBe(ALICE);
    expect(await ask(token({ aud: 'chat' }))).toBe(ALICE);
    expect(await ask(token({ aud: 'private' }))).toBe(notTaken);
  });
});

describe('the configuration of the issuers of a client', () => {
  function diagnose(change: (config: ConfigDocument) => void): string[] {
    const config = callerConfig();
    change(config);
    try {
      parseConfig(config);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n');
    }
  }
  const missing = 'missing; expected the issuers whose tokens it takes, because the tenant has several; [] for none';
  const unknown = 'a string; expected one of the issuers of this tenant';

  it('is needed of every client if the tenant has several issuers', () => {
    expect(diagnose((config) => void withPartner(config, { web: undefined, chat: undefined }))).toEqual([
      `tenants[0].clients[0].issuers: ${missing}`,
      `tenants[0].clients[2].issuers: ${missing}`,
    ]);
    expect(diagnose((config) => void withPartner(config, { web: [], chat: [PARTNER] }))).toEqual([]);
  });

  it('names issuers of the tenant', () => {
    expect(diagnose((config) => void withPartner(config, { web: [PARTNER.slice(0, -1)] }))).toEqual([
      `tenants[0].clients[0].issuers[0]: ${unknown}; did you mean "${PARTNER}"?`,
    ]);
    const names = ['https://acme.example.com/', 'elsewhere'];
    expect(
      diagnose((config) => void Object.assign(config.tenants[0]?.clients[0] as object, { issuers: names })),
    ).toEqual([
      `tenants[0].clients[0].issuers[0]: ${unknown}; did you mean "${ISSUER}"?`,
      `tenants[0].clients[0].issuers[1]: ${unknown}`,
    ]);
  });

  it('includes the issuer whose token endpoint exchanges its refresh tokens', () => {
    const refreshing = (issuers: readonly string[], refresh_token_issuer?: string) =>
      diagnose((config) => {
        withPartner(config, { web: issuers });
        const [first, second] = config.tenants[0]?.issuers ?? [];
        Object.assign(first as object, { token_endpoint: `${ISSUER}oauth/token` });
        if (refresh_token_issuer) Object.assign(second as object, { token_endpoint: `${PARTNER}oauth/token` });
        Object.assign(config.tenants[0]?.clients[0] as object, {
          refresh_token_delegation: true,
          refresh_token_issuer,
        });
      });
    const expected =
      'tenants[0].clients[0].issuers: a list; expected the issuer of its refresh tokens to be among them';
    expect(refreshing([PARTNER])).toEqual([expected]);
    expect(refreshing([ISSUER])).toEqual([]);
    expect(refreshing([ISSUER], PARTNER)).toEqual([expected]);
    expect(refreshing([PARTNER], PARTNER)).toEqual([]);
  });
});
