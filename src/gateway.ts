import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from './config/load.js';
import type { GatewaySettings } from './config/schema.js';
import { tenantLookup } from './config/tenant-lookup.js';
import { type AuditEvent, buildGuardAuditEvent } from './delegation/audit-event.js';
import { createRefreshTokenExchanger, type RefreshTokenExchanger } from './delegation/exchange-refresh-token.js';
import { IssuerKeys } from './delegation/issuer-keys.js';
import { type Deps, systemDeps } from './deps.js';
import { clientIpReader } from './endpoints/client-ip.js';
import { createCors } from './endpoints/cors.js';
import { type GraphiqlExample, type GraphiqlPage, loadGraphiql } from './endpoints/graphql/graphiql.js';
import { createErrorPresenter } from './endpoints/graphql/present-error.js';
import { safeMessages } from './endpoints/graphql/safe-message.js';
import { buildSchema } from './endpoints/graphql/schema/schema.js';
import { createGraphqlEndpoint } from './endpoints/graphql/yoga.js';
import type { Health, HealthCheck } from './endpoints/health.js';
import { createLegacyEndpoint } from './endpoints/legacy/endpoint.js';
import { answerOnlyOperations } from './endpoints/operations.js';
import { type Connection, createRouter, type Router } from './endpoints/router.js';
import { RunningRequests } from './endpoints/running-requests.js';
import { createBasePathRemover } from './http/base-path.js';
import { FetchRequest, toFetchResponse } from './http/fetch.js';
import type { HttpRequest, HttpResponse } from './http/message.js';
import { remoteKeySets } from './keys/remote-jwks.js';
import { Upstreams } from './lib/upstream.js';
import type { AuditLog } from './observability/audit-log.js';
import type { MetricsPage, OwnMetricsPage } from './observability/metrics-page.js';
import { type GatewayMetrics, openMetrics } from './observability/open-metrics.js';
import type { BucketStore } from './rate-limit/bucket-store.js';
import { RefusedAttemptsCollector } from './rate-limit/refused-attempts.js';
import { openStores, type Stores } from './stores.js';

export type { Connection };

const OK: Health = { status: 'ok' };
const LOSING: Health = { status: 'unavailable', reason: 'events are being lost' };
const STOPPING: Health = { status: 'unavailable', reason: 'it is stopping' };
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
  /** The query and headers that GraphiQL opens with. */
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
  const removeBasePath = basePath === undefined ? undefined : createBasePathRemover(basePath);
  const givenDeps = { ...systemDeps(), ...deps };
  const allDeps = { ...givenDeps, fetch: givenDeps.tracing.traceFetch(givenDeps.fetch) };
  const openAudit = ({ settings }: GatewayConfig) => allDeps.openAuditLog(settings.audit, allDeps.log);
  let auditLog = openAudit(config);
  const metrics = await openConfiguredMetrics();
  const audit = {
    write(event: AuditEvent) {
      // The guard's refusals are counted when they happen.
      if (event.attempts === undefined) metrics?.counts.countDelegation(event);
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

  const answer: Gateway['answer'] = (request, connection) =>
    generation.answer(removeBasePath ? removeBasePath(request) : request, connection);

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

/** What a reload keeps. */
interface SharedServices {
  readonly deps: Deps;
  readonly audit: Omit<AuditLog, 'close'>;
  readonly metrics: GatewayMetrics | undefined;
  /** Whether `/metrics` is at the address of the gateway. */
  readonly servesMetrics: boolean;
  readonly refusedAttempts: RefusedAttemptsCollector;
  readonly upstreams: Upstreams;
  readonly refreshTokens: RefreshTokenExchanger;
  readonly remoteKeys: ReturnType<typeof remoteKeySets>;
  readonly graphiqlExample: GraphiqlExample | undefined;
  readonly lifecycle: { isStopping: boolean };
}

function createSharedServices(
  deps: Deps,
  audit: Omit<AuditLog, 'close'>,
  { metrics, servesMetrics }: Pick<SharedServices, 'metrics' | 'servesMetrics'>,
  graphiqlExample: GraphiqlExample | undefined,
): SharedServices {
  const counts = metrics?.counts;
  const upstreams = new Upstreams(deps, counts?.observeUpstream);
  return {
    deps,
    audit,
    metrics,
    servesMetrics,
    refusedAttempts: new RefusedAttemptsCollector({
      now: deps.now,
      count: counts && ((tenant, attempts) => counts.countRefusal(tenant, 'attempts', attempts)),
      report: (refused) => audit.write(buildGuardAuditEvent(refused)),
    }),
    upstreams,
    refreshTokens: createRefreshTokenExchanger(upstreams),
    remoteKeys: remoteKeySets(deps, counts?.observeUpstream),
    graphiqlExample,
    lifecycle: { isStopping: false },
  };
}

/** The gateway of one configuration. A reload builds the next one. */
interface Generation {
  readonly settings: GatewaySettings;
  readonly stores: Stores;
  readonly buckets: BucketStore;
  readonly graphiql: Promise<GraphiqlPage> | undefined;
  readonly answer: Router;
  readonly issuerKeys: IssuerKeys;
  readonly healthChecks: readonly HealthCheck[];
  /** Closes the stores when the requests that have begun are answered, or when the time for that is over. */
  finish(timeoutMs: number): Promise<void>;
}

async function buildGeneration(
  { settings, tenants, addons }: GatewayConfig,
  services: SharedServices,
  previous?: Generation,
): Promise<Generation> {
  const { deps, metrics, servesMetrics, refusedAttempts, graphiqlExample, lifecycle, ...shared } = services;
  const schema = buildSchema(addons);
  const graphiql = settings.graphiql ? (previous?.graphiql ?? loadGraphiql(graphiqlExample)) : undefined;
  const stores = await chooseStores(settings, deps, previous);
  const { attempts, usedAssertions, refusedTokens } = stores;
  const buckets = chooseBuckets(buildLimits(settings), stores, previous);
  const issuerKeys = new IssuerKeys(tenants, services.remoteKeys);
  void issuerKeys.fetchMissing(deps.log);
  const healthChecks: readonly HealthCheck[] = [
    { name: 'gateway', readHealth: () => (lifecycle.isStopping ? STOPPING : OK) },
    { name: 'audit', readHealth: () => (shared.audit.isLosing ? LOSING : OK) },
    { name: 'store', readHealth: () => stores.readHealth() },
    { name: 'keys', readHealth: () => issuerKeys.readHealth() },
  ];
  const graphql = createGraphqlEndpoint({
    schema,
    limits: settings.graphql,
    attemptsPerMinute: settings.rate_limit.attempts_per_minute,
    buckets,
    attempts,
    refusedAttempts,
    metrics: metrics?.counts,
    deps,
    presentError: createErrorPresenter(safeMessages(schema, settings.graphql.suggestions)),
    graphiql,
  });
  const running = new RunningRequests(
    createRouter({
      findTenant: tenantLookup(tenants),
      cors: createCors({ origins: settings.cors.origins, servesPage: settings.graphiql }),
      clientIp: clientIpReader(settings.trust_proxy, (peer) =>
        deps.log.warn({ peer }, 'X-Forwarded-For is not read: its sender is not in trust_proxy'),
      ),
      services: { deps, usedAssertions, refusedTokens, ...shared },
      healthChecks,
      metrics: metrics?.counts,
      metricsPage: servesMetrics ? metrics?.page : undefined,
      endpoints: {
        '/graphql': graphql,
        '/delegation': createLegacyEndpoint(addons, graphql.buildContext),
      },
    }),
  );
  return {
    settings,
    stores,
    buckets,
    graphiql,
    answer: running.answer,
    issuerKeys,
    healthChecks,
    async finish(timeoutMs) {
      await running.ended(timeoutMs);
      await stores.close();
    },
  };
}

/** Keeps the stores of the previous generation when they are configured alike. */
async function chooseStores(
  { rate_limit }: GatewaySettings,
  deps: Deps,
  previous: Generation | undefined,
): Promise<Stores> {
  const pick = ({ store, on_store_failure }: GatewaySettings['rate_limit']) => ({ store, on_store_failure });
  if (previous && isDeepStrictEqual(pick(previous.settings.rate_limit), pick(rate_limit))) return previous.stores;
  return openStores(rate_limit, deps);
}

/** The limit of a user at one address and, unless it is off, that of a user over all addresses. */
function buildLimits({ rate_limit: { burst, refill_per_minute, per_user } }: GatewaySettings): BucketStore['limits'] {
  const configured = per_user === false ? [{ burst, refill_per_minute }] : [{ burst, refill_per_minute }, per_user];
  return configured.map((each) => ({ burst: each.burst, refillPerMinute: each.refill_per_minute }));
}

/** Keeps the buckets of the previous generation when the stores and the limits are the same. */
function chooseBuckets(limits: BucketStore['limits'], stores: Stores, previous: Generation | undefined): BucketStore {
  const isSame = previous?.stores === stores && isDeepStrictEqual(previous.buckets.limits, limits);
  return isSame ? previous.buckets : stores.createBuckets(limits);
}
