import {
  type Aggregator,
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client';
import type { Metrics } from './metrics.js';
import { type Count, Durations, type Series } from './series.js';

/** What is read from other parts of the gateway when somebody asks for the metrics. */
export interface MetricsSources {
  /** Of each issuer whose keys are fetched. The age is Infinity until they are fetched first. */
  readKeyAges(): Iterable<{ readonly tenant: string; readonly issuer: string; readonly seconds: number }>;
  /** The checks of `/readyz` and their status: `ok`, `degraded` or `unavailable`. */
  readHealth(): Iterable<{ readonly check: string; readonly status: string }>;
  /** The lines that were lost since the start, by kind of destination. */
  readLostLines(): Readonly<Record<string, number>>;
}

/** The page that Prometheus reads. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** The page of one process, which can be a part of that of several. */
export interface OwnMetricsPage extends MetricsPage {
  /** Reads what `renderTogether` takes. */
  readParts(): Promise<object[]>;
}

/** Renders the page of several processes: sums of counters, and of a gauge what is worst. */
export function renderTogether(parts: readonly object[][]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts]).metrics();
}

const HEALTH_STATUSES = ['ok', 'degraded', 'unavailable'];

/**
 * Creates the page of a gateway's metrics, beside those of the process and of Node.js, such as
 * `nodejs_eventloop_lag_p99_seconds`. Load this module only where metrics
 * are on: it starts to measure the event loop.
 */
export function createMetricsPage(metrics: Metrics, sources: MetricsSources): OwnMetricsPage {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  function counter(name: string, help: string, series: Series<Count>): void {
    new Counter({
      name,
      help,
      labelNames: series.names,
      registers,
      collect() {
        this.reset();
        for (const { labels, value } of series.entries()) this.inc(labels, value.value);
      },
    });
  }

  function gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    aggregator: Aggregator,
    read: () => Iterable<readonly [labels: Record<string, string>, value: number]>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      aggregator,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  const histogram = (name: string, help: string, series: Series<Durations>) =>
    new CollectedHistogram(name, help, series, registers);

  counter('delegation_gateway_requests_total', 'HTTP requests by endpoint and class of the status.', metrics.requests);
  counter(
    'delegation_gateway_delegations_total',
    'Outcomes of delegations; the code is OK or that of the error.',
    metrics.delegations,
  );
  histogram(
    'delegation_gateway_delegation_duration_seconds',
    'Time of a delegation, calls of other services included.',
    metrics.delegationDurations,
  );
  counter('delegation_gateway_limit_refusals_total', 'Requests that a limit refused.', metrics.limitRefusals);
  histogram(
    'delegation_gateway_upstream_duration_seconds',
    'Time of a call of another service.',
    metrics.upstreamDurations,
  );
  counter(
    'delegation_gateway_upstream_failures_total',
    'Calls of other services that failed, by kind of failure.',
    metrics.upstreamFailures,
  );
  counter('delegation_gateway_reloads_total', 'Reloads of the configuration.', metrics.reloads);
  gauge(
    'delegation_gateway_last_reload_success_timestamp_seconds',
    'When the configuration was loaded last.',
    [],
    'min',
    () => [[{}, metrics.lastReloadMs / 1000]],
  );
  gauge(
    'delegation_gateway_jwks_age_seconds',
    'Time since the keys of an issuer were fetched; +Inf if never.',
    ['tenant', 'issuer'],
    'max',
    () => Array.from(sources.readKeyAges(), ({ tenant, issuer, seconds }) => [{ tenant, issuer }, seconds]),
  );
  gauge(
    'delegation_gateway_health',
    'The checks of /readyz: 1 for the status that a check has.',
    ['check', 'status'],
    'max',
    () =>
      Array.from(sources.readHealth(), (found) =>
        HEALTH_STATUSES.map(
          (status) => [{ check: found.check, status }, status === found.status ? 1 : 0] satisfies [object, number],
        ),
      ).flat(),
  );
  new Counter({
    name: 'delegation_gateway_log_lines_lost_total',
    help: 'Lines of the log and the audit log that are lost, because their destination took none.',
    labelNames: ['destination'],
    registers,
    collect() {
      this.reset();
      for (const [destination, lost] of Object.entries(sources.readLostLines())) this.inc({ destination }, lost);
    },
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    readParts: () => registry.getMetricsAsJSON(),
  };
}

/** A histogram whose values are counted elsewhere: prom-client's own builds a key for every value that it takes. */
class CollectedHistogram extends Histogram {
  readonly #header: { readonly name: string; readonly help: string };
  readonly #series: Series<Durations>;

  constructor(name: string, help: string, series: Series<Durations>, registers: Registry[]) {
    super({ name, help, labelNames: series.names, buckets: [...Durations.BOUNDS], registers });
    this.#header = { name, help };
    this.#series = series;
  }

  /** What the registry prints, and what `get` is made of. */
  async getForPromString() {
    const { name } = this.#header;
    const values = this.#series.entries().flatMap(({ labels: sharedLabels, value: { counts, sum } }) => {
      let total = 0;
      const buckets = counts.map((count, index) => {
        total += count;
        const labels = { le: Durations.BOUNDS[index] ?? '+Inf' };
        return { metricName: `${name}_bucket`, labels, sharedLabels, value: total };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
        { metricName: `${name}_count`, labels: {}, sharedLabels, value: total },
      ];
    });
    return { ...this.#header, type: 'histogram', aggregator: 'sum', values };
  }
}
