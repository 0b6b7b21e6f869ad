import type { GatewayConfig } from './config/load.js';
import type { AuditEvent, ShadowEvent } from './delegation/audit-event.js';
import { type Deps, systemDeps } from './deps.js';
import type { GraphiqlExample } from './endpoints/graphql/graphiql.js';
import { answerOnlyOperations } from './endpoints/operations.js';
import type { Connection } from './endpoints/router.js';
import { buildGeneration } from './generation.js';
import { createBasePath } from './http/base-path.js';
import { FetchRequest, toFetchResponse } from './http/fetch.js';
import type { HttpRequest, HttpResponse } from './http/message.js';
import type { MetricsPage, OwnMetricsPage } from './observability/metrics-page.js';
import { type GatewayMetrics, openMetrics } from './observability/open-metrics.js';
import { createSharedServices } from './shared-services.js';

export type { Connection };

/** For the requests that have begun: longer than a body and an upstream call may take. */
const RELOAD_GRACE_MS = 30_000;
/** The server has waited for them before it closes the gateway. */
const CLOSE_GRACE_MS = 1_000;

export interface Gateway {
  /**
   * Answers a request of the fetch standard.
   *
   * @throws TypeError when the connection has no IP address: limits count by it. It rejects with nothing else.
   */
  fetch(request: Request, connection: Connection): Promise<Response>;
  /** Answers a request of an HTTP server, likewise. */
  answer(request: HttpRequest, connection: Connection): Promise<HttpResponse>;
  /**
   * Replaces the configuration, completely or not at all. Fetched keys, running calls and the users of refresh tokens are
   * kept; so are attempts, used assertions, refused refresh tokens and the connection to Redis when the store stays the
   * same, and buckets when the limits stay the same too. The file of the audit log is opened again.
   */
  reload(config: GatewayConfig): Promise<void>;
  /** Makes `/readyz` answer 503 from now on. Everything else is answered as before. */
  announceStop(): void;
  /** Counts a reload that failed before `reload`, because the configuration is not valid. */
  countFailedReload(): void;
  /** Answers a request that came to the address of `metrics`: `/metrics`, `/livez` and `/readyz` alone. It never rejects. */
  answerOperations(request: HttpRequest): Promise<HttpResponse>;
  /** Frees what the gateway holds, ends its connections, and writes the audit events that are still collected. */
  close(): Promise<void>;
}

/** Each part of the outside world is by default the real one. */
export interface GatewayOptions extends Partial<Deps> {
  /**
   * The path below which everything is, such as `/identity` for `/identity/graphql`, where the server that calls the
   * gateway has not taken it off. Default: none.
   */
  readonly basePath?: string;
  /** The examples and headers that GraphiQL opens with. */
  readonly graphiqlExample?: GraphiqlExample;
  /** Makes of the metrics of this process those that it serves, such as those of several processes. */
  readonly sharePage?: (own: OwnMetricsPage) => MetricsPage;
}

/**
 * Builds a gateway from a valid configuration, with the add-ons that it was loaded with.
 *
 * @throws TypeError when `basePath` is not a path; Error when the file of the audit log cannot be opened
 */
export async function createGateway(config: GatewayConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const { basePath, graphiqlExample, sharePage, ...deps } = options;
  const base = basePath === undefined ? undefined : createBasePath(basePath);
  const givenDeps = { ...systemDeps(), ...deps };
  const allDeps = { ...givenDeps, fetch: givenDeps.tracing.traceFetch(givenDeps.fetch) };
  const openAudit = ({ settings }: GatewayConfig) => allDeps.openAuditLog(settings.audit, allDeps.log);
  let auditLog = openAudit(config);
  const metrics = await openConfiguredMetrics();
  const audit = {
    write(event: AuditEvent | ShadowEvent) {
      // The guard's refusals are counted when they happen, and a shadow is no delegation.
      if (event.audit !== 'shadow' && event.attempts === undefined) metrics?.counts.countDelegation(event);
      auditLog.write(event);
    },
    get isLosing() {
      return auditLog.isLosing;
    },
  };
  const servesMetrics = config.settings.metrics === true;
  const services = createSharedServices(allDeps, audit, { metrics, servesMetrics }, graphiqlExample);
  let generation = await buildGeneration(config, services);

  /** Whether and where there are metrics is what the configuration says at the start. */
  async function openConfiguredMetrics(): Promise<GatewayMetrics | undefined> {
    if (config.settings.metrics === false) return undefined;
    return openMetrics({
      apiTypes: config.addons.map(({ apiType }) => apiType),
      startedMs: allDeps.now(),
      sources: {
        readKeyAges: () => generation.issuerKeys.readAges(),
        readHealth: () =>
          generation.healthChecks.map(({ name, readHealth }) => ({ check: name, status: readHealth().status })),
      },
      sharePage,
    });
  }

  async function replace(next: GatewayConfig): Promise<void> {
    const previous = generation;
    const nextAuditLog = openAudit(next);
    try {
      generation = await buildGeneration(next, services, previous);
    } catch (error) {
      await nextAuditLog.close();
      throw error;
    }
    if (generation.stores !== previous.stores) void previous.finish(RELOAD_GRACE_MS);
    const closed = auditLog.close();
    auditLog = nextAuditLog;
    await closed;
  }

  const answer: Gateway['answer'] = base
    ? async (request, connection) => base.redirect(request) ?? generation.answer(base.remove(request), connection)
    : (request, connection) => generation.answer(request, connection);

  return {
    fetch: async (request, connection) => toFetchResponse(await answer(new FetchRequest(request), connection)),
    answer,
    answerOperations: (request) =>
      answerOnlyOperations(request, { healthChecks: generation.healthChecks, metricsPage: metrics?.page }, allDeps),
    async reload(next) {
      let succeeded = false;
      try {
        await replace(next);
        succeeded = true;
      } finally {
        metrics?.counts.countReload(succeeded, allDeps.now());
      }
    },
    announceStop() {
      services.lifecycle.isStopping = true;
    },
    countFailedReload: () => metrics?.counts.countReload(false, allDeps.now()),
    async close() {
      services.refusedAttempts.close();
      await generation.finish(CLOSE_GRACE_MS);
      await auditLog.close();
    },
  };
}
