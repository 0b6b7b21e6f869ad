import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { RefreshTokenUsers } from '../../src/delegation/refresh-token-users.js';
import { RefusedRefreshTokens } from '../../src/delegation/refused-refresh-tokens.js';
import type { Connection } from '../../src/gateway.js';
import { testClock } from '../support/clock.js';
import { type ConfigDocument, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';
import { postForm } from '../support/legacy.js';
import { json, type TokenEndpoint, tokenEndpoint } from '../support/token-endpoint.js';

const LIMIT = 64;
const OLD = 'v1.first-refresh-token-of-alice';
const NEW = 'v1.second-refresh-token-of-alice';
const JUNK = 'v1.junk-that-is-no-refresh-token';
const REFUSED = 'The identity provider refused the refresh token (invalid_grant)';
const ELSEWHERE = { connection: { remoteAddress: '198.51.100.7' } };

let idp: TokenEndpoint;
beforeEach(async () => {
  idp = await tokenEndpoint((_request, response) => json(response, { error: 'invalid_grant' }, 400));
});
afterEach(() => idp.close());

interface RefreshGateway extends TestGateway {
  refresh(refreshToken: string, options?: { clientId?: string; connection?: Connection }): Promise<GraphqlAnswer>;
  reloadSame(): Promise<void>;
}

/** A gateway whose `web` and `api` may send refresh tokens. */
async function refreshGateway(rateLimit: Record<string, number> = {}): Promise<RefreshGateway> {
  let document!: ConfigDocument;
  const gateway = await testGateway((config) => {
    document = config;
    config.rate_limit = { attempts_per_minute: 10_000, ...rateLimit };
    Object.assign(config.tenants[0]!.issuers[0]!, { token_endpoint: idp.url });
    for (const client of config.tenants[0]!.clients.slice(0, 2)) {
      Object.assign(client, { refresh_token_delegation: true, token_endpoint_auth_method: 'none' });
    }
  });
  return {
    ...gateway,
    refresh: (refreshToken, { clientId = 'web', connection } = {}) =>
      gateway.delegate(
        { clientId, apiType: 'APP', subjectToken: { refreshToken } },
        { ...(connection && { connection }) },
      ),
    reloadSame: () => gateway.reload(parseConfig(document)),
  };
}

/** An identity provider that rotates: every token is good once, and is replaced by the next one of the list. */
function rotate(gateway: TestGateway, tokens: readonly string[]): void {
  let current = 0;
  idp.answer = async ({ form }, response) => {
    if (form.get('refresh_token') !== tokens[current]) return json(response, { error: 'invalid_grant' }, 400);
    current++;
    json(response, { id_token: await gateway.idToken(), refresh_token: tokens[current] });
  };
}

function readCode({ errors }: GraphqlAnswer): string | undefined {
  return errors?.[0].extensions.code;
}

describe('400 refresh tokens that are none, at once', () => {
  it('become at most 64 calls under way, and those that were refused are not sent again', async () => {
    const gateway = await refreshGateway();
    const tokens = Array.from({ length: 400 }, (_, index) => `${JUNK}-${index}`);
    let underWay = 0;
    let most = 0;
    let settled = 0;
    const held: (() => void)[] = [];
    const releaseIfAllCame = () => {
      if (held.length + settled === tokens.length) for (const release of held) release();
    };
    idp.answer = async (_request, response) => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((release) => {
        held.push(release);
        releaseIfAllCame();
      });
      underWay--;
      json(response, { error: 'invalid_grant' }, 400);
    };
    const storm = tokens.map(async (token) => {
      const answer = await gateway.refresh(token);
      settled++;
      releaseIfAllCame();
      return { token, code: readCode(answer), retryAfter: answer.errors?.[0].extensions.retryAfter };
    });
    const outcomes = await Promise.all(storm);
    expect(most).toBe(LIMIT);
    expect(idp.requests).toHaveLength(LIMIT);
    expect(outcomes.filter(({ code }) => code === 'UPSTREAM_UNAVAILABLE')).toHaveLength(400 - LIMIT);
    expect(new Set(outcomes.map(({ code, retryAfter }) => `${code} ${retryAfter}`))).toEqual(
      new Set(['INVALID_TOKEN undefined', 'UPSTREAM_UNAVAILABLE 5']),
    );

    const refused = outcomes.filter(({ code }) => code === 'INVALID_TOKEN');
    const again = await Promise.all(refused.map(({ token }) => gateway.refresh(token)));
    expect(again.map(readCode)).toEqual(refused.map(() => 'INVALID_TOKEN'));
    expect(idp.requests).toHaveLength(LIMIT);
  });
});

describe('a refresh token that the identity provider refused', () => {
  it('is refused without a call for a minute, at both endpoints and from every address', async () => {
    const gateway = await refreshGateway();
    expect((await gateway.refresh(JUNK)).errors?.[0]).toMatchObject({ message: REFUSED });
    gateway.clock.advance(59_999);
    const again = await gateway.refresh(JUNK, ELSEWHERE);
    expect(again.errors?.[0]).toMatchObject({ message: REFUSED, extensions: { code: 'INVALID_TOKEN' } });
    const legacy = await postForm(gateway, { refresh_token: JUNK });
    expect([legacy.status, legacy.body]).toEqual([401, { error: 'invalid_token', error_description: REFUSED }]);
    expect(idp.requests).toHaveLength(1);
    gateway.clock.advance(1);
    await gateway.refresh(JUNK);
    expect(idp.requests).toHaveLength(2);
  });

  it('is sent again by another client: it may be valid there', async () => {
    const gateway = await refreshGateway();
    await gateway.refresh(JUNK);
    await gateway.refresh(JUNK, { clientId: 'api' });
    expect(idp.requests.map(({ form }) => form.get('client_id'))).toEqual(['web', 'api']);
  });

  it('is remembered across a reload', async () => {
    const gateway = await refreshGateway();
    await gateway.refresh(JUNK);
    await gateway.reloadSame();
    expect(readCode(await gateway.refresh(JUNK))).toBe('INVALID_TOKEN');
    expect(idp.requests).toHaveLength(1);
  });

  it.each([
    ['invalid_client', 401, 'UPSTREAM_REFUSED'],
    ['unauthorized_client', 400, 'UPSTREAM_REFUSED'],
    ['invalid_grant', 503, 'UPSTREAM_UNAVAILABLE'],
  ])('is not remembered when the answer was %s with status %i: that says nothing of the token', async (...row) => {
    const [error, status, code] = row;
    const gateway = await refreshGateway();
    idp.answer = (_request, response) => json(response, { error }, status);
    expect(readCode(await gateway.refresh(OLD))).toBe(code);
    rotate(gateway, [OLD, NEW]);
    expect((await gateway.refresh(OLD)).data.delegate.refreshToken).toBe(NEW);
  });
});

describe('a refresh token that two addresses use at the same time', () => {
  it('is sent by each of them, and only one gets the rotated token', async () => {
    const gateway = await refreshGateway();
    rotate(gateway, [OLD, NEW]);
    const rotating = idp.answer;
    const held: (() => void)[] = [];
    idp.answer = async (request, response) => {
      await new Promise<void>((release) => {
        held.push(release);
        if (held.length === 2) for (const each of held) each();
      });
      rotating(request, response);
    };
    const answers = await Promise.all([gateway.refresh(OLD), gateway.refresh(OLD, ELSEWHERE)]);
    expect(idp.requests).toHaveLength(2);
    expect(answers.map((answer) => readCode(answer) ?? answer.data.delegate.refreshToken).sort()).toEqual([
      'INVALID_TOKEN',
      NEW,
    ]);
    expect(answers.filter(({ text }) => text.includes(NEW))).toHaveLength(1);
  });
});

describe('a user with an empty bucket', () => {
  /** Takes the last request of the user. */
  async function empty(gateway: TestGateway): Promise<void> {
    const { data } = await gateway.delegate({ target: 'web' }, { token: await gateway.idToken() });
    expect(data.delegate.rateLimit.remaining).toBe(0);
  }

  it('is refused before the exchange, with the status of the bucket, so that nothing is rotated', async () => {
    const gateway = await refreshGateway({ burst: 2 });
    rotate(gateway, [OLD, NEW, 'v1.third-refresh-token-of-alice']);
    expect((await gateway.refresh(OLD)).data.delegate.refreshToken).toBe(NEW);
    await empty(gateway);
    for (let count = 0; count < 25; count++) {
      const { status, headers, errors, text } = await gateway.refresh(NEW);
      expect(status).toBe(200);
      expect(errors?.[0]).toMatchObject({
        message: 'The user has no delegation left; the next one is possible in 60 s',
        extensions: { code: 'RATE_LIMITED', retryAfter: 60, rateLimit: { limit: 2, remaining: 0, retryAfter: 60 } },
      });
      expect([headers.get('retry-after'), headers.get('x-ratelimit-remaining')]).toEqual(['60', '0']);
      expect(text).not.toContain('refreshToken');
    }
    const legacy = await postForm(gateway, { refresh_token: NEW });
    expect([legacy.status, legacy.headers.get('retry-after'), legacy.headers.get('x-ratelimit-remaining')]).toEqual([
      429,
      '60',
      '0',
    ]);
    expect(legacy.body).not.toHaveProperty('refresh_token');
    expect(idp.requests).toHaveLength(1);
    gateway.clock.advance(60_000);
    expect((await gateway.refresh(NEW)).data.delegate.refreshToken).toBe('v1.third-refresh-token-of-alice');
  });

  it('rotates once at most when it follows the rotated tokens, and 25 requests lose none of them', async () => {
    const gateway = await refreshGateway({ burst: 1 });
    const tokens = Array.from({ length: 26 }, (_, index) => `v1.refresh-token-${index}-of-alice`);
    rotate(gateway, tokens);
    await empty(gateway);
    let token = tokens[0] as string;
    for (let count = 0; count < 25; count++) {
      const { errors } = await gateway.refresh(token);
      expect(errors?.[0].extensions.code).toBe('RATE_LIMITED');
      token = errors?.[0].extensions.refreshToken ?? token;
    }
    expect(idp.requests).toHaveLength(1);
    expect(token).toBe(tokens[1]);
    gateway.clock.advance(60_000);
    expect((await gateway.refresh(token)).data.delegate.refreshToken).toBe(tokens[2]);
  });

  it('is known where the identity provider does not rotate, and after a reload', async () => {
    const gateway = await refreshGateway({ burst: 2 });
    idp.answer = async (_request, response) => json(response, { id_token: await gateway.idToken() });
    await gateway.refresh(OLD);
    await empty(gateway);
    await gateway.reloadSame();
    expect(readCode(await gateway.refresh(OLD))).toBe('RATE_LIMITED');
    expect(idp.requests).toHaveLength(1);
  });

  it('is refused only where the bucket is empty: not from another address', async () => {
    const gateway = await refreshGateway({ burst: 2 });
    rotate(gateway, [OLD, NEW, 'v1.third-refresh-token-of-alice']);
    await gateway.refresh(OLD);
    await empty(gateway);
    expect((await gateway.refresh(NEW, ELSEWHERE)).data.delegate.refreshToken).toBe('v1.third-refresh-token-of-alice');
  });

  it('is not the user of a token whose ID token does not verify', async () => {
    const gateway = await refreshGateway({ burst: 1 });
    await empty(gateway);
    idp.answer = async (_request, response) => json(response, { id_token: await gateway.idToken({ aud: 'chat' }) });
    expect(readCode(await gateway.refresh(OLD))).toBe('INVALID_TOKEN');
    expect(readCode(await gateway.refresh(OLD))).toBe('INVALID_TOKEN');
    expect(idp.requests).toHaveLength(2);
  });

  it('gets the rotated token in each alias of an operation that takes the last request', async () => {
    const gateway = await refreshGateway({ burst: 2 });
    rotate(gateway, [OLD, NEW, 'v1.third-refresh-token-of-alice']);
    await gateway.refresh(OLD);
    const field = `delegate(input: { clientId: "web", subjectToken: { refreshToken: "${NEW}" } }) { refreshToken }`;
    const { data, errors } = await gateway.graphql(`mutation { a: ${field} b: ${field} }`);
    expect(data.a.refreshToken).toBe('v1.third-refresh-token-of-alice');
    expect(errors?.[0].extensions).toMatchObject({
      code: 'RATE_LIMITED',
      refreshToken: 'v1.third-refresh-token-of-alice',
    });
    expect(idp.requests).toHaveLength(2);
  });
});

describe('what is known of refresh tokens', () => {
  it('is bounded: the least recently used one is forgotten', () => {
    const refused = new RefusedRefreshTokens(testClock().now, 3);
    const users = new RefreshTokenUsers(3);
    for (const hash of ['a', 'b', 'c']) {
      refused.rememberRefused(hash);
      users.remember(hash, `user ${hash}`);
    }
    refused.isRefused('a');
    users.find('a');
    refused.rememberRefused('d');
    users.remember('d', 'user d');
    expect([refused.size, users.size]).toEqual([3, 3]);
    expect(['a', 'b', 'c', 'd'].map((hash) => refused.isRefused(hash))).toEqual([true, false, true, true]);
    expect(['a', 'b', 'c', 'd'].map((hash) => users.find(hash))).toEqual(['user a', undefined, 'user c', 'user d']);
  });

  it('has no user for a token that is refused: INVALID_TOKEN comes before RATE_LIMITED', () => {
    const users = new RefreshTokenUsers();
    users.remember('a', 'alice');
    users.forget('a');
    expect(users.find('a')).toBeUndefined();
  });

  it('is not kept longer when the clock is set back', () => {
    const clock = testClock();
    const refused = new RefusedRefreshTokens(clock.now);
    refused.rememberRefused('a');
    clock.advance(-60_000);
    expect(refused.isRefused('a')).toBe(false);
  });
});
