import { readCapped } from '../lib/read-capped.js';
import type { HttpRequest, HttpResponse } from './message.js';

/** A Request of the fetch standard (https://fetch.spec.whatwg.org/#request-class). */
export class FetchRequest implements HttpRequest {
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
    const { pathname, search, host } = new URL(request.url);
    this.path = pathname;
    this.query = search.slice(1);
    this.host = request.headers.get('host') ?? host;
  }

  get method(): string {
    return this.#request.method;
  }

  get headers(): Headers {
    return this.#request.headers;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  readText(maxBytes: number): Promise<string> {
    return readCapped(this.#request, maxBytes, { keepOpen: true });
  }
}

/** Presents a response as one of the fetch standard (https://fetch.spec.whatwg.org/#response-class). */
export function toFetchResponse({ status, headers, body }: HttpResponse): Response {
  return new Response(body as BodyInit | null, { status, headers: [...headers] });
}
