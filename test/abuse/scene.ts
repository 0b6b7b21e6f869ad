import { randomUUID } from 'node:crypto';
import { IDP } from '../support/caller.js';
import { BACKEND } from '../support/client-authentication.js';
import { ISSUER, TENANT_ISSUER } from '../support/gateway.js';
import { compactToken, type Signer } from '../support/identity-provider.js';
import type { Ask, Effects } from './attack.js';
import type { AbuseEndpoint, Answer } from './endpoints.js';
import { type AbuseServer, DEFAULT_ISSUERS } from './server.js';

type Claims = Readonly<Record<string, unknown>>;

/** What a row has at hand: a running gateway, one endpoint of it, and two users that no other row has. */
export interface Scene {
  readonly server: AbuseServer;
  readonly endpoint: AbuseEndpoint;
  /** The `sub` of the honest user, who may be the attacker. */
  readonly user: string;
  /** The `sub` of somebody else, whom the attacker wants to be. */
  readonly victim: string;
  readonly nowSeconds: number;
  /** The claims of a valid ID token of the user for `web`, with changes; `undefined` removes a claim. */
  claims(changes?: Claims): Record<string, unknown>;
  /** An ID token that the identity provider signed. */
  token(changes?: Claims, header?: Claims): string;
  /** A token that anybody signed. */
  forge(header: object | string, payload: object | string | Uint8Array, signer: Signer | string): string;
  /** The claims by which a token of the tenant says where it comes from. */
  origin(): Record<string, unknown>;
  /** An assertion of the client `backend`. */
  assertion(changes?: Claims, header?: Claims, signer?: Signer | string): string;
  /** Asks at the endpoint of the scene. */
  ask(ask: Ask): Promise<Answer>;
  /** Asks for something that must be granted, and returns the token of the credential. */
  obtain(ask: Ask): Promise<string>;
  /** What has happened until now, to be subtracted from what happened later. */
  observe(): Promise<Effects>;
}

let scenes = 0;

/** @param countSignatures tells how many signatures this process has made */
export function createScene(server: AbuseServer, endpoint: AbuseEndpoint, countSignatures: () => number): Scene {
  scenes += 1;
  const user = `auth0|user-${scenes}`;
  const victim = `auth0|victim-${scenes}`;
  const { clock, upstreams } = server;
  /** The tokens with which the buckets are read, by the time at which they were made. */
  const readers = new Map<number, readonly string[]>();
  const scene: Scene = {
    server,
    endpoint,
    user,
    victim,
    get nowSeconds() {
      return clock.seconds();
    },
    claims(changes) {
      const now = clock.seconds();
      return { iss: ISSUER, sub: user, aud: 'web', iat: now, exp: now + 3600, ...changes };
    },
    token: (changes, header) =>
      compactToken({ alg: 'RS256', typ: 'JWT', kid: 'rsa-1', ...header }, scene.claims(changes), IDP.RS256.signer),
    forge: compactToken,
    origin() {
      const now = clock.seconds();
      return { idp: ISSUER, chain_iat: now, chain_exp: now + 86_400 };
    },
    assertion(changes, header, signer = BACKEND.RS256.signer) {
      const exp = clock.seconds() + 60;
      const claims = { iss: 'backend', sub: 'backend', aud: TENANT_ISSUER, exp, jti: randomUUID(), ...changes };
      return compactToken({ alg: 'RS256', kid: 'rsa', ...header }, claims, signer);
    },
    async ask(ask) {
      const request = endpoint.write(ask);
      return endpoint.read(await server.send(ask.onWire?.(request) ?? request));
    },
    async obtain(ask) {
      const { token, text } = await scene.ask(ask);
      if (token === undefined) throw new Error(`The request was refused: ${text}`);
      return token;
    },
    async observe() {
      const tokens = readers.get(clock.seconds()) ?? listUsers(scene).map((claims) => signReader(scene, claims));
      readers.set(clock.seconds(), tokens);
      const remaining = await Promise.all(tokens.map((token) => readRemaining(server, token)));
      return {
        signatures: countSignatures(),
        spent: -remaining.reduce((sum, each) => sum + each, 0),
        upstreamCalls: upstreams.calls.length,
      };
    },
  };
  return scene;
}

/** The users of a row at each identity provider that its setting names. */
function listUsers({ server: { setting }, user, victim }: Scene): Claims[] {
  return (setting.issuers ?? DEFAULT_ISSUERS).flatMap((iss) => [user, victim].map((sub) => ({ iss, sub })));
}

/** A token that reads a bucket, by the cheapest signature: only the usual identity provider has more than RSA. */
function signReader({ server: { setting }, token, claims }: Scene, user: Claims): string {
  if (setting.issuers !== undefined) return token(user);
  return compactToken({ alg: 'EdDSA', kid: IDP.EdDSA.kid }, claims(user), IDP.EdDSA.signer);
}

let addresses = 0;

/**
 * Reads the bucket of a user by `viewer`, which takes nothing from it. Where the setting trusts a proxy on 127.0.0.1, each
 * request comes from another address: it takes no attempts of the row, and reads the bucket over all addresses.
 */
async function readRemaining(server: AbuseServer, token: string): Promise<number> {
  addresses += 1;
  const text = await server.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token}`,
        'X-Forwarded-For': `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`,
      },
      body: JSON.stringify({ query: '{ viewer { rateLimit { remaining } } }' }),
    }),
  );
  const { data } = JSON.parse(text);
  if (!data?.viewer) throw new Error(`The bucket cannot be read: ${text}`);
  return data.viewer.rateLimit.remaining;
}
