import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Presents a request of node:http as a Request. It has only what the gateway and Yoga read, and makes each part when it is
 * read: a full Request copies the headers and wraps the body in streams.
 *
 * @param outgoing its response; the signal aborts when it is closed before it was sent in full
 */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  return new NodeRequest(incoming, outgoing) as unknown as Request;
}

class NodeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeHeaders;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #signal: AbortSignal | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method = 'GET', url = '/', headers } = incoming;
    this.method = method;
    // A target that is a whole URL (RFC 9112 §3.2.2) becomes a path that nothing answers: only the Host header selects a host.
    this.url = `http://${headers.host ?? 'localhost'}${url}`;
    this.headers = new NodeHeaders(incoming);
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get signal(): AbortSignal {
    this.#signal ??= abortOnDisconnect(this.#outgoing);
    return this.#signal;
  }

  get body() {
    if (this.method === 'GET' || this.method === 'HEAD') return null;
    const incoming = this.#incoming;
    return {
      getReader() {
        // What is not read stays unread: the server ends such a connection after its response.
        const chunks = incoming.iterator({ destroyOnReturn: false });
        return { read: () => chunks.next(), cancel: async () => void incoming.destroy() };
      },
    };
  }
}

/** The headers of a request, joined as node:http joins those that are given twice. */
class NodeHeaders {
  readonly #values: IncomingMessage['headers'];

  constructor({ headers }: IncomingMessage) {
    this.#values = headers;
  }

  get(name: string): string | null {
    const value = this.#values[name.toLowerCase()];
    if (Array.isArray(value)) return value.join(', ');
    return typeof value === 'string' ? value : null;
  }
}

function abortOnDisconnect(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  return controller.signal;
}
