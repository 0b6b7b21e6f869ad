import { beforeAll, describe, expect, it } from 'vitest';
import { type CallerGateway, callerGateway, refusal } from '../support/caller.js';
import { TENANT_ISSUER } from '../support/gateway.js';
import { signers } from '../support/identity-provider.js';
import { rsaPair } from '../support/keys.js';

const ALICE = 'accepted as auth0|alice';

const azp = refusal('its authorized party (azp) must be the calling application or among its trusted_azp');
const several = refusal('it has several audiences, so its authorized party (azp) must be the calling application');
const events = refusal('a logout token (events) is not an ID token');

let gateway: CallerGateway;
beforeAll(async () => {
  gateway = await callerGateway((config) => {
    Object.assign(config.tenants[0]?.clients[0] as object, { trusted_azp: ['android-app'] });
  });
});

describe('a token of an identity provider', () => {
  it.each([
    [{}],
    [{ typ: 'ID' }],
    [{ token_use: 'id' }],
    [{ azp: 'web' }],
    [{ azp: 'android-app' }],
    [{ aud: ['web'], azp: 'android-app' }],
    [{ typ: 'ID', azp: 'web', acr: '1', sid: 's', at_hash: 'h', nonce: 'n', auth_time: 1, amr: ['pwd'] }],
  ])('is accepted as an ID token: %j', async (claims) => {
    expect(await gateway.ask(gateway.token(claims))).toBe(ALICE);
  });

  it.each(['mallory-app', 'Android-App', ''])('is refused with another azp than the trusted one: %j', async (other) => {
    expect(await gateway.ask(gateway.token({ azp: other }))).toBe(azp);
  });

  it('needs the calling application as azp if it has several audiences: a trusted azp is not enough', async () => {
    expect(await gateway.ask(gateway.token({ aud: ['web', 'other'], azp: 'android-app' }), 'web')).toBe(several);
    expect(await gateway.ask(gateway.token({ aud: ['web', 'other'], azp: 'web' }), 'web')).toBe(ALICE);
  });

  it('is not accepted by an azp that only another application trusts', async () => {
    expect(await gateway.ask(gateway.token({ aud: 'ps', azp: 'android-app' }))).toBe(azp);
  });
});

describe('a token that the tenant signed', () => {
  it('may have another azp, and mapped claims of these names', async () => {
    const { ask, token, delegate } = await callerGateway((config) => {
      const claims = { typ: 'kind', token_use: 'kind', scp: 'kind' };
      const signed = { client_id: 'signed', allowed_clients: ['web'], claims };
      config.tenants[0]?.clients.push(signed as never);
    });
    const subjectToken = { idToken: token({ kind: 'user' }) };
    const answer = await delegate({ target: 'signed', apiType: 'APP', subjectToken });
    expect(await ask(answer.data.delegate.credential.token)).toBe(ALICE);
  });

  it('has no logout events either', async () => {
    const claims = gateway.claims({ iss: TENANT_ISSUER, events: {} });
    const header = { alg: 'RS256', typ: 'JWT', kid: 'any' };
    expect(await gateway.ask(gateway.forge(header, claims, signers.RS256(rsaPair('tenant').privateKey)))).toBe(events);
  });
});
