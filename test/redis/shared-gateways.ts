import { onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { createGateway, type Gateway } from '../../src/gateway.js';
import { baseConfig, type ConfigDocument, DELEGATE, ISSUER } from '../support/gateway.js';
import { identityProvider } from '../support/identity-provider.js';
import { recordingLog } from '../support/log.js';

export const BURST = 10;

/** What became of a request: a credential, RATE_LIMITED, or another code. */
export type Outcome = 'granted' | 'refused' | 'failed' | (string & {});

export const systemClock = { now: Date.now, seconds: () => Math.floor(Date.now() / 1000), advance() {} };

const idp = identityProvider({ issuer: ISSUER, clock: systemClock });

/** A configuration whose limits are kept in a store, with room for every attempt. */
export function sharedConfig(store: unknown, onFailure: 'deny' | 'allow_local' = 'deny'): ConfigDocument {
  const rate_limit = { store, on_store_failure: onFailure, attempts_per_minute: 10_000 };
  return { ...baseConfig(), rate_limit } as ConfigDocument;
}

/** A gateway on the real clock, as another process would have it, that is closed with the test. */
export async function openGateway(config: ConfigDocument): Promise<Gateway> {
  const audit = { isLosing: false, write: () => {}, close: async () => {} };
  const gateway = await createGateway(parseConfig(config), { log: recordingLog(), openAuditLog: () => audit });
  onTestFinished(() => gateway.close());
  return gateway;
}

export function signTokens(users: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: users }, (_, user) => idp.idToken({ sub: `auth0|user-${user}`, aud: 'web' })),
  );
}

/** The request of a delegation, as its URL and what fetch takes. */
export function buildDelegation(token: string): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } }),
  };
}

export async function delegate(gateway: Gateway, token: string): Promise<Outcome> {
  const request = new Request('http://gateway.test/graphql', buildDelegation(token));
  return readOutcome(await gateway.fetch(request, { remoteAddress: '192.0.2.1' }));
}

export async function readOutcome(response: Response): Promise<Outcome> {
  const { data, errors } = (await response.json()) as {
    data?: { delegate: unknown } | null;
    errors?: { extensions: { code: string } }[];
  };
  if (data?.delegate) return 'granted';
  const code = errors?.[0]?.extensions.code ?? 'no code';
  return code === 'RATE_LIMITED' ? 'refused' : code === 'UPSTREAM_UNAVAILABLE' ? 'failed' : code;
}

export async function readReadiness(gateway: Gateway) {
  const response = await gateway.fetch(new Request('http://gateway.test/readyz'), { remoteAddress: '192.0.2.1' });
  return { status: response.status, body: await response.json() };
}
