import { type HttpRequest, HttpResponse } from './message.js';

/** A path that nothing answers. */
const OUTSIDE = '';

export interface BasePath {
  /** Takes it off the path of a request. A path that is not below it becomes one that nothing answers. */
  remove(request: HttpRequest): HttpRequest;
  /**
   * Redirects from the base path itself to the same with a slash, below which the relative links of pages are right
   * (RFC 9110 §15.4.9). The location is relative too, for a proxy that adds a prefix.
   */
  redirect(request: HttpRequest): HttpResponse | undefined;
}

/**
 * @param basePath `/identity`: begins with a slash and does not end with one
 * @throws TypeError when it has another form
 */
export function createBasePath(basePath: string): BasePath {
  if (!/^(?:\/[\w.~!$&'()*+,;=:@%-]+)+$/.test(basePath)) {
    throw new TypeError('basePath must be a path such as "/identity", which does not end with a slash');
  }
  const location = `./${basePath.slice(basePath.lastIndexOf('/') + 1)}/`;
  return {
    remove(request) {
      const { path } = request;
      return new MovedRequest(request, path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : OUTSIDE);
    },
    redirect({ path }) {
      return path === basePath ? new HttpResponse(null, { status: 308, headers: { location } }) : undefined;
    },
  };
}

/** A request with another path. */
class MovedRequest implements HttpRequest {
  readonly path: string;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, path: string) {
    this.#request = request;
    this.path = path;
  }

  get method() {
    return this.#request.method;
  }

  get query() {
    return this.#request.query;
  }

  get host() {
    return this.#request.host;
  }

  get headers() {
    return this.#request.headers;
  }

  get signal() {
    return this.#request.signal;
  }

  readText(maxBytes: number): Promise<string> {
    return this.#request.readText(maxBytes);
  }
}
