import { readCapped } from '../lib/read-capped.js';
import { type HttpRequest, type HttpResponse, splitTarget } from './message.js';

/** A Request of the fetch standard (https://fetch.spec.whatwg.org/#request-class). */
export class FetchRequest implements HttpRequest {
  readonly path: string;
  readonly query: string;
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
    const { pathname, search } = new URL(request.url);
    ({ path: this.path, query: this.query } = splitTarget(pathname + search));
  }

  get method(): string {
    return this.#request.method;
  }

  get host(): string {
    return this.headers.get('host') ?? new URL(this.#request.url).host;
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
