import { lostLines } from './line-writer.js';
import { Metrics } from './metrics.js';
import type { MetricsPage, MetricsSources, OwnMetricsPage } from './metrics-page.js';

/** The metrics of a gateway, where they are on. */
export interface GatewayMetrics {
  readonly counts: Metrics;
  readonly page: MetricsPage;
}

export interface MetricsOptions {
  /** The API types that a delegation may have. */
  readonly apiTypes: Iterable<string>;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  /** Read when somebody asks for the metrics. */
  readonly sources: Omit<MetricsSources, 'readLostLines'>;
  /** Makes of the metrics of this process those that it serves, such as those of several processes. */
  readonly sharePage: ((own: OwnMetricsPage) => MetricsPage) | undefined;
}

/** Opens metrics. What they need is loaded only for a gateway that has them. */
export async function openMetrics({
  apiTypes,
  startedMs,
  sources,
  sharePage,
}: MetricsOptions): Promise<GatewayMetrics> {
  const { createMetricsPage } = await import('./metrics-page.js');
  const counts = new Metrics(apiTypes, startedMs);
  const own = createMetricsPage(counts, { ...sources, readLostLines: () => lostLines });
  return { counts, page: sharePage?.(own) ?? own };
}
