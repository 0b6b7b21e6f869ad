import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Fixtures, TokenKind, User } from '../fixtures.js';

/** The number of answers by kind of request and outcome: a code, `ok`, or why there was no answer. */
export type Tally = Record<string, Record<string, number>>;

interface Shot {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const DELEGATE =
  'mutation($input: DelegateInput!) { delegate(input: $input) { credential { token } rateLimit { remaining } } }';

function delegate({ tokens }: User, kind: TokenKind, input: object): Shot {
  return {
    path: '/graphql',
    headers: { authorization: `Bearer ${tokens[kind]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: DELEGATE, variables: { input } }),
  };
}

/** Kinds of requests, each as often as the others. */
const KINDS: Readonly<Record<string, (user: User) => Shot>> = {
  'HS256 → HS256': (user) => delegate(user, 'HS256', { target: 'api' }),
  'RS256 → RS256': (user) => delegate(user, 'RS256', { target: 'mobile' }),
  'ES256 → Firebase': (user) => delegate(user, 'ES256', { target: 'chat' }),
  'an unknown target': (user) => delegate(user, 'RS256', { target: 'nobody' }),
  'a forged token': (user) => delegate(user, 'forged', { target: 'api' }),
  'POST /delegation': ({ tokens }) => ({
    path: '/delegation',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_id: 'web',
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      id_token: tokens.RS256,
      target: 'api',
    }).toString(),
  }),
  viewer: ({ tokens }) => ({
    path: '/graphql',
    headers: { authorization: `Bearer ${tokens.RS256}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { userId rateLimit { remaining } } }' }),
  }),
  JWKS: () => ({ path: '/.well-known/jwks.json' }),
};

/** Sends requests of all kinds at an even pace, until it is stopped. */
export class MixedLoad {
  readonly tally: Tally = {};
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #running = new Set<Promise<void>>();
  #sent = 0;
  #timer: NodeJS.Timeout;

  constructor(origin: string, { users }: Fixtures, perSecond: number) {
    const kinds = Object.entries(KINDS);
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - begun) / 1000) * perSecond;
      for (; this.#sent < due; this.#sent++) {
        const [name, build] = kinds[this.#sent % kinds.length]!;
        const user = users[Math.floor(this.#sent / kinds.length) % users.length]!;
        const running = this.#send(name, origin, build(user), user.ip).finally(() => this.#running.delete(running));
        this.#running.add(running);
      }
    }, 10);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  async #send(name: string, origin: string, shot: Shot, ip: string): Promise<void> {
    const outcome = await post(origin, shot, ip, this.#agent).catch((error) => String(error.code ?? error));
    const outcomes = this.tally[name] ?? {};
    this.tally[name] = { ...outcomes, [outcome]: (outcomes[outcome] ?? 0) + 1 };
  }
}

function post(origin: string, { path, headers, body }: Shot, ip: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(origin + path, { method, agent, headers: { ...headers, 'x-forwarded-for': ip } }, (answer) => {
      text(answer).then((answered) => resolve(readOutcome(answer.statusCode ?? 0, answered)), reject);
    });
    sent.once('error', reject).end(body);
  });
}

function readOutcome(status: number, answered: string): string {
  const { errors, error } = JSON.parse(answered);
  return errors?.[0].extensions.code ?? error ?? (status === 200 ? 'ok' : String(status));
}
