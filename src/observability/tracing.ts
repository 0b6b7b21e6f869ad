import {
  type Attributes,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { DelegationError } from '../errors.js';

/** What an HTTP span says of a request. */
interface TracedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { get(name: string): string | null };
}

type Answer<Request, Connection, Response> = (request: Request, connection: Connection) => Promise<Response>;

/** Makes spans of what the gateway does (https://opentelemetry.io/docs/specs/otel/trace/). */
export interface Tracing {
  /** Runs a step in a span of its own. What it throws gives the span its status: the code of the error, not its message. */
  step<Result>(name: string, run: () => Result | Promise<Result>): Result | Promise<Result>;
  /** Adds attributes to the span of the step that runs. */
  annotate(attributes: Attributes): void;
  /** Makes a span of each request that is sent, and sends `traceparent` with it. */
  traceFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  /**
   * Makes a span of each request that is answered, within the trace that its `traceparent` names.
   *
   * @param isRoute whether a path is one that the gateway answers: no span has another one, which may hold anything
   */
  traceAnswer<Request extends TracedRequest, Connection, Response extends { readonly status: number }>(
    answer: Answer<Request, Connection, Response>,
    isRoute: (path: string) => boolean,
  ): Answer<Request, Connection, Response>;
}

/** No spans, and no cost but that of a call. */
export const NO_TRACING: Tracing = {
  step: (_name, run) => run(),
  annotate: () => {},
  traceFetch: (fetch) => fetch,
  traceAnswer: (answer) => answer,
};

/** Finds the SDK of OpenTelemetry that was registered in this process before; without one there are no spans. */
export function findTracing(): Tracing {
  const tracer = trace.getTracer('delegation-gateway');
  // Only an SDK gives a span an id. This one never ends, so it is not exported.
  const probe = tracer.startSpan('probe', { root: true });
  return trace.isSpanContextValid(probe.spanContext()) ? createTracing(tracer) : NO_TRACING;
}

function createTracing(tracer: Tracer): Tracing {
  return {
    step: (name, run) => tracer.startActiveSpan(name, (span) => endAfter(span, run)),
    annotate: (attributes) => void trace.getActiveSpan()?.setAttributes(attributes),
    traceFetch: (fetch) => (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const method = init?.method ?? 'GET';
      const attributes = { 'http.request.method': method, ...describeUrl(url) };
      return tracer.startActiveSpan(method, { kind: SpanKind.CLIENT, attributes }, (span) =>
        endAfter(span, async () => {
          const headers = new Headers(init?.headers);
          propagation.inject(context.active(), headers, { set: (carrier, name, value) => carrier.set(name, value) });
          const response = await fetch(input, { ...init, headers });
          setStatus(span, response.status, 400);
          return response;
        }),
      );
    },
    traceAnswer: (answer, isRoute) => (request, connection) => {
      const { path } = request;
      const method = METHODS.has(request.method) ? request.method : '_OTHER';
      const route = isRoute(path) ? { 'http.route': path, 'url.path': path } : {};
      const attributes = { 'http.request.method': method, ...route };
      const name = `${method === '_OTHER' ? 'HTTP' : method}${isRoute(path) ? ` ${path}` : ''}`;
      return tracer.startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, findParent(request), (span) =>
        endAfter(span, async () => {
          const response = await answer(request, connection);
          setStatus(span, response.status, 500);
          return response;
        }),
      );
    },
  };
}

/** The methods that a span may name (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
]);

/** The span that is there already, when another instrumentation has made one of the request, or the one that it names. */
function findParent({ headers }: TracedRequest) {
  const active = context.active();
  if (trace.getSpan(active)) return active;
  return propagation.extract(active, headers, { keys: () => [], get: (from, name) => from.get(name) ?? undefined });
}

/** A URL without its query and without credentials. */
function describeUrl({ protocol, hostname, port, origin, pathname }: URL): Attributes {
  return {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'url.full': `${origin}${pathname}`,
  };
}

/** @param firstError the first status that is an error of the side whose span it is */
function setStatus(span: Span, status: number, firstError: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= firstError) setError(span, String(status));
}

function setError(span: Span, type: string, message?: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

/** The code of a failed `fetch`, such as ECONNREFUSED, or the name of the error. */
function readErrorType(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}

async function endAfter<Result>(span: Span, run: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DelegationError) setError(span, error.code, error.code);
    else setError(span, readErrorType(error));
    throw error;
  } finally {
    span.end();
  }
}
