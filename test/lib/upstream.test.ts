import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DelegationError } from '../../src/errors.js';
import { readTokenAnswer, type UpstreamCall, Upstreams } from '../../src/lib/upstream.js';
import { selfSigned, upstream } from '../support/upstream.js';

/** Part of every answer of an upstream; it must not appear anywhere else. */
const CANARY = 'canary-in-the-body-of-the-upstream';
const SERVICE = 'The service';
const CLIENT = { tenant: 'acme', clientId: 'crm' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** Posts a form and reads the answer of a token endpoint, as add-ons do. */
async function call(url: string, options: Partial<UpstreamCall> = {}, fetchLike: typeof fetch = fetch) {
  const form = new URLSearchParams({ assertion: 'made for the test' });
  return readTokenAnswer(
    SERVICE,
    await new Upstreams({ fetch: fetchLike, now: Date.now }).call(CLIENT, { service: SERVICE, url, form, ...options }),
  );
}

/** Catches the error of a call and measures its time. Fails when the error contains the canary. */
async function catchRefusal(promise: Promise<unknown>) {
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
  it('to a posted form is read as JSON', async () => {
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
      'JSON, but not an object',
      answering(200, `["${CANARY}"]`),
      unavailable,
      'The service gave an answer that is not a JSON object',
    ],
    ['empty', answering(200, ''), unavailable, 'The service gave an answer that is not JSON'],
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
      'a 503 with an error code',
      answering(503, '{"error":"invalid_grant"}'),
      unavailable,
      'The service answered with status 503',
    ],
    [
      'an error code of another form',
      answering(400, JSON.stringify({ error: `${CANARY} with spaces` })),
      'UPSTREAM_REFUSED',
      'The service refused',
    ],
  ])('that is %s has its own error, which repeats nothing of it', async (_what, listener, code, message) => {
    const service = await upstream(listener);
    expect(await catchRefusal(call(service.url))).toMatchObject({ code, message });
    expect(service.bodies).toHaveLength(1);
  });

  it('that refuses keeps its error code, and not its description', async () => {
    const service = await upstream(
      answering(400, JSON.stringify({ error: 'invalid_grant', error_description: `user ${CANARY} is unknown` })),
    );
    expect(await catchRefusal(call(service.url))).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      message: 'The service refused: invalid_grant',
      upstreamCode: 'invalid_grant',
    });
  });

  it('that redirects is an error, and the redirect is not followed', async () => {
    const elsewhere = await upstream(answering(200, body));
    for (const status of [301, 302, 303, 307, 308]) {
      const service = await upstream(answering(status, body, { location: elsewhere.url }));
      expect(await catchRefusal(call(service.url))).toMatchObject({
        code: unavailable,
        message: `The service answered with status ${status}`,
      });
    }
    expect(elsewhere.connections()).toBe(0);
  });

  it('is limited to 100 KiB after decompression', async () => {
    const bomb = gzipSync(JSON.stringify({ access_token: 'a'.repeat(10_000_000) }));
    expect(bomb.length).toBeLessThan(100 * 1024);
    const service = await upstream((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await catchRefusal(call(service.url))).toMatchObject({
      code: unavailable,
      message: 'The service gave an answer that is too long',
    });
  });
});

describe('a connection to an upstream', () => {
  it('is refused when its certificate is self-signed', async () => {
    const service = await upstream(answering(200, CANARY), { tls: selfSigned() });
    expect(await catchRefusal(call(service.url))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(service.bodies).toEqual([]);
  });

  it('is reused for the next call', async () => {
    const service = await upstream(answering(200, '{}'));
    for (let count = 0; count < 10; count++) await call(service.url);
    expect(service.bodies).toHaveLength(10);
    // fetch may open a second one for a call in the same tick in which an answer ends.
    expect(service.connections()).toBeLessThanOrEqual(2);
  });

  it('that breaks before an answer is opened once more', async () => {
    let tries = 0;
    const service = await upstream((request, response) => {
      if (++tries === 1) request.socket.destroy();
      else response.end('{"access_token":"second try"}');
    });
    expect(await call(service.url)).toEqual({ access_token: 'second try' });
    expect(tries).toBe(2);
  });

  it('that breaks twice is an error', async () => {
    const service = await upstream((request) => request.socket.destroy());
    expect(await catchRefusal(call(service.url))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(service.bodies).toHaveLength(2);
  });

  it('that breaks after the request arrived is not opened again with onlyOnce', async () => {
    const service = await upstream((request) => request.socket.destroy());
    expect(await catchRefusal(call(service.url, { onlyOnce: true }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(service.bodies).toHaveLength(1);
  });

  it.each([false, true])('that is refused is tried once more, with onlyOnce %s', async (onlyOnce) => {
    let tries = 0;
    const counting: typeof fetch = (...args) => {
      tries++;
      return fetch(...args);
    };
    const url = `http://127.0.0.1:${await findClosedPort()}`;
    expect(await catchRefusal(call(url, { onlyOnce }, counting))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service could not be reached, or broke off its answer',
    });
    expect(tries).toBe(2);
  });

  it('ends when the signal of the caller aborts', async () => {
    const service = await upstream(() => {});
    const caller = new AbortController();
    const refusal = catchRefusal(call(service.url, { signal: caller.signal }));
    await service.until(() => service.bodies.length === 1);
    expect(service.ended()).toBe(0);
    caller.abort();
    expect(await refusal).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await service.until(() => service.ended() > 0);
    expect(service.bodies).toHaveLength(1);
  });
});

describe('the time limit of 5 s', () => {
  it('applies to every part of an answer', async () => {
    const head = { 'content-type': 'application/json', 'content-length': '1000' };
    const slow: Record<string, RequestListener> = {
      'sends nothing': () => {},
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
    const silent = createServer(() => {});
    const silentPort = await new Promise<number>((resolve) =>
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port)),
    );
    const urls = [...services.map(({ url }) => url), `https://127.0.0.1:${silentPort}`];
    const refusals = await Promise.all(urls.map((url) => catchRefusal(call(url))));
    silent.close();
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

/** Finds a port of 127.0.0.1 on which no server listens. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
