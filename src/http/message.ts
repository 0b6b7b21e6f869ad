/** The fields of a request; names in any case. */
export interface RequestHeaders {
  /** The value, joined with ", " when the field is given several times; null when it is not there. */
  get(name: string): string | null;
}

/**
 * A request as the endpoints read it, from node:http or from a Request of the fetch standard. A Request itself would be
 * slower to make than a delegation takes.
 */
export interface HttpRequest {
  readonly method: string;
  /** The path of the target as it was sent: nothing is decoded, and no dot segment is resolved. */
  readonly path: string;
  /** The query of the target, without "?". */
  readonly query: string;
  /** Host and port that the request was sent to. */
  readonly host: string;
  readonly headers: RequestHeaders;
  /** Aborts when the client disconnects. It is made when it is read first. */
  readonly signal: AbortSignal;
  /**
   * Reads the body as UTF-8 text. The rest of a body that is too long stays unread: to cancel it would close the
   * connection before the response is sent.
   *
   * @throws BodyTooLargeError; TypeError when the bytes are not UTF-8; Error when the connection ends before the body;
   *   ConsumedBodyError when a framework has read it
   */
  readText(maxBytes: number): Promise<string>;
}

export interface HttpResponseInit {
  /** Default: 200. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A response whose content is complete. Its constructor is that of a Response, because Yoga calls it. */
export class HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Uint8Array | string | null;

  constructor(body: Uint8Array | string | null, { status = 200, headers = {} }: HttpResponseInit = {}) {
    this.body = body;
    this.status = status;
    this.headers = new ResponseHeaders(headers);
  }
}

/** The fields of a response; names in any case. */
export class ResponseHeaders {
  readonly #values = new Map<string, string>();

  constructor(values: Readonly<Record<string, string>>) {
    for (const name in values) this.set(name, values[name] as string);
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value);
  }

  /** Adds a value to those that a field has. */
  append(name: string, value: string): void {
    const before = this.#values.get(name.toLowerCase());
    this.set(name, before === undefined ? value : `${before}, ${value}`);
  }

  /** All names, in lower case, and their values. */
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values.entries();
  }
}
