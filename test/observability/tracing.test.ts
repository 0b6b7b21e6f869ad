import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTracing, NO_TRACING } from '../../src/observability/tracing.js';
import { type ConfigDocument, testGateway } from '../support/gateway.js';
import { answerWith, connectionReset, httpServer } from '../support/jwks-server.js';
import { postForm } from '../support/legacy.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const REFRESH_TOKEN = 'a-refresh-token-that-no-span-may-have';

it('without an SDK there is no tracing', () => {
  expect(findTracing()).toBe(NO_TRACING);
});

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter();
  beforeEach(() => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  afterEach(() => {
    trace.disable();
    context.disable();
    propagation.disable();
    exporter.reset();
  });

  /** The spans as a tree, each line indented below its parent: its name, and its code when it failed. */
  function drawSpans(): string[] {
    const spans = exporter.getFinishedSpans();
    const draw = (parent: string | undefined, depth: number): string[] =>
      spans
        .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
        .sort((one, other) => one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1])
        .flatMap((span) => [
          `${'  '.repeat(depth)}${span.name}${span.status.code === SpanStatusCode.ERROR ? ` ${span.attributes['error.type']}` : ''}`,
          ...draw(span.spanContext().spanId, depth + 1),
        ]);
    return draw('b7ad6b7169203331', 0);
  }

  const findSpan = (name: string) => exporter.getFinishedSpans().find((span) => span.name === name) as ReadableSpan;

  /** A gateway that exchanges refresh tokens at a real server. */
  async function tracedGateway(answer: Parameters<typeof httpServer>[0]) {
    const received: Record<string, unknown>[] = [];
    const server = await httpServer((request, response) => {
      received.push(request.headers);
      answer(request, response);
    });
    const gateway = await testGateway(({ tenants: [tenant] }: ConfigDocument) => {
      Object.assign(tenant!.issuers[0]!, { token_endpoint: `${server.url}/oauth/token?audience=x` });
      Object.assign(tenant!.clients[0]!, { refresh_token_delegation: true });
    });
    return { gateway, server, received };
  }

  const request = { headers: { traceparent: TRACEPARENT } };
  const byRefreshToken = { clientId: 'web', target: 'api', subjectToken: { refreshToken: REFRESH_TOKEN } };

  it('a delegation is a tree of spans, in the trace of its caller, which goes on to the upstream service', async () => {
    let idToken = '';
    const { gateway, server, received } = await tracedGateway((_request, response) =>
      answerWith({ id_token: idToken })(_request, response),
    );
    idToken = await gateway.idToken();
    const { errors } = await gateway.delegate(byRefreshToken, request);
    expect(errors).toBeUndefined();
    expect(drawSpans()).toEqual([
      'POST /graphql',
      '  delegate',
      '    authenticate',
      '    resolve subject',
      '      POST',
      '    verify',
      '    take',
      '    authorize',
      '    issue',
    ]);
    const [answered, delegated, sent] = ['POST /graphql', 'delegate', 'POST'].map(findSpan) as [
      ReadableSpan,
      ReadableSpan,
      ReadableSpan,
    ];
    expect(answered.kind).toBe(SpanKind.SERVER);
    expect(answered.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'url.path': '/graphql',
      'http.response.status_code': 200,
    });
    expect(delegated.attributes).toMatchObject({
      'delegation_gateway.tenant': 'acme',
      'delegation_gateway.endpoint': 'graphql',
      'delegation_gateway.api_type': 'APP',
    });
    expect(sent.kind).toBe(SpanKind.CLIENT);
    expect(sent.attributes).toEqual({
      'http.request.method': 'POST',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
      'url.full': `${server.url}/oauth/token`,
      'http.response.status_code': 200,
    });
    expect(received.map(({ traceparent }) => traceparent)).toEqual([`00-${TRACE_ID}-${sent.spanContext().spanId}-01`]);
    expectNoSecrets(idToken);
  });

  it.each([
    ['a forged token', { target: 'api' }, 'INVALID_TOKEN', ['authenticate', 'resolve subject', 'verify INVALID_TOKEN']],
    ['an unknown client', { clientId: 'nobody' }, 'UNAUTHORIZED_CLIENT', []],
  ])('the spans of %s have the code, and not the message', async (_name, input, code, steps) => {
    const { gateway } = await tracedGateway(connectionReset);
    const token = await gateway.idToken();
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    const { errors } = await gateway.delegate(input, { ...request, token: forged });
    expect(errors?.[0].extensions.code).toBe(code);
    const drawn = drawSpans();
    expect(drawn.slice(0, 2)).toEqual(['POST /graphql', `  delegate ${code}`]);
    expect(
      drawn
        .slice(2)
        .map((line) => line.trim())
        .sort(),
    ).toEqual([...steps].sort());
    expect(findSpan('delegate').status).toEqual({ code: SpanStatusCode.ERROR, message: code });
    expectNoSecrets(forged);
  });

  it('an upstream service that fails has a failed span for each attempt that was made', async () => {
    const { gateway, server } = await tracedGateway(connectionReset);
    await gateway.delegate(byRefreshToken, request);
    server.answer = answerWith({ error: 'invalid_grant' }, 400);
    await gateway.delegate(byRefreshToken, request);
    expect(drawSpans().filter((line) => line.includes('POST'))).toEqual([
      'POST /graphql',
      '      POST UND_ERR_SOCKET',
      'POST /graphql',
      '      POST 400',
    ]);
    expectNoSecrets(REFRESH_TOKEN);
  });

  it('a request is a span with its route and status, and without a path that is none', async () => {
    const { gateway } = await tracedGateway(connectionReset);
    const ask = (method: string, path: string) =>
      gateway.fetch(new Request(`http://gateway.test${path}`, { method, ...request }), { remoteAddress: '192.0.2.1' });
    await ask('GET', '/livez');
    await ask('GET', `/a-secret-path?${REFRESH_TOKEN}`);
    await ask('BREW', '/.well-known/jwks.json');
    await postForm(gateway, { id_token: 'x', target: 'api' }, request);
    expect(drawSpans()).toEqual([
      'GET /livez',
      'GET',
      'HTTP /.well-known/jwks.json',
      'POST /delegation',
      '  delegate INVALID_TOKEN',
      '    authenticate',
      '    resolve subject',
    ]);
    expect(findSpan('GET').attributes).toEqual({ 'http.request.method': 'GET', 'http.response.status_code': 404 });
    expectNoSecrets('a-secret-path');
  });

  /** No span holds a token, the user, or what else is given. */
  function expectNoSecrets(token: string): void {
    const text = JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes, status, events }) => ({ name, attributes, status, events })),
    );
    for (const secret of [...token.split('.'), REFRESH_TOKEN, 'alice']) expect(text).not.toContain(secret);
  }
});
