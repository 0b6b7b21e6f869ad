import { describe, expect, it } from 'vitest';
import { FetchRequest, toFetchResponse } from '../../src/http/fetch.js';
import { HttpResponse } from '../../src/http/message.js';

describe('a Request of the fetch standard', () => {
  it('has a method, a path, a query, the host of its Host header or of its URL, and headers', () => {
    const url = 'http://a.example:1/graphql?a=b?c#d';
    const request = new FetchRequest(new Request(url, { method: 'POST', headers: { 'X-A': '1' } }));
    const { method, path, query, host, headers } = request;
    expect({ method, path, query, host, field: headers.get('x-a'), missing: headers.get('b') }).toEqual({
      method: 'POST',
      path: '/graphql',
      query: 'a=b?c',
      host: 'a.example:1',
      field: '1',
      missing: null,
    });
    expect(new FetchRequest(new Request(url, { headers: { Host: 'b.example' } })).host).toBe('b.example');
  });

  it('has a body that is read up to a limit', async () => {
    const request = () => new FetchRequest(new Request('http://a.example/', { method: 'POST', body: '123456' }));
    expect(await request().readText(6)).toBe('123456');
    await expect(request().readText(5)).rejects.toThrow('longer than 5 bytes');
  });

  it('has the signal of the Request', () => {
    const controller = new AbortController();
    const request = new FetchRequest(new Request('http://a.example/', { signal: controller.signal }));
    controller.abort();
    expect(request.signal.aborted).toBe(true);
  });
});

describe('a Response of the fetch standard', () => {
  it('has the status, the headers and the content', async () => {
    const response = new HttpResponse('text', { status: 201, headers: { Vary: 'Accept' } });
    response.headers.append('VARY', 'Origin');
    response.headers.set('X-A', '1');
    const presented = toFetchResponse(response);
    expect([presented.status, presented.headers.get('vary'), presented.headers.get('x-a')]).toEqual([
      201,
      'Accept, Origin',
      '1',
    ]);
    expect(await presented.text()).toBe('text');
    expect((await toFetchResponse(new HttpResponse(null, { status: 304 })).text()).length).toBe(0);
  });
});
