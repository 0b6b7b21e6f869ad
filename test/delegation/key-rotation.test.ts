import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { createSigningKey } from '../../src/keys/signing-key.js';
import { baseConfig, type ConfigDocument, TENANT_ISSUER, type TestGateway, testGateway } from '../support/gateway.js';
import { rsaPair } from '../support/keys.js';
import { postForm } from '../support/legacy.js';

const USERS = 12;
const ROUNDS = 10;
/** Seconds that an app token is valid. */
const LIFETIME = 3_600;

const OLD = rsaPair('rotation old');
const NEW = rsaPair('rotation new');
const oldKid = createSigningKey(OLD.privateKey).kid;
const newKid = createSigningKey(NEW.privateKey).kid;

type Keys = readonly (typeof OLD)[];

function configure(config: ConfigDocument, keys: Keys): void {
  const [tenant] = config.tenants;
  Object.assign(config, { rate_limit: { burst: 10_000, per_user: false, attempts_per_minute: 10_000 } });
  Object.assign(tenant!, { signing_key: undefined, signing_keys: keys.map(({ pem }) => ({ key: pem })) });
  Object.assign(tenant!.clients[0]!, { jwt_configuration: { lifetime_in_seconds: LIFETIME } });
}

const gatewayWith = (keys: Keys) => testGateway((config) => configure(config, keys));

function reload(gateway: TestGateway, keys: Keys): Promise<void> {
  const config = baseConfig() as ConfigDocument;
  configure(config, keys);
  return gateway.reload(parseConfig(config));
}

async function fetchJwks(gateway: TestGateway): Promise<JSONWebKeySet> {
  return (
    await gateway.fetch(new Request('http://gateway.test/.well-known/jwks.json'), { remoteAddress: '192.0.2.1' })
  ).json();
}

const kids = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid);
const kidOf = (token: string) => decodeProtectedHeader(token).kid;

/** Exchanges a token for an app token of the same application; returns that, or `<code>: <message>`. */
async function renew(gateway: TestGateway, token: string): Promise<{ token: string } | { refused: string }> {
  const { data, errors } = await gateway.delegate({ target: 'web', apiType: 'APP' }, { token });
  if (errors) return { refused: `${errors[0].extensions.code}: ${errors[0].message}` };
  return { token: data.delegate.credential.token };
}

/** The same by `POST /delegation`. */
async function renewLegacy(gateway: TestGateway, token: string): Promise<{ token: string } | { refused: string }> {
  const { body } = await postForm(gateway, { target: 'web', api_type: 'app', id_token: token });
  return body.error === undefined ? { token: body.id_token } : { refused: `${body.error}: ${body.error_description}` };
}

/** A user's application, which has the token that it renewed last. */
interface Session {
  token: string;
  readonly renew: typeof renew;
}

async function startSessions(gateway: TestGateway): Promise<Session[]> {
  return Promise.all(
    Array.from({ length: USERS }, async (_, user) => ({
      token: await gateway.idToken({ sub: `auth0|${user}` }),
      renew: user % 2 === 0 ? renew : renewLegacy,
    })),
  );
}

/**
 * Renews the token of every session, all sessions at once and each one time after another.
 *
 * @param midway is called when half of the requests are answered
 */
async function renewAll(gateway: TestGateway, sessions: readonly Session[], midway: () => Promise<void>) {
  const tokens: string[] = [];
  const refused: string[] = [];
  let change: Promise<void> | undefined;
  await Promise.all(
    sessions.map(async (session) => {
      for (let round = 0; round < ROUNDS; round++) {
        const answer = await session.renew(gateway, session.token);
        if ('refused' in answer) refused.push(answer.refused);
        else {
          tokens.push(answer.token);
          session.token = answer.token;
        }
        if (tokens.length + refused.length >= (sessions.length * ROUNDS) / 2) change ??= midway();
      }
    }),
  );
  await change;
  return { tokens, refused };
}

/** Verifies app tokens as an API does that fetched the JWKS some time ago. */
async function verifyAll(tokens: readonly string[], jwks: JSONWebKeySet, now: number): Promise<void> {
  const keys = createLocalJWKSet(jwks);
  const options = { issuer: TENANT_ISSUER, audience: 'web', algorithms: ['RS256'], currentDate: new Date(now) };
  await Promise.all(tokens.map((token) => jwtVerify(token, keys, options)));
}

describe('the key of a tenant is rotated while tokens are renewed', () => {
  it('and no request fails, here or at an API that still has the JWKS from before each step', async () => {
    const gateway = await gatewayWith([OLD]);
    const sessions = await startSessions(gateway);
    const step = async (keys: Keys) => {
      const cached = await fetchJwks(gateway);
      const { tokens, refused } = await renewAll(gateway, sessions, () => reload(gateway, keys));
      expect(refused).toEqual([]);
      expect(tokens).toHaveLength(USERS * ROUNDS);
      await verifyAll(tokens, cached, gateway.clock.now());
      return { tokens, published: kids(await fetchJwks(gateway)) };
    };

    const publish = await step([OLD, NEW]);
    expect(publish.published).toEqual([oldKid, newKid]);
    expect(new Set(publish.tokens.map(kidOf))).toEqual(new Set([oldKid]));
    const idle = publish.tokens[0]!;

    const change = await step([NEW, OLD]);
    expect(change.published).toEqual([newKid, oldKid]);
    expect(kidOf(change.tokens[0]!)).toBe(oldKid);
    expect(sessions.map(({ token }) => kidOf(token))).toEqual(sessions.map(() => newKid));

    gateway.clock.advance((LIFETIME - 60) * 1000);
    const renewed = await renew(gateway, idle);
    expect('token' in renewed && kidOf(renewed.token)).toBe(newKid);
    const between = await step([NEW, OLD]);
    expect(new Set(between.tokens.map(kidOf))).toEqual(new Set([newKid]));

    gateway.clock.advance(120_000);
    expect(await renew(gateway, idle)).toEqual({
      refused: 'INVALID_TOKEN: The subject token does not verify: it has expired (exp)',
    });
    const drop = await step([NEW]);
    expect(drop.published).toEqual([newKid]);
    expect(new Set(drop.tokens.map(kidOf))).toEqual(new Set([newKid]));
  }, 60_000);

  it('but tokens of a key that is dropped too early are refused', async () => {
    const gateway = await gatewayWith([OLD]);
    const signed = await renew(gateway, await gateway.idToken());
    if (!('token' in signed)) throw new Error(signed.refused);
    await reload(gateway, [NEW, OLD]);
    expect(await renew(gateway, signed.token)).toHaveProperty('token');
    await reload(gateway, [NEW]);
    expect(await renew(gateway, signed.token)).toEqual({
      refused: 'INVALID_TOKEN: The subject token does not verify: its issuer has no suitable key with its key id (kid)',
    });
  });

  it('but tokens of a key that was not published before do not verify at an API that has the JWKS from before', async () => {
    const gateway = await gatewayWith([OLD]);
    const cached = await fetchJwks(gateway);
    await reload(gateway, [NEW, OLD]);
    const signed = await renew(gateway, await gateway.idToken());
    if (!('token' in signed)) throw new Error(signed.refused);
    await expect(verifyAll([signed.token], cached, gateway.clock.now())).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });

  it('and a token that names the kid of another key of the tenant is refused', async () => {
    const gateway = await gatewayWith([NEW, OLD]);
    const signed = await renew(gateway, await gateway.idToken());
    if (!('token' in signed)) throw new Error(signed.refused);
    const [, payload, signature] = signed.token.split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: oldKid })).toString('base64url');
    expect(await renew(gateway, [header, payload, signature].join('.'))).toEqual({
      refused: 'INVALID_TOKEN: The subject token does not verify: its signature is not valid',
    });
  });
});
