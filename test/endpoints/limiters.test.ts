import { describe, expect, it } from 'vitest';
import { DELEGATE, type TestGateway, testGateway } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';

interface Outcome {
  /** The code of the error, or `issued`. */
  readonly result: string;
  readonly headers: Headers;
}

interface Call {
  readonly token: string;
  readonly target?: string;
}

const CONNECTION = { remoteAddress: '192.0.2.1' };
const LEGACY_RESULTS: Readonly<Record<string, string>> = {
  too_many_requests: 'RATE_LIMITED',
  invalid_token: 'INVALID_TOKEN',
  unauthorized_client: 'UNAUTHORIZED_CLIENT',
};

function readLegacy(text: string): string {
  const { error } = JSON.parse(text);
  return error === undefined ? 'issued' : (LEGACY_RESULTS[error] ?? error);
}

/** Delegates through each endpoint. */
const ENDPOINTS: Readonly<Record<string, (gateway: TestGateway, call: Call) => Promise<Outcome>>> = {
  'POST /graphql': async (gateway, { token, target = 'api' }) => {
    const response = await gateway.fetch(
      new Request('http://gateway.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: DELEGATE, variables: { input: { target } } }),
      }),
      CONNECTION,
    );
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return { result: errors?.[0]?.extensions.code ?? 'issued', headers: response.headers };
  },
  'POST /delegation': async (gateway, { token, target = 'api' }) => {
    const body = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token: token, target });
    const response = await gateway.fetch(
      new Request('http://gateway.test/delegation', { method: 'POST', body }),
      CONNECTION,
    );
    return { result: readLegacy(await response.text()), headers: response.headers };
  },
  'GET /delegation': async (gateway, { token, target = 'api' }) => {
    const query = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token: token, target, cbx: 'cb' });
    const response = await gateway.fetch(new Request(`http://gateway.test/delegation?${query}`), CONNECTION);
    return { result: readLegacy((await response.text()).slice('cb('.length, -');'.length)), headers: response.headers };
  },
};

/** A gateway whose issuer publishes its keys at a URL, and fetched them so long ago that verifying a token causes a request. */
async function limitedGateway(attemptsPerMinute: number) {
  const fetched: string[] = [];
  let jwks: unknown;
  const gateway = await testGateway(
    (config) => {
      Object.assign(config, { rate_limit: { attempts_per_minute: attemptsPerMinute } });
      Object.assign(config.tenants[0]!, { legacy: { jsonp: true } });
      const [issuer] = config.tenants[0]!.issuers;
      jwks = issuer!.jwks;
      Object.assign(issuer!, { jwks: undefined, jwks_uri: 'https://login.example.com/jwks.json' });
    },
    {
      deps: {
        fetch: async (url) => {
          fetched.push(String(url));
          return new Response(JSON.stringify(jwks), { headers: { 'content-type': 'application/json' } });
        },
      },
    },
  );
  await expect.poll(() => fetched.splice(0)).toHaveLength(1);
  gateway.clock.advance(11 * 60_000);
  return { gateway, fetched };
}

describe.each(Object.entries(ENDPOINTS))('%s', (_name, delegate) => {
  it('checks the attempt guard before it reads a token', async () => {
    const { gateway, fetched } = await limitedGateway(1);
    const token = await gateway.idToken();
    expect((await delegate(gateway, { token: 'not-a-token' })).result).toBe('INVALID_TOKEN');
    for (const refused of [token, 'not-a-token', 'x'.repeat(20_000)]) {
      const { result, headers } = await delegate(gateway, { token: refused });
      expect(result).toBe('RATE_LIMITED');
      expect(headers.get('retry-after')).toBe('60');
      expect(headers.get('x-ratelimit-remaining')).toBeNull();
    }
    expect(fetched).toEqual([]);
    await gateway.close();
    expect(gateway.log.audits().map(({ audit, code, attempts }) => [audit, code, attempts])).toEqual([
      ['fd', 'INVALID_TOKEN', undefined],
      ['limit_delegation', 'RATE_LIMITED', 3],
    ]);
  });

  it('takes from the bucket after it verified the token and before it reads the policy', async () => {
    const { gateway, fetched } = await limitedGateway(100);
    const token = await gateway.idToken();
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`;
    const first = await delegate(gateway, { token: forged });
    expect([first.result, first.headers.get('x-ratelimit-remaining')]).toEqual(['INVALID_TOKEN', null]);
    expect(fetched).toHaveLength(1);
    const forbidden = await delegate(gateway, { token, target: 'private' });
    expect([forbidden.result, forbidden.headers.get('x-ratelimit-remaining')]).toEqual(['UNAUTHORIZED_CLIENT', '9']);
    for (let count = 0; count < 9; count++) expect((await delegate(gateway, { token })).result).toBe('issued');
    for (const target of ['api', 'private', 'unknown']) {
      const { result, headers } = await delegate(gateway, { token, target });
      expect([result, headers.get('x-ratelimit-remaining'), headers.get('retry-after')]).toEqual([
        'RATE_LIMITED',
        '0',
        '60',
      ]);
    }
  });
});

describe('the endpoints together', () => {
  it('share one attempt guard and one bucket', async () => {
    const { gateway } = await limitedGateway(11);
    const token = await gateway.idToken();
    const calls = Object.values(ENDPOINTS);
    const results: string[] = [];
    for (let count = 0; count < 12; count++) {
      results.push((await calls[count % calls.length]!(gateway, { token })).result);
    }
    expect(results.slice(0, 10)).toEqual(Array(10).fill('issued'));
    // The bucket refuses the 11th request, which counts as an attempt; the guard refuses the 12th.
    expect(results.slice(10)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    await gateway.close();
    expect(gateway.log.audits().map(({ attempts }) => attempts)).toEqual([...Array(11).fill(undefined), 1]);
  });
});
