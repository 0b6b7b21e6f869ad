import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DelegationError } from '../../src/errors.js';
import { callUpstream, readTokenAnswer, type UpstreamCall } from '../../src/lib/upstream.js';
import { selfSigned, upstream } from '../support/upstream.js';

/** Stands in every body of an upstream; it may stand nowhere else. */
const CANARY = 'canary-in-the-body-of-the-upstream';
const SERVICE = 'The service';
const JSON_HEADERS = { 'content-type': 'application/json' };

/** Posts a form and reads the answer as a token endpoint's, as add-ons do. */
async function call(url: string, options: Partial<UpstreamCall> = {}, fetchLike: typeof fetch = fetch) {
  const form = new URLSearchParams({ assertion: 'made for the test' });
  return readTokenAnswer(
    SERVICE,
    await callUpstream({ fetch: fetchLike }, { service: SERVICE, url, form, ...options }),
  );
}

/** The refusal of a call, with how long it took; the whole of it is searched for the canary. */
async function refusalOf(promise: Promise<unknown>) {
  const started = performance.now();
  const error: DelegationError = await promise.then(
    (answer) => expect.unreachable(`expected a refusal, got ${JSON.stringify(answer)}`),
    (reason) => reason,
  );
  const { code, message, details } = error;
  expect(`${error.stack} ${JSON.stringify(details)} ${String(error.cause)}`).not.toContain(CANARY);
  return { code, message, upstreamCode: details.upstreamCode, seconds: (performance.now() - started) / 1000 };
}

function answering(status: number, body: string, headers: Record<string, string> = JSON_HEADERS): RequestListener {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

describe('an answer of an upstream', () => {
  it('is posted a form and read as JSON', async () => {
    const service = await upstream((request, response) => {
      const { method, headers } = request;
      response.end(JSON.stringify({ method, type: headers['content-type'], extra: headers['x-extra'] }));
    });
    expect(await call(`${service.url}/token`, { headers: { 'x-extra': 'sent too' } })).toEqual({
      method: 'POST',
      type: 'application/x-www-form-urlencoded',
      extra: 'sent too',
    });
    expect(service.bodies).toEqual(['assertion=made+for+the+test']);
  });

  const unavailable = 'UPSTREAM_UNAVAILABLE';
  const body = JSON.stringify({ access_token: CANARY, error_description: CANARY });
  it.each<[string, RequestListener, string, string]>([
    ['not JSON', answering(200, `<html>${CANARY}</html>`), unavailable, 'The service gave an answer that is not JSON'],
    [
      'JSON, but no object',
      answering(200, `["${CANARY}"]`),
      unavailable,
      'The service gave an answer that is not a JSON object',
    ],
    ['nothing at all', answering(200, ''), unavailable, 'The service gave an answer that is not JSON'],
    [
      'longer than 100 KiB',
      answering(200, JSON.stringify({ access_token: CANARY.repeat(4_000) })),
      unavailable,
      'The service gave an answer that is too long',
    ],
    [
      'cut off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 4_000 }).write(body, () => response.destroy());
      },
      unavailable,
      'The service could not be reached, or broke off its answer',
    ],
    [
      'not UTF-8',
      (_request, response) => response.writeHead(200).end(Buffer.from([0x22, 0xff, 0x22])),
      unavailable,
      'The service could not be reached, or broke off its answer',
    ],
    ['a 4xx that is not JSON', answering(404, CANARY), unavailable, 'The service gave an answer that is not JSON'],
    [
      'a 4xx without an error code',
      answering(400, body),
      unavailable,
      'The service gave an answer that is not of its protocol',
    ],
    ['a 500', answering(500, body), unavailable, 'The service answered with status 500'],
    [
      'a 503 that looks like a refusal',
      answering(503, '{"error":"invalid_grant"}'),
      unavailable,
      'The service answered with status 503',
    ],
    [
      'an error code that is none',
      answering(400, JSON.stringify({ error: `${CANARY} with spaces` })),
      'UPSTREAM_REFUSED',
      'The service refused',
    ],
  ])('that is %s has its own code, and nothing of it gets out', async (_what, listener, code, message) => {
    const service = await upstream(listener);
    expect(await refusalOf(call(service.url))).toMatchObject({ code, message });
    expect(service.bodies).toHaveLength(1);
  });

  it('that refuses passes its error code on, and not its description', async () => {
    const service = await upstream(
      answering(400, JSON.stringify({ error: 'invalid_grant', error_description: `user ${CANARY} is unknown` })),
    );
    expect(await refusalOf(call(service.url))).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      message: 'The service refused: invalid_grant',
      upstreamCode: 'invalid_grant',
    });
  });

  it('that redirects is a failure, and where it points is never asked', async () => {
    const elsewhere = await upstream(answering(200, body));
    for (const status of [301, 302, 303, 307, 308]) {
      const service = await upstream(answering(status, body, { location: elsewhere.url }));
      expect(await refusalOf(call(service.url))).toMatchObject({
        code: unavailable,
        message: `The service answered with status ${status}`,
      });
    }
    expect(elsewhere.connections()).toBe(0);
  });

  it('counts its 100 KiB after decompression', async () => {
    const bomb = gzipSync(JSON.stringify({ access_token: 'a'.repeat(10_000_000) }));
    expect(bomb.length).toBeLessThan(100 * 1024);
    const service = await upstream((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await refusalOf(call(service.url))).toMatchObject({
      code: unavailable,
      message: 'The service gave an answer that is too long',
    });
  });
});

describe('a connection to an upstream', () => {
  it('is not trusted when only the certificate itself vouches for it', async () => {
    const service = await upstream(answering(200, CANARY), { tls: selfSigned() });
    expect(await refusalOf(call(service.url))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(service.bodies).toEqual([]);
  });

  it('is kept for the next call', async () => {
    const service = await upstream(answering(200, '{}'));
    for (let count = 0; count < 10; count++) await call(service.url);
    expect(service.bodies).toHaveLength(10);
    // fetch opens a second one when it is asked again in the very tick in which an answer ends.
    expect(service.connections()).toBeLessThanOrEqual(2);
  });

  it('that breaks before an answer is tried once more', async () => {
    let tries = 0;
    const service = await upstream((request, response) => {
      if (++tries === 1) request.socket.destroy();
      else response.end('{"access_token":"second try"}');
    });
    expect(await call(service.url)).toEqual({ access_token: 'second try' });
    expect(tries).toBe(2);
  });

  it('that breaks twice is given up', async () => {
    const service = await upstream((request) => request.socket.destroy());
    expect(await refusalOf(call(service.url))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(service.bodies).toHaveLength(2);
  });

  it('that breaks after the request arrived is not tried again where twice is worse than not at all', async () => {
    const service = await upstream((request) => request.socket.destroy());
    expect(await refusalOf(call(service.url, { onlyOnce: true }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(service.bodies).toHaveLength(1);
  });

  it.each([false, true])('that is refused is tried once more, with onlyOnce: %s', async (onlyOnce) => {
    let tries = 0;
    const counting: typeof fetch = (...args) => {
      tries++;
      return fetch(...args);
    };
    const url = `http://127.0.0.1:${await closedPort()}`;
    expect(await refusalOf(call(url, { onlyOnce }, counting))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(tries).toBe(2);
  });

  it('ends when the caller has gone', async () => {
    const service = await upstream(() => {});
    const caller = new AbortController();
    const refusal = refusalOf(call(service.url, { signal: caller.signal }));
    await service.until(() => service.bodies.length === 1);
    expect(service.ended()).toBe(0);
    caller.abort();
    expect(await refusal).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await service.until(() => service.ended() > 0);
    expect(service.bodies).toHaveLength(1);
  });
});

describe('five seconds', () => {
  it('are all that an upstream gets, however it spends them', async () => {
    const head = { 'content-type': 'application/json', 'content-length': '1000' };
    const slow: Record<string, RequestListener> = {
      'says nothing': () => {},
      'sends a head and no body': (_request, response) => {
        response.writeHead(200, head).flushHeaders();
      },
      'sends a byte at a time': (_request, response) => {
        response.writeHead(200, head);
        const drip = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(drip));
      },
      'never ends a refusal': (_request, response) => {
        response.writeHead(400, head).write(`{"error":"${CANARY}"`);
      },
    };
    const services = await Promise.all(Object.values(slow).map((listener) => upstream(listener)));
    const deaf = createServer(() => {});
    const deafPort = await new Promise<number>((resolve) =>
      deaf.listen(0, '127.0.0.1', () => resolve((deaf.address() as { port: number }).port)),
    );
    const urls = [...services.map(({ url }) => url), `https://127.0.0.1:${deafPort}`];
    const refusals = await Promise.all(urls.map((url) => refusalOf(call(url))));
    deaf.close();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'The service did not answer within 5 s',
      });
      expect(refusal.seconds).toBeGreaterThan(4.9);
      expect(refusal.seconds).toBeLessThan(6);
    }
    for (const service of services) {
      await service.until(() => service.ended() > 0);
      expect(service.bodies).toHaveLength(1);
    }
  });
});

/** A port of 127.0.0.1 on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
