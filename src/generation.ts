import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from './config/load.js';
import type { GatewaySettings } from './config/schema.js';
import { tenantLookup } from './config/tenant-lookup.js';
import { IssuerKeys } from './delegation/issuer-keys.js';
import type { Deps } from './deps.js';
import { clientIpReader } from './endpoints/client-ip.js';
import { createCors } from './endpoints/cors.js';
import { type GraphiqlPage, loadGraphiql } from './endpoints/graphql/graphiql.js';
import { createErrorPresenter } from './endpoints/graphql/present-error.js';
import { safeMessages } from './endpoints/graphql/safe-message.js';
import { buildSchema, buildSubgraphSchema } from './endpoints/graphql/schema/schema.js';
import { createGraphqlEndpoint } from './endpoints/graphql/yoga.js';
import type { Health, HealthCheck } from './endpoints/health.js';
import { createLegacyEndpoint } from './endpoints/legacy/endpoint.js';
import { createRouter, type Router } from './endpoints/router.js';
import { RunningRequests } from './endpoints/running-requests.js';
import type { BucketStore } from './rate-limit/bucket-store.js';
import type { SharedServices } from './shared-services.js';
import { openStores, type Stores } from './stores.js';

const OK: Health = { status: 'ok' };
const LOSING: Health = { status: 'unavailable', reason: 'events are being lost' };
const STOPPING: Health = { status: 'unavailable', reason: 'it is stopping' };

/** The gateway of one configuration. A reload builds the next one. */
export interface Generation {
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

/** Builds the gateway of a configuration. What it can keep of the previous one, it keeps. */
export async function buildGeneration(
  { settings, tenants, addons }: GatewayConfig,
  services: SharedServices,
  previous?: Generation,
): Promise<Generation> {
  const { deps, metrics, servesMetrics, refusedAttempts, graphiqlExample, lifecycle, ...shared } = services;
  const schema = settings.graphql.federation ? buildSubgraphSchema(addons) : buildSchema(addons);
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
