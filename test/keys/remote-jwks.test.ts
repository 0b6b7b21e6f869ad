import { describe, expect, it, vi } from 'vitest';
import type { Deps } from '../../src/deps.js';
import { RemoteKeySet } from '../../src/keys/remote-jwks.js';
import { callerGateway, IDP, IDP_JWKS, refusal } from '../support/caller.js';
import { testClock } from '../support/clock.js';
import { answerWith, connectionReset, httpServer, type TestServer } from '../support/jwks-server.js';
import { publicJwk, rsaPair } from '../support/keys.js';
import { recordingLog } from '../support/log.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UNAVAILABLE = { code: 'UPSTREAM_UNAVAILABLE', message: 'The keys of the token issuer could not be fetched' };

const first = publicJwk(rsaPair('first'), { kid: 'first' });
const second = publicJwk(rsaPair('second'), { kid: 'second' });

/** A remote key set behind a real server, with a test clock and a log. */
async function remote(answer = answerWith({ keys: [first] }), deps: Partial<Deps> = {}) {
  const server = await httpServer(answer);
  const clock = testClock();
  const log = recordingLog();
  const keys = new RemoteKeySet(`${server.url}/jwks.json`, { now: clock.now, fetch, log, ...deps });
  const lines = () => log.lines.map((line) => JSON.parse(line)).map(({ level, time, ...line }) => line);
  /** The number of keys that are found. */
  const find = async (kid: string | undefined) => (await keys.find('RS256', kid)).length;
  return { server, clock, keys, find, lines, jwks_uri: `${server.url}/jwks.json` };
}

/** The number of requests that a server got. */
const count = ({ requests }: TestServer) => requests.length;

describe('the keys behind a jwks_uri', () => {
  it('are fetched when first needed, and used for 10 minutes', async () => {
    const { server, clock, find } = await remote();
    expect(count(server)).toBe(0);
    expect(await find('first')).toBe(1);
    clock.advance(10 * MINUTE);
    expect(await find('first')).toBe(1);
    expect(server.requests).toEqual(['/jwks.json']);
    clock.advance(1);
    expect(await find('first')).toBe(1);
    expect(count(server)).toBe(2);
  });

  it('are those of the last response: a withdrawn key is gone after 10 minutes', async () => {
    const { server, clock, find } = await remote(answerWith({ keys: [first, second] }));
    expect(await find('first')).toBe(1);
    server.answer = answerWith({ keys: [second] });
    clock.advance(10 * MINUTE + 1);
    expect(await find('first')).toBe(0);
    expect(await find('second')).toBe(1);
  });

  it('are fetched once for concurrent callers', async () => {
    const { server, find } = await remote();
    expect(await Promise.all(Array.from({ length: 50 }, () => find('first')))).toEqual(Array(50).fill(1));
    expect(count(server)).toBe(1);
  });

  it('are not fetched again for a token without kid', async () => {
    const { server, clock, find } = await remote(answerWith({ keys: [first, second] }));
    expect(await find(undefined)).toBe(0);
    clock.advance(MINUTE);
    expect(await find(undefined)).toBe(0);
    expect(count(server)).toBe(1);
  });

  it('are fetched again after the clock was set back', async () => {
    const { server, clock, find } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = answerWith({ keys: [second] });
    clock.advance(-2 * HOUR);
    expect(await find('second')).toBe(1);
    expect(await find('first')).toBe(0);
  });
});

describe('an unknown kid', () => {
  it('causes one request in 30 s, however many callers ask', async () => {
    const { server, clock, find } = await remote();
    const flood = () => Promise.all(Array.from({ length: 50 }, (_, index) => find(`unknown-${index}`)));
    expect(await find('first')).toBe(1);
    await flood();
    expect(count(server)).toBe(2);
    clock.advance(30 * SECOND - 1);
    await flood();
    expect(count(server)).toBe(2);
    clock.advance(1);
    await flood();
    expect(count(server)).toBe(3);
  });

  it('causes no second request when the set was just fetched for it', async () => {
    const { server, find } = await remote();
    expect(await find('unknown')).toBe(0);
    expect(count(server)).toBe(1);
  });

  it('is found as soon as the issuer has rotated its keys', async () => {
    const { server, clock, find } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = answerWith({ keys: [second] });
    expect(await find('second')).toBe(1);
    expect(await find('first')).toBe(0);
    expect(count(server)).toBe(2);
    server.answer = answerWith({ keys: [first] });
    clock.advance(30 * SECOND);
    expect(await find('first')).toBe(1);
    expect(count(server)).toBe(3);
  });

  it('does not delay callers whose key is known', async () => {
    const { server, clock, find } = await remote();
    expect(await find('first')).toBe(1);
    clock.advance(30 * SECOND);
    let finish = () => {};
    const asked = new Promise<void>((resolve) => {
      server.answer = (request, response) => {
        finish = () => answerWith({ keys: [first] })(request, response);
        resolve();
      };
    });
    const unknown = find('unknown');
    await asked;
    expect(await find('first')).toBe(1);
    finish();
    expect(await unknown).toBe(0);
  });
});

describe('while the endpoint is down', () => {
  it('the last good keys are used for at most 24 hours, and the failure is logged', async () => {
    const { server, clock, find, keys, lines, jwks_uri } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = connectionReset;
    clock.advance(HOUR);
    expect(await find('first')).toBe(1);
    clock.advance(23 * HOUR);
    expect(await find('first')).toBe(1);
    clock.advance(1);
    await expect(keys.find('RS256', 'first')).rejects.toMatchObject(UNAVAILABLE);
    const msg = 'JWKS could not be fetched';
    const reason = expect.stringMatching(/^fetch failed \(\w+\)$/);
    expect(lines()).toEqual([
      { jwks_uri, msg, reason, keeps_last_good: true },
      { jwks_uri, msg, reason, keeps_last_good: true },
    ]);
    clock.advance(SECOND);
    await expect(keys.find('RS256', 'first')).rejects.toMatchObject(UNAVAILABLE);
    expect(lines().at(-1)).toEqual({ jwks_uri, msg, reason, keeps_last_good: false });
  });

  it('one request is made in 30 s, for known and unknown kids together', async () => {
    const { server, clock, find } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = connectionReset;
    clock.advance(HOUR);
    for (let asked = 0; asked < 20; asked++) {
      expect(await find('first')).toBe(1);
      expect(await find('unknown')).toBe(0);
    }
    expect(count(server)).toBe(2);
    clock.advance(30 * SECOND);
    expect(await find('first')).toBe(1);
    expect(count(server)).toBe(3);
  });

  it('nothing is lost: afterwards the new keys are used, and the recovery is logged', async () => {
    const { server, clock, find, lines, jwks_uri } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = connectionReset;
    clock.advance(25 * HOUR);
    await expect(find('first')).rejects.toMatchObject(UNAVAILABLE);
    server.answer = answerWith({ keys: [second] });
    clock.advance(SECOND);
    expect(await find('second')).toBe(1);
    expect(await find('first')).toBe(0);
    expect(lines().at(-1)).toEqual({ jwks_uri, msg: 'JWKS can be fetched again' });
  });

  it('from the start on, one request is made in a second', async () => {
    const { server, clock, find } = await remote(connectionReset);
    for (let asked = 0; asked < 20; asked++) await expect(find('first')).rejects.toMatchObject(UNAVAILABLE);
    expect(count(server)).toBe(1);
    server.answer = answerWith({ keys: [first] });
    clock.advance(SECOND - 1);
    await expect(find('first')).rejects.toMatchObject(UNAVAILABLE);
    clock.advance(1);
    expect(await find('first')).toBe(1);
  });
});

describe('an invalid response', () => {
  const oversize = JSON.stringify({ keys: [first], pad: 'p'.repeat(512 * 1024) });
  it.each([
    ['garbage', answerWith('<html>'), 'not JSON'],
    ['an empty body', answerWith(''), 'not JSON'],
    ['another document', answerWith({ jwks: [] }), 'a JWKS, which has an array "keys"'],
    ['an empty set', answerWith({ keys: [] }), 'a JWKS with at least one usable key (it is empty)'],
    [
      'a set of unusable keys',
      answerWith({ keys: [{ ...first, use: 'enc' }] }),
      'a JWKS with at least one usable key (keys[0] is not for signatures)',
    ],
    ['a status of 500', answerWith({ keys: [second] }, 500), 'status 500'],
    ['a status of 404', answerWith({ keys: [second] }, 404), 'status 404'],
    ['a status of 203', answerWith({ keys: [second] }, 203), 'status 203'],
    ['a status of 204', answerWith('', 204), 'status 204'],
    ['more than 512 KiB', answerWith(oversize), 'longer than 524288 bytes'],
    ['a connection that breaks in the middle', brokenOff, expect.stringMatching(/^terminated \(\w+\)$/)],
    ['bytes that are not UTF-8', notUtf8, 'The encoded data was not valid for encoding utf-8'],
  ])('leaves the last good keys in use: %s', async (_what, answer, reason) => {
    const { server, clock, find, lines } = await remote();
    expect(await find('first')).toBe(1);
    server.answer = answer;
    clock.advance(10 * MINUTE + 1);
    expect(await find('first')).toBe(1);
    expect(await find('second')).toBe(0);
    expect(lines().at(-1)).toMatchObject({ msg: 'JWKS could not be fetched', reason });
  });

  it('is one of more than 512 KiB; exactly 512 KiB is valid', async () => {
    const jwks = JSON.stringify({ keys: [first] });
    const { server, clock, find } = await remote(answerWith(jwks.padEnd(512 * 1024)));
    expect(await find('first')).toBe(1);
    server.answer = answerWith(JSON.stringify({ keys: [second] }).padEnd(512 * 1024 + 1));
    clock.advance(10 * MINUTE + 1);
    expect(await find('second')).toBe(0);
  });

  it('is not read further than the limit when it is endless', async () => {
    let sent = 0;
    const { find, server } = await remote((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    await expect(find('first')).rejects.toMatchObject(UNAVAILABLE);
    expect(count(server)).toBe(1);
    expect(sent).toBeLessThan(16 << 20);
  });

  it.each([301, 302, 303, 307, 308])('is a redirect: %i is not followed, not even to the same host', async (status) => {
    const elsewhere = await httpServer(answerWith({ keys: [second] }));
    const { server, clock, find, lines } = await remote((request, response) =>
      answerWith('', status, { Location: `${elsewhere.url}${request.url}` })(request, response),
    );
    await expect(find('second')).rejects.toMatchObject(UNAVAILABLE);
    server.answer = answerWith('', status, { Location: '/other.json' });
    clock.advance(SECOND);
    await expect(find('second')).rejects.toMatchObject(UNAVAILABLE);
    expect(elsewhere.requests).toEqual([]);
    expect(server.requests).toEqual(['/jwks.json', '/jwks.json']);
    const refused = { reason: `status ${status}`, keeps_last_good: false };
    expect(lines()).toMatchObject([refused, refused]);
  });
});

/** Sends half of a response and closes the connection. */
function brokenOff(...[request, response]: Parameters<ReturnType<typeof answerWith>>): void {
  response.writeHead(200, { 'Content-Length': '1000' });
  response.write('{"keys":', () => request.socket.destroy());
}

function notUtf8(...[, response]: Parameters<ReturnType<typeof answerWith>>): void {
  response.end(Buffer.from('{"keys":[],"x":"\xff"}', 'latin1'));
}

describe('an endpoint that does not answer', () => {
  /** Replaces `AbortSignal.timeout`, so that no test waits for five seconds. */
  function timeouts() {
    const controllers: AbortController[] = [];
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const controller = new AbortController();
      controllers.push(controller);
      return controller.signal;
    });
    return {
      spy,
      expire: () => {
        for (const each of controllers) each.abort(new DOMException('The operation timed out', 'TimeoutError'));
      },
      [Symbol.dispose]: () => spy.mockRestore(),
    };
  }

  it.each([
    ['at all', () => {}],
    ['to its end', (response: { write(text: string): void }) => response.write('{"keys":')],
  ])('%s within 5 s is down', async (_what, begin) => {
    using timeout = timeouts();
    let begun = () => {};
    const asked = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { find, lines } = await remote((_request, response) => {
      begin(response);
      begun();
    });
    const found = find('first');
    await asked;
    timeout.expire();
    await expect(found).rejects.toMatchObject(UNAVAILABLE);
    expect(timeout.spy.mock.calls).toEqual([[5_000]]);
    expect(lines()).toMatchObject([{ msg: 'JWKS could not be fetched', reason: 'no answer within 5000 ms' }]);
  });
});

describe('the request', () => {
  it('is a GET of the configured URL without anything of the caller', async () => {
    const seen: Request[] = [];
    const { server, find, jwks_uri } = await remote(undefined, {
      fetch(input, init) {
        seen.push(new Request(input, init));
        return fetch(input, init);
      },
    });
    expect(await find('first')).toBe(1);
    expect(server.requests).toEqual(['/jwks.json']);
    expect(seen.map(({ url, method, redirect, body }) => ({ url, method, redirect, body }))).toEqual([
      { url: jwks_uri, method: 'GET', redirect: 'manual', body: null },
    ]);
    expect([...(seen[0] as Request).headers]).toEqual([['accept', 'application/jwk-set+json, application/json']]);
  });

  it('fails in the same way when fetch itself throws', async () => {
    const { find, lines } = await remote(undefined, {
      fetch() {
        throw 'not an error';
      },
    });
    await expect(find('first')).rejects.toMatchObject(UNAVAILABLE);
    expect(lines()).toMatchObject([{ reason: 'unknown' }]);
  });
});

describe('keys that are not used', () => {
  it('are logged when they appear, not at every request', async () => {
    const { server, clock, find, lines } = await remote(answerWith({ keys: [first, { ...second, use: 'enc' }] }));
    const skipped = (position: number) => ({
      msg: 'JWKS holds keys that are not used',
      skipped: [`keys[${position}] is not for signatures`],
    });
    for (let fetched = 0; fetched < 3; fetched++) {
      expect(await find('first')).toBe(1);
      clock.advance(10 * MINUTE + 1);
    }
    expect(count(server)).toBe(3);
    expect(lines()).toMatchObject([skipped(1)]);
    server.answer = answerWith({ keys: [first, second, { ...second, use: 'enc' }] });
    expect(await find('second')).toBe(1);
    expect(lines()).toMatchObject([skipped(1), skipped(2)]);
  });
});

describe('a gateway with a jwks_uri', () => {
  /** The gateway of these tests, whose issuer publishes its keys at the server. */
  const gatewayWith = (server: TestServer) =>
    callerGateway((config) => {
      const jwks_uri = `${server.url}/jwks.json`;
      Object.assign(config.tenants[0]?.issuers[0] as object, { jwks: undefined, jwks_uri });
    });

  it('accepts tokens of every algorithm with one request', async () => {
    const server = await httpServer(answerWith(IDP_JWKS));
    const { ask, forge, claims } = await gatewayWith(server);
    for (const [alg, { kid, signer }] of Object.entries(IDP)) {
      expect(await ask(forge({ alg, kid, typ: 'JWT' }, claims(), signer))).toBe('accepted as auth0|alice');
    }
    expect(server.requests).toEqual(['/jwks.json']);
  });

  it('starts while the endpoint is down, answers UPSTREAM_UNAVAILABLE, and works when it is back', async () => {
    const server = await httpServer(connectionReset);
    const gateway = await gatewayWith(server);
    expect(server.requests).toEqual([]);
    const ready = await gateway.fetch(new Request('http://gateway.test/livez'), { remoteAddress: '192.0.2.1' });
    expect(ready.status).toBe(200);
    expect(await gateway.ask(gateway.token())).toBe(
      'UPSTREAM_UNAVAILABLE: The keys of the token issuer could not be fetched',
    );
    server.answer = answerWith(IDP_JWKS);
    gateway.clock.advance(SECOND);
    expect(await gateway.ask(gateway.token())).toBe('accepted as auth0|alice');
  });

  it('needs no key of the issuer for its own tokens and for those of HS256 clients', async () => {
    const server = await httpServer(connectionReset);
    const { ask, token, forge, claims } = await gatewayWith(server);
    expect(await ask(token({}, { alg: 'none' }))).toBe(
      refusal('its algorithm (alg) must be RS256 or PS256 or ES256 or EdDSA'),
    );
    expect(await ask(forge({ alg: 'HS256' }, claims({ aud: 'api' }), () => Buffer.of(1)))).toBe(
      refusal('its signature is not valid'),
    );
    expect(server.requests).toEqual([]);
  });
});
