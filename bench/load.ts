import { createHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import autocannon, { type Client, type Request } from 'autocannon';
import type { ServerProcess } from './server-process.js';

const CONNECTIONS = 64;
const STOP_CHECK_MS = 50;

export type HttpRequest = Request;

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** What one window of one round measured. */
export interface Sample {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server per request: user and system, all threads. */
  readonly processorUs: number;
  /** Share of the window in which the load generator was busy: near 1, it was the limit. */
  readonly loadBusy: number;
  readonly rssBytes: number;
  /** Responses that the row does not expect, and failed connections. */
  readonly unexpected: number;
  /** The first of them: the code of the error, or what failed. */
  readonly problem?: string;
}

/** When to measure, in milliseconds. */
export interface Window {
  /** Requests before the window, in which connections are opened and the caches of the processor fill. */
  readonly rampMs: number;
  readonly windowMs: number;
}

interface Expected {
  readonly expectedStatus: number;
  readonly isExpected: (body: string) => boolean;
}

/**
 * Sends the requests over 64 connections, each of which has its share of them and begins again after the last one, and
 * measures a window of that.
 */
export async function measureLoad(
  server: ServerProcess,
  requests: readonly HttpRequest[],
  { expectedStatus, isExpected }: Expected,
  { rampMs, windowMs }: Window,
): Promise<Sample> {
  const shares = splitRoundRobin(requests, CONNECTIONS);
  const histogram = createHistogram();
  let measuring = false;
  let unexpected = 0;
  let problem: string | undefined;
  const countUnexpected = (description: string) => {
    unexpected++;
    problem ??= description;
  };
  const run = autocannon({
    url: server.origin,
    connections: CONNECTIONS,
    // Stopped when the window is over.
    duration: 3_600,
    sampleInt: STOP_CHECK_MS,
    setupClient: (client) => client.setRequests(shares.pop() ?? []),
    verifyBody: isExpected,
  });
  run.on('response', (_client: Client, status: number, _bytes: number, milliseconds: number) => {
    if (measuring) histogram.record(Math.max(1, Math.round(milliseconds * 1_000)));
    if (status !== expectedStatus) countUnexpected(`HTTP ${status}`);
  });
  run.on('reqError', (error: Error) => countUnexpected(error.message));
  run.on('reqMismatch', (body: string) => countUnexpected(describeError(body)));
  await wait(rampMs);
  const before = { server: server.readProcessorTime(), load: process.cpuUsage(), at: performance.now() };
  measuring = true;
  await wait(windowMs);
  measuring = false;
  const elapsedMs = performance.now() - before.at;
  const load = process.cpuUsage(before.load);
  const serverUs = server.readProcessorTime() - before.server;
  const rssBytes = server.readRssBytes();
  run.stop();
  await run;
  server.truncateLog();
  return {
    requestsPerSecond: (histogram.count / elapsedMs) * 1_000,
    p50Ms: histogram.percentile(50) / 1_000,
    p99Ms: histogram.percentile(99) / 1_000,
    processorUs: serverUs / histogram.count,
    loadBusy: (load.user + load.system) / 1_000 / elapsedMs,
    rssBytes,
    unexpected,
    problem,
  };
}

/** The code of an error, without the rest of the body: that may contain a token. */
function describeError(body: string): string {
  return /"(?:code|error)":"(\w+)"/.exec(body)?.[1] ?? 'another body';
}

function splitRoundRobin<Item>(items: readonly Item[], parts: number): Item[][] {
  return Array.from({ length: parts }, (_, part) => items.filter((_, index) => index % parts === part));
}
