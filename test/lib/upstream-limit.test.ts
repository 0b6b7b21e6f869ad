import { describe, expect, it, vi } from 'vitest';
import { DelegationError } from '../../src/errors.js';
import { type UpstreamClient, Upstreams } from '../../src/lib/upstream.js';

const LIMIT = 64;
const CRM: UpstreamClient = { tenant: 'acme', clientId: 'crm' };
const URL = 'https://org.example.com/token';

/** A fetch whose requests get no answer until the test answers them. */
function heldFetch() {
  const requests: { readonly url: string; answer(response: Response): void; fail(error: unknown): void }[] = [];
  const fetch: typeof globalThis.fetch = (url, init) =>
    new Promise((resolve, reject) => {
      requests.push({ url: `${url}`, answer: resolve, fail: reject });
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    });
  return { fetch, requests };
}

/** Upstreams with a held fetch, and the function that begins a call and reads its outcome. */
function heldUpstreams() {
  const { fetch, requests } = heldFetch();
  const upstreams = new Upstreams({ fetch, now: Date.now });
  const begin = (client = CRM, url = URL, signal?: AbortSignal) =>
    upstreams.call(client, { service: 'The service', url, form: new URLSearchParams(), signal }).then(
      ({ status }) => `answered with ${status}`,
      (error: unknown) => error as DelegationError,
    );
  return { upstreams, requests, begin };
}

function times<T>(count: number, build: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => build(index));
}

describe(`the limit of ${LIMIT} calls of one client at one upstream`, () => {
  it('refuses the next call at once, with the seconds until it may be repeated, and does not send it', async () => {
    const { begin, requests } = heldUpstreams();
    const begun = times(LIMIT, () => begin());
    const refusal = await begin();
    expect(refusal).toBeInstanceOf(DelegationError);
    expect(refusal).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The service was not called: 64 calls of the same application are under way; try again in 5 s',
      details: { retryAfter: 5 },
    });
    expect(requests).toHaveLength(LIMIT);
    requests[0]?.answer(new Response('{}'));
    expect(await begun[0]).toBe('answered with 200');
    void begin();
    expect(requests).toHaveLength(LIMIT + 1);
    expect(await begin()).toMatchObject({ details: { retryAfter: 5 } });
  });

  it('counts each client of each tenant at each origin by itself, and all paths of an origin together', async () => {
    const { begin, requests } = heldUpstreams();
    for (const path of ['a', 'b']) times(LIMIT / 2, () => begin(CRM, `https://org.example.com/${path}`));
    expect(await begin(CRM, 'https://org.example.com/c?d')).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    const others: [UpstreamClient, string][] = [
      [{ tenant: 'acme', clientId: 'web' }, URL],
      [{ tenant: 'other', clientId: 'crm' }, URL],
      [CRM, 'https://org.example.com:8443/token'],
      [CRM, 'https://other.example.com/token'],
    ];
    for (const [client, url] of others) times(LIMIT, () => begin(client, url));
    expect(requests).toHaveLength(LIMIT * (1 + others.length));
  });

  it('does not take two clients for one when their names contain quotes or commas', async () => {
    const { begin, requests } = heldUpstreams();
    times(LIMIT, () => begin({ tenant: 'a","b', clientId: 'c' }));
    times(LIMIT, () => begin({ tenant: 'a', clientId: 'b","c' }));
    expect(requests).toHaveLength(2 * LIMIT);
  });
});

describe('a call that ends leaves its place to another one, and nothing is kept of it', () => {
  const connectionError = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: { code } });

  it.each<[string, (request: ReturnType<typeof heldFetch>['requests'][number]) => void]>([
    ['after an answer', ({ answer }) => answer(new Response('{}'))],
    ['after a refusal', ({ answer }) => answer(new Response('{"error":"invalid_grant"}', { status: 400 }))],
    ['after a 500', ({ answer }) => answer(new Response('', { status: 500 }))],
    ['after a redirect', ({ answer }) => answer(new Response(null, { status: 302, headers: { location: '/' } }))],
    ['after an answer that is too long', ({ answer }) => answer(new Response('x'.repeat(102_401)))],
    ['after an answer that is not UTF-8', ({ answer }) => answer(new Response(new Uint8Array([255])))],
    ['after a connection that failed', ({ fail }) => fail(connectionError('CERT_HAS_EXPIRED'))],
  ])('%s', async (_how, end) => {
    const { upstreams, begin, requests } = heldUpstreams();
    const begun = times(LIMIT, () => begin());
    expect(upstreams.size).toBe(1);
    for (const request of requests) end(request);
    await Promise.all(begun);
    expect(upstreams.size).toBe(0);
    times(LIMIT, () => begin());
    expect(requests).toHaveLength(2 * LIMIT);
  });

  it('after a connection that failed twice; the second try of a call takes no second place', async () => {
    const { upstreams, begin, requests } = heldUpstreams();
    const begun = times(LIMIT, () => begin());
    for (const request of requests.slice()) request.fail(connectionError('ECONNREFUSED'));
    while (requests.length < 2 * LIMIT) await new Promise(setImmediate);
    expect(await begin()).toMatchObject({ details: { retryAfter: 5 } });
    for (const request of requests.slice(LIMIT)) request.fail(connectionError('ECONNREFUSED'));
    await Promise.all(begun);
    expect(upstreams.size).toBe(0);
  });

  it('after the caller disconnected', async () => {
    const { upstreams, begin } = heldUpstreams();
    const caller = new AbortController();
    const begun = times(LIMIT, () => begin(CRM, URL, caller.signal));
    caller.abort();
    for (const outcome of await Promise.all(begun)) expect(outcome).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(upstreams.size).toBe(0);
  });

  it('after the time limit', async () => {
    const timeouts: AbortController[] = [];
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const timeout = new AbortController();
      timeouts.push(timeout);
      return timeout.signal;
    });
    const { upstreams, begin } = heldUpstreams();
    const begun = times(LIMIT, () => begin());
    expect(spy).toHaveBeenCalledWith(5_000);
    spy.mockRestore();
    for (const timeout of timeouts) timeout.abort(new DOMException('The operation timed out', 'TimeoutError'));
    for (const outcome of await Promise.all(begun)) {
      expect(outcome).toMatchObject({ message: 'The service did not answer within 5 s' });
    }
    expect(upstreams.size).toBe(0);
  });

  it('after a request that fetch refuses to send', async () => {
    const upstreams = new Upstreams({
      now: Date.now,
      fetch: () => {
        throw new TypeError('invalid header');
      },
    });
    const call = () => upstreams.call(CRM, { service: 'The service', url: URL, form: new URLSearchParams() });
    for (const outcome of await Promise.allSettled(times(LIMIT, call))) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UPSTREAM_UNAVAILABLE' } });
    }
    expect(upstreams.size).toBe(0);
  });
});
