import type { GatewayConfig } from './config/load.js';
import type { GatewaySettings } from './config/schema.js';
import { tenantLookup } from './config/tenant-lookup.js';
import { createRefreshTokenExchanger, type RefreshTokenExchanger } from './delegation/exchange-refresh-token.js';
import { UsedAssertions } from './delegation/used-assertions.js';
import { type Deps, systemDeps } from './deps.js';
import { clientIpReader } from './endpoints/client-ip.js';
import { createCors } from './endpoints/cors.js';
import { type GraphiqlExample, loadGraphiql } from './endpoints/graphql/graphiql.js';
import { createErrorPresenter } from './endpoints/graphql/present-error.js';
import { safeMessages } from './endpoints/graphql/safe-message.js';
import { buildSchema } from './endpoints/graphql/schema/schema.js';
import { createGraphqlEndpoint } from './endpoints/graphql/yoga.js';
import { createLegacyEndpoint } from './endpoints/legacy/endpoint.js';
import { type Connection, createRouter, type Router } from './endpoints/router.js';
import { type RemoteKeySets, remoteKeySets } from './keys/remote-jwks.js';
import { AttemptStore } from './rate-limit/attempt-store.js';
import type { BucketStore } from './rate-limit/bucket-store.js';
import { MemoryStore } from './rate-limit/memory-store.js';

export type { Connection };

export interface Gateway {
  /** Answers a request. It never rejects. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /**
   * Replaces the configuration, completely or not at all. Attempts, fetched keys and used assertions are kept; buckets are kept when the
   * limit stays the same.
   */
  reload(config: GatewayConfig): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** The query and headers that GraphiQL opens with. */
  readonly graphiqlExample?: GraphiqlExample;
}

/** Builds a gateway from a valid configuration. */
export async function createGateway(
  config: GatewayConfig,
  deps: Partial<Deps> = {},
  options: GatewayOptions = {},
): Promise<Gateway> {
  const services = createSharedServices({ ...systemDeps(), ...deps }, options);
  let generation = await buildGeneration(config, services);
  return {
    fetch: (request, connection = {}) => generation.fetch(request, connection),
    async reload(next) {
      const previous = generation;
      generation = await buildGeneration(next, services, previous);
      await previous.close();
    },
    close: () => generation.close(),
  };
}

/** What a reload keeps. */
interface SharedServices {
  readonly deps: Deps;
  readonly attempts: AttemptStore;
  readonly refreshTokens: RefreshTokenExchanger;
  readonly remoteKeys: RemoteKeySets;
  readonly usedAssertions: UsedAssertions;
  readonly graphiqlExample: GraphiqlExample | undefined;
}

function createSharedServices(deps: Deps, { graphiqlExample }: GatewayOptions): SharedServices {
  return {
    deps,
    attempts: new AttemptStore(deps.now),
    refreshTokens: createRefreshTokenExchanger(deps),
    remoteKeys: remoteKeySets(deps),
    usedAssertions: new UsedAssertions(),
    graphiqlExample,
  };
}

/** The gateway of one configuration. A reload builds the next one. */
interface Generation {
  readonly limit: GatewaySettings['rate_limit'];
  readonly buckets: BucketStore;
  readonly fetch: Router;
  close(): Promise<void>;
}

async function buildGeneration(
  { settings, tenants, addons }: GatewayConfig,
  services: SharedServices,
  previous?: Generation,
): Promise<Generation> {
  const { deps, attempts, refreshTokens, remoteKeys, usedAssertions, graphiqlExample } = services;
  const schema = buildSchema(addons);
  const buckets = chooseBuckets(settings, deps, previous);
  const graphql = createGraphqlEndpoint({
    schema,
    limits: settings.graphql,
    attemptsPerMinute: settings.rate_limit.attempts_per_minute,
    buckets,
    attempts,
    deps,
    presentError: createErrorPresenter(safeMessages(schema, settings.graphql.suggestions)),
    graphiql: settings.graphiql ? await loadGraphiql(graphiqlExample) : undefined,
  });
  return {
    limit: settings.rate_limit,
    buckets,
    fetch: createRouter({
      findTenant: tenantLookup(tenants),
      cors: createCors(settings.cors.origins),
      clientIp: clientIpReader(settings.trust_proxy),
      services: { deps, refreshTokens, remoteKeys, usedAssertions },
      endpoints: {
        '/graphql': graphql,
        '/delegation': createLegacyEndpoint(addons, graphql.buildContext),
      },
    }),
    close: graphql.close,
  };
}

/** Keeps the buckets of the previous generation when the limit is the same. */
function chooseBuckets({ rate_limit }: GatewaySettings, deps: Deps, previous: Generation | undefined): BucketStore {
  const { burst, refill_per_minute: refillPerMinute } = rate_limit;
  if (previous?.limit.burst === burst && previous.limit.refill_per_minute === refillPerMinute) return previous.buckets;
  return new MemoryStore({ burst, refillPerMinute }, deps.now);
}
