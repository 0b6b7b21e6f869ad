import type { Sample } from './load.js';
import type { ServerProcess } from './server-process.js';

/** Measures RSA operations of a process that does nothing else (bench/servers/raw-rsa.mjs). */
export async function measureRaw(
  server: ServerProcess,
  operation: 'sign' | 'verify',
  windowMs: number,
): Promise<Sample> {
  const before = { processor: server.readProcessorTime(), at: performance.now() };
  const response = await fetch(`${server.origin}/${operation}?milliseconds=${windowMs}`);
  const { calls, p50Ms, p99Ms } = (await response.json()) as Record<'calls' | 'p50Ms' | 'p99Ms', number>;
  return {
    requestsPerSecond: (calls / (performance.now() - before.at)) * 1_000,
    p50Ms,
    p99Ms,
    processorUs: (server.readProcessorTime() - before.processor) / calls,
    loadBusy: 0,
    rssBytes: server.readRssBytes(),
    unexpected: 0,
  };
}
