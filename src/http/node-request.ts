import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyCollector } from '../lib/read-capped.js';
import type { HttpRequest, RequestHeaders } from './message.js';
import { writeParsedBody } from './parsed-body.js';

/**
 * A request of node:http. A target that is a whole URL (RFC 9112 §3.2.2) is a path that nothing answers: only the Host
 * header selects a host.
 */
export class NodeRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: RequestHeaders;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #signal: AbortSignal | undefined;

  /** @param outgoing its response; the signal aborts when it is closed before it was sent in full */
  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.method = incoming.method ?? 'GET';
    ({ path: this.path, query: this.query } = splitTarget(incoming.url ?? '/'));
    this.headers = new NodeHeaders(incoming);
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get host(): string {
    return this.#incoming.headers.host ?? 'localhost';
  }

  get signal(): AbortSignal {
    this.#signal ??= abortOnDisconnect(this.#outgoing);
    return this.#signal;
  }

  /** What is not read stays unread: the server ends such a connection after its response. */
  async readText(maxBytes: number): Promise<string> {
    const incoming = this.#incoming;
    if (incoming.readableEnded) return writeParsedBody(incoming, maxBytes);
    const body = new BodyCollector(maxBytes);
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error('The connection ended before the body'));
      if (incoming.destroyed) return fail();
      const read = (chunk: Buffer) => {
        try {
          body.add(chunk);
        } catch (error) {
          incoming.off('data', read).pause();
          reject(error);
        }
      };
      incoming.on('data', read).once('end', resolve).once('error', fail).once('close', fail);
    });
    return body.toText();
  }
}

/** The fields of a request, joined as node:http joins those that are given twice. */
class NodeHeaders implements RequestHeaders {
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

/** Splits a target into path and query. A fragment, which no client sends, counts as a part of them. */
function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function abortOnDisconnect(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!outgoing.writableFinished) controller.abort();
  };
  if (outgoing.closed) abort();
  else outgoing.once('close', abort);
  return controller.signal;
}
