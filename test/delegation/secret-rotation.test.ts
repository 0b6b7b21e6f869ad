import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { type CallerGateway, callerConfig, callerGateway, refusal } from '../support/caller.js';
import { authenticationGateway, BACKEND_SECRET, ENDPOINTS, OTHER_SECRET } from '../support/client-authentication.js';
import { APP_SECRET } from '../support/gateway.js';
import { signers } from '../support/identity-provider.js';
import { postForm } from '../support/legacy.js';
import { secrets } from '../support/secrets.js';

const NEXT_SECRET = 'the-next-secret-of-the-application-0123456789-abcdefghi';
secrets.keep('the next secret', NEXT_SECRET);
const ALICE = 'accepted as auth0|alice';
const WRONG_SECRET = 'UNAUTHORIZED_CLIENT: The client secret is not one of the calling application';

/** The secrets of a client in each step of a rotation. */
const STEPS = [
  { client_secret: APP_SECRET },
  { client_secret: APP_SECRET, accepted_client_secrets: [NEXT_SECRET] },
  { client_secret: NEXT_SECRET, accepted_client_secrets: [APP_SECRET] },
  { client_secret: NEXT_SECRET },
] as const;

const apiOf = (config: ReturnType<typeof callerConfig>) =>
  config.tenants[0]!.clients.find(({ client_id }) => client_id === 'api')!;

/** A gateway whose HS256 client `api` has these secrets. */
const gatewayWith = (fields: object) => callerGateway((config) => void Object.assign(apiOf(config), fields));

function reload(gateway: CallerGateway, fields: object): Promise<void> {
  const config = Object.assign(callerConfig(), { rate_limit: { per_user: false } });
  Object.assign(apiOf(config), { accepted_client_secrets: [], ...fields });
  return gateway.reload(parseConfig(config));
}

const signedBy = ({ forge, claims }: CallerGateway, secret: string) =>
  forge({ alg: 'HS256' }, claims({ aud: 'api' }), signers.HS256(secret));

/** Renews a token of `api`; returns the new one. */
async function renew(gateway: CallerGateway, token: string): Promise<string> {
  const { data, errors } = await gateway.delegate({ target: 'api', apiType: 'APP' }, { token });
  expect(errors).toBeUndefined();
  return data.delegate.credential.token;
}

describe('HS256 tokens, while the secret of their client is rotated,', () => {
  it('are accepted with both secrets from the moment that both are configured', async () => {
    const gateway = await gatewayWith(STEPS[0]);
    const outcomes = [];
    for (const step of STEPS) {
      await reload(gateway, step);
      outcomes.push([
        await gateway.ask(signedBy(gateway, APP_SECRET)),
        await gateway.ask(signedBy(gateway, NEXT_SECRET)),
      ]);
    }
    const INVALID = refusal('its signature is not valid');
    expect(outcomes).toEqual([
      [ALICE, INVALID],
      [ALICE, ALICE],
      [ALICE, ALICE],
      [INVALID, ALICE],
    ]);
  });

  it('are signed with the client_secret alone, and those of the other secret can be renewed', async () => {
    const gateway = await gatewayWith(STEPS[0]);
    let token = signedBy(gateway, APP_SECRET);
    const signers: string[] = [];
    for (const step of STEPS) {
      await reload(gateway, step);
      token = await renew(gateway, token);
      for (const [name, secret] of Object.entries({ old: APP_SECRET, new: NEXT_SECRET })) {
        const verified = jwtVerify(token, Buffer.from(secret), { currentDate: new Date(gateway.clock.now()) });
        if (await verified.then(Boolean, () => false)) signers.push(name);
      }
    }
    expect(signers).toEqual(['old', 'old', 'new', 'new']);
  });

  it('are accepted with an encoded secret too, where secret_encoded is true', async () => {
    const encoded = Buffer.from(NEXT_SECRET).toString('base64');
    const gateway = await gatewayWith({
      client_secret: Buffer.from(APP_SECRET).toString('base64url'),
      accepted_client_secrets: [encoded],
      jwt_configuration: { alg: 'HS256', secret_encoded: true },
    });
    expect(await gateway.ask(signedBy(gateway, NEXT_SECRET))).toBe(ALICE);
    expect(await gateway.ask(signedBy(gateway, encoded))).toBe(refusal('its signature is not valid'));
  });

  it('are refused with a secret that another client accepts', async () => {
    const gateway = await callerGateway((config) => {
      Object.assign(config.tenants[0]!.clients[0]!, {
        client_secret: OTHER_SECRET,
        accepted_client_secrets: [NEXT_SECRET],
        jwt_configuration: { alg: 'HS256' },
      });
    });
    expect(await gateway.ask(signedBy(gateway, NEXT_SECRET))).toBe(refusal('its signature is not valid'));
  });
});

describe('a client with several secrets', () => {
  const accepted_client_secrets = [NEXT_SECRET, 'short'];
  const severalSecrets = () =>
    authenticationGateway((_config, backend) => Object.assign(backend, { accepted_client_secrets }));

  it.each(ENDPOINTS)('authenticates at /%s by any of them, and by nothing else', async (endpoint) => {
    const gateway = await severalSecrets();
    for (const secret of [BACKEND_SECRET, ...accepted_client_secrets]) {
      expect(await gateway.ask(endpoint, { secret })).toBe('issued');
    }
    for (const secret of [OTHER_SECRET, 'shor', [...accepted_client_secrets].join('')]) {
      expect(await gateway.ask(endpoint, { secret })).toBe(WRONG_SECRET);
    }
    expect(await gateway.ask(endpoint, { secret: NEXT_SECRET }, 'other')).toBe(WRONG_SECRET);
  });

  it('authenticates by Basic credentials with any of them', async () => {
    const gateway = await severalSecrets();
    for (const secret of accepted_client_secrets) {
      const authorization = `Basic ${Buffer.from(`backend:${secret}`).toString('base64')}`;
      const parameters = { client_id: 'backend', id_token: await gateway.idToken({ aud: 'backend' }) };
      const { status } = await postForm(gateway, parameters, { headers: { authorization } });
      expect(status).toBe(200);
    }
    expect(gateway.log.audits().map(({ authenticated }) => authenticated)).toEqual([true, true]);
  });

  it('sends its client_secret alone to the identity provider', () => {
    const config = callerConfig();
    const [tenant] = config.tenants;
    Object.assign(tenant!.issuers[0]!, { token_endpoint: 'https://login.example.com/oauth/token' });
    Object.assign(tenant!.clients[0]!, { ...STEPS[2], refresh_token_delegation: true });
    const { tokenEndpoint } = parseConfig(config).tenants[0]?.clients.get('web') ?? {};
    expect(tokenEndpoint?.parameters).toEqual({ client_id: 'web', client_secret: NEXT_SECRET });
  });
});
