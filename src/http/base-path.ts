import type { HttpRequest } from './message.js';

/** A path that nothing answers. */
const OUTSIDE = '';

/**
 * Takes a base path off the paths of requests. A path that is not below it becomes one that nothing answers.
 *
 * @param basePath `/identity`: begins with a slash and does not end with one
 * @throws TypeError when it has another form
 */
export function createBasePathRemover(basePath: string): (request: HttpRequest) => HttpRequest {
  if (!/^(?:\/[^/?#\s]+)+$/.test(basePath)) {
    throw new TypeError('basePath must be a path such as "/identity", which does not end with a slash');
  }
  return (request) => {
    const { path } = request;
    if (path === basePath) return new MovedRequest(request, '/');
    return new MovedRequest(request, path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : OUTSIDE);
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
