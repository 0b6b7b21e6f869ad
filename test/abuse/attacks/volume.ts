import { expect } from 'vitest';
import type { ConfigDocument } from '../../support/gateway.js';
import type { Ask, AttackRequest, Theme } from '../attack.js';
import { type Answer, ENDPOINTS } from '../endpoints.js';
import type { Scene } from '../scene.js';
import type { Setting } from '../server.js';
import type { Upstreams } from '../upstreams.js';

const BURST = 10;
const ATTEMPTS = 20;
const MOST_CALLS = 64;
const LISTED = 'https://app.example.com';
const ARGUMENT_ONLY = {
  'graphql-header': 'the Authorization header holds ID tokens only; a refresh token is an argument',
};

/**
 * A gateway behind a proxy on 127.0.0.1, with ten requests for each user and address, and ten for each user over all
 * addresses, so that the rows see what is spent anywhere.
 */
function withSmallLimits(config: ConfigDocument, { url }: Upstreams): void {
  Object.assign(config, {
    trust_proxy: ['127.0.0.1'],
    rate_limit: {
      burst: BURST,
      per_user: { burst: BURST, refill_per_minute: 1 },
      attempts_per_minute: 10_000,
    },
  });
  Object.assign(config.tenants[0]!.issuers[0]!, { token_endpoint: `${url}/oauth/token` });
  config.tenants[0]!.clients.push({ client_id: 'spa', refresh_token_delegation: true } as never);
}

const LIMITS: Setting = { change: withSmallLimits };

/** Twenty attempts a minute for each address, two tenants, and a list of the origins that may call. */
const GUARD: Setting = {
  change(config, upstreams) {
    withSmallLimits(config, upstreams);
    Object.assign(config, { cors: { origins: [LISTED] } });
    Object.assign(config.rate_limit as object, { attempts_per_minute: ATTEMPTS });
    const globex = structuredClone(config.tenants[0]!);
    Object.assign(globex, { name: 'globex', hosts: ['globex.test'], issuer: 'https://globex.example.com/' });
    config.tenants.push(globex);
  },
};

/** The limits that a configuration has when it says nothing of them, behind the proxy. */
const DEFAULTS: Setting = {
  change: (config) => void Object.assign(config, { trust_proxy: ['127.0.0.1'], rate_limit: undefined }),
};

const honest = ({ token }: Scene): Ask => ({ idToken: token() });
const byVictim = ({ token, victim }: Scene): Ask => ({ idToken: token({ sub: victim }) });

/** An address that no other row has: an IPv4 address, or one of an IPv6 /64. */
const numberOf = ({ user }: Scene) => Number(user.split('-')[1]);
const ipv4 = (scene: Scene) => `198.18.${numberOf(scene) >> 8}.${numberOf(scene) & 255}`;
const ipv6 = (scene: Scene, network: number, host: number) =>
  `2001:db8:${numberOf(scene).toString(16)}:${network.toString(16)}::${host.toString(16)}`;

/** Sends a request through the proxy, from an address. */
const from = (address: string, ask: Ask, headers: Readonly<Record<string, string>> = {}): Ask => ({
  ...ask,
  onWire: (request) => ({ ...request, headers: { ...request.headers, 'X-Forwarded-For': address, ...headers } }),
});

/** Sends requests at the same moment, of which the bucket of the user allows ten. Returns one that was granted. */
async function race(requests: readonly (() => Promise<Answer>)[]): Promise<Answer> {
  const answers = await Promise.all(requests.map((send) => send()));
  const granted = answers.filter(({ token }) => token !== undefined);
  const refused = answers.filter(({ token }) => token === undefined);
  expect(granted).toHaveLength(BURST);
  expect(new Set(refused.map(({ message }) => message?.split(';')[0]))).toEqual(
    new Set(['The user has no delegation left']),
  );
  return granted[0]!;
}

const thirty = <T>(make: (index: number) => T): T[] => Array.from({ length: 30 }, (_, index) => make(index));

/** Uses up the attempts of an address with tokens that are none. */
async function useUpAttempts(scene: Scene, address: (index: number) => string, host?: string): Promise<void> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const ask = { idToken: 'not-a-token', clientId: 'web', ...(host !== undefined && { host }) };
    const { status, error } = await scene.ask(from(address(count), ask));
    expect({ status, error }).toEqual(scene.endpoint.present('INVALID_TOKEN'));
  }
}

const RATE_LIMITED = { refused: 'RATE_LIMITED', message: 'The user has no delegation left' } as const;
const GUARDED = {
  refused: 'RATE_LIMITED',
  status: 429,
  message: /attempts|requests/,
  unaudited: 'everywhere',
} as const;
const usual = { signatures: BURST, spent: BURST };

export const VOLUME: Theme = {
  title: 'More than a user or an address may have',
  setting: LIMITS,
  attacks: [
    {
      name: 'A user sends thirty requests at the same moment',
      source: 'OWASP WSTG-BUSL-05, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: (scene) => () => race(thirty(() => () => scene.ask(honest(scene)))),
      control: byVictim,
      outcome: { granted: 'ten of the thirty are granted' },
      effects: usual,
    },
    {
      name: 'A user sends thirty requests at the same moment to all endpoints',
      source: 'OWASP WSTG-BUSL-05, OWASP API4:2023 Unrestricted Resource Consumption',
      attack: (scene) => () =>
        race(
          thirty((index) => async () => {
            const endpoint = ENDPOINTS[index % ENDPOINTS.length]!;
            return endpoint.read(await scene.server.send(endpoint.write(honest(scene))));
          }),
        ),
      control: byVictim,
      outcome: { granted: 'ten of the thirty are granted' },
      effects: usual,
    },
    {
      name: 'A user sends thirty requests at the same moment from thirty networks',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 8981 §1',
      attack: (scene) => () => race(thirty((index) => () => scene.ask(from(ipv6(scene, index, 1), honest(scene))))),
      control: byVictim,
      outcome: { granted: 'ten of the thirty are granted' },
      effects: usual,
    },
    {
      name: 'A user whose bucket is empty uses a renewed token, a token for another application, another address',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      async attack(scene) {
        const renewed = await scene.obtain(honest(scene));
        for (let count = 1; count < BURST; count++) await scene.obtain(honest(scene));
        return [
          { idToken: renewed },
          { idToken: renewed, target: 'private' },
          { idToken: scene.token({ aud: 'private' }), clientId: 'private' },
          from(ipv4(scene), honest(scene)),
        ];
      },
      control: byVictim,
      outcome: RATE_LIMITED,
    },
    {
      name: 'An address that has used up its attempts goes on with valid tokens',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 6585 §4',
      setting: GUARD,
      async attack(scene) {
        await useUpAttempts(scene, () => ipv4(scene));
        return [from(ipv4(scene), honest(scene)), from(ipv4(scene), { idToken: 'not-a-token', clientId: 'web' })];
      },
      control: (scene) => from(ipv6(scene, 0, 1), honest(scene)),
      outcome: GUARDED,
    },
    {
      name: 'An attacker takes another address of the same IPv6 network for each attempt',
      source: 'RFC 8981 §1, OWASP API4:2023 Unrestricted Resource Consumption',
      setting: GUARD,
      async attack(scene) {
        await useUpAttempts(scene, (index) => ipv6(scene, 1, index + 1));
        return [from(ipv6(scene, 1, 0xffff), honest(scene))];
      },
      control: (scene) => from(ipv6(scene, 2, 1), honest(scene)),
      outcome: GUARDED,
    },
    {
      name: 'An attacker changes between an IPv4 address and the same one behind NAT64',
      source: 'RFC 6052 §2.1, OWASP API4:2023 Unrestricted Resource Consumption',
      setting: GUARD,
      async attack(scene) {
        await useUpAttempts(scene, (index) => (index % 2 === 0 ? `64:ff9b::${ipv4(scene)}` : ipv4(scene)));
        return [from(ipv4(scene), honest(scene)), from(`64:ff9b::${ipv4(scene)}`, honest(scene))];
      },
      // Everybody else behind that NAT64 has an address in the same /64.
      control: (scene) => from('64:ff9b::192.0.2.1', honest(scene)),
      outcome: GUARDED,
    },
    {
      name: 'A hundred and thirty honest users share an address, and nobody shall be locked out',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      setting: DEFAULTS,
      attack: (scene) => async () => {
        const users = Array.from({ length: 130 }, (_, index) => `${scene.user} of the office ${index}`);
        const answers = await Promise.all(
          users.map((sub) => scene.ask(from(ipv4(scene), { idToken: scene.token({ sub }) }))),
        );
        expect(answers.filter(({ token }) => token === undefined)).toEqual([]);
        return answers[0]!;
      },
      control: (scene) => from(ipv4(scene), honest(scene)),
      outcome: { granted: 'all of them are granted' },
      effects: { signatures: 130, spent: 0 },
    },
    {
      name: 'A page elsewhere sends many requests, so that its visitor is locked out',
      source: 'OWASP Cross-Site Request Forgery Prevention Cheat Sheet, OWASP API4:2023',
      setting: GUARD,
      attack: (scene) =>
        Array.from({ length: ATTEMPTS + 5 }, () =>
          from(ipv4(scene), { idToken: 'not-a-token', clientId: 'web' }, { Origin: 'https://evil.example' }),
        ),
      control: (scene) => from(ipv4(scene), honest(scene), { Origin: LISTED }),
      outcome: {
        unaudited: 'everywhere',
        refused: 'INVALID_REQUEST',
        status: 403,
        message: 'The Origin of the request is not one of cors.origins',
      },
    },
    {
      name: 'An attacker uses up the attempts of a shared address at one tenant, so that another tenant is locked out',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption',
      setting: GUARD,
      async attack(scene) {
        await useUpAttempts(scene, () => ipv4(scene), 'globex.test');
        return from(ipv4(scene), honest(scene));
      },
      control: (scene) => from(ipv4(scene), honest(scene)),
      outcome: { granted: 'the other tenant counts on its own' },
    },
    {
      name: 'A hundred made-up refresh tokens are sent at the same moment',
      source: 'OWASP API4:2023 Unrestricted Resource Consumption, RFC 9700 §4.14',
      attack: (scene) => () => storm(scene),
      control: honest,
      outcome: { refused: 'UPSTREAM_UNAVAILABLE', message: 'The identity provider' },
      effects: { upstreamCalls: MOST_CALLS },
      notAt: ARGUMENT_ONLY,
    },
    {
      name: 'A stolen refresh token is sent at the same moment as its owner sends it, from another address',
      source: 'RFC 9700 §4.14.2, RFC 6749 §10.4',
      attack: (scene): AttackRequest => {
        const refreshToken = `v1.stolen-refresh-token-of-${scene.user}`;
        const rotated = `v1.rotated-refresh-token-of-${scene.user}`;
        scene.server.upstreams.sessions.set(refreshToken, {
          clientId: 'spa',
          idToken: () => scene.token({ aud: 'spa' }),
          rotated,
        });
        return async () => {
          const ask = { refreshToken, clientId: 'spa' };
          const answers = await Promise.all([
            scene.ask(from(ipv4(scene), ask)),
            scene.ask(from(ipv6(scene, 0, 1), ask)),
          ]);
          const granted = answers.filter(({ token }) => token !== undefined);
          expect(granted).toHaveLength(1);
          expect(answers.filter(({ text }) => text.includes(rotated))).toEqual(granted);
          return granted[0]!;
        };
      },
      control: honest,
      outcome: { granted: 'one of the two is granted, and gets the rotated token alone' },
      effects: { upstreamCalls: 2 },
      notAt: ARGUMENT_ONLY,
    },
  ],
};

/** Sends a hundred refresh tokens while the identity provider answers none. Returns one that was not sent on. */
async function storm(scene: Scene): Promise<Answer> {
  const { upstreams } = scene.server;
  const held: (() => void)[] = [];
  let answered = 0;
  const releaseIfAllCame = () => {
    if (held.length + answered === 100) for (const release of held) release();
  };
  upstreams.beforeExchange = () =>
    new Promise((release) => {
      held.push(release);
      releaseIfAllCame();
    });
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const answer = await scene.ask({ refreshToken: `v1.made-up-${index}-by-${scene.user}`, clientId: 'spa' });
      answered += 1;
      releaseIfAllCame();
      return answer;
    }),
  );
  upstreams.beforeExchange = () => undefined;
  expect(held).toHaveLength(MOST_CALLS);
  const refused = answers.filter(({ message }) => !message?.includes('invalid_grant'));
  expect(refused).toHaveLength(100 - MOST_CALLS);
  return refused[0]!;
}
