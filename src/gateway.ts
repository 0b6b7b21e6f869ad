import type { AddonDefinition } from './addons/addon.js';
import { ADDONS } from './addons/index.js';
import { compileTenants } from './config/build-tenants.js';
import type { GatewayConfig } from './config/schema.js';
import { tenantLookup } from './config/tenant-lookup.js';
import { createRefreshExchanger, type RefreshExchanger } from './delegation/exchange-refresh-token.js';
import { type Deps, systemDeps } from './deps.js';
import { clientIpReader } from './endpoints/client-ip.js';
import type { RequestContext } from './endpoints/context.js';
import { createCors } from './endpoints/cors.js';
import { samlMetadataResponse } from './endpoints/documents.js';
import { loadGraphiql } from './endpoints/graphql/graphiql.js';
import { errorPresenter } from './endpoints/graphql/present-error.js';
import { safeMessages } from './endpoints/graphql/safe-message.js';
import { buildSchema } from './endpoints/graphql/schema/schema.js';
import { createGraphqlServer } from './endpoints/graphql/yoga.js';
import { createLegacyEndpoint, legacyErrorResponse } from './endpoints/legacy/endpoint.js';
import { bearerToken, errorResponse, jsonResponse, methodNotAllowed, requestIdOf } from './endpoints/responses.js';
import { DelegationError } from './errors.js';
import { type RemoteKeySets, remoteKeySets } from './keys/remote-jwks.js';
import { describeError } from './observability/log.js';
import { AttemptStore } from './rate-limit/attempt-store.js';
import type { BucketStore } from './rate-limit/bucket-store.js';
import { MemoryStore } from './rate-limit/memory-store.js';

/** What is known of the connection that a request came over. */
export interface Connection {
  /** The address of the other end. */
  readonly remoteAddress?: string | undefined;
  /** False when the request has no valid Host header, or several: it is refused. */
  readonly hasValidHost?: boolean;
}

export interface Gateway {
  /** Answers a request; it never rejects, whatever the request is. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /**
   * Takes a new configuration, whole or not at all. Attempts and fetched keys are kept, and buckets while the limit is the same.
   *
   * @throws ConfigError
   */
  reload(config: GatewayConfig): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly addons?: readonly AddonDefinition[];
  /** What GraphiQL opens with. */
  readonly graphiqlExample?: Parameters<typeof loadGraphiql>[0];
}

/**
 * Puts a gateway together from a validated configuration.
 *
 * @throws ConfigError for what shows only when the parts come together
 */
export async function createGateway(
  config: GatewayConfig,
  deps: Partial<Deps> = {},
  options: GatewayOptions = {},
): Promise<Gateway> {
  const allDeps = { ...systemDeps(), ...deps };
  const parts: Parts = {
    deps: allDeps,
    refresh: createRefreshExchanger(allDeps),
    remoteKeys: remoteKeySets(allDeps),
    addons: options.addons ?? ADDONS,
    attempts: new AttemptStore(),
    graphiqlExample: options.graphiqlExample,
  };
  let state = await compose(config, parts);
  return {
    fetch: (request, connection = {}) => state.fetch(request, connection),
    async reload(next) {
      const previous = state;
      state = await compose(next, parts, previous);
      await previous.close();
    },
    async close() {
      await state.close();
    },
  };
}

interface Parts {
  readonly deps: Deps;
  readonly addons: readonly AddonDefinition[];
  readonly attempts: AttemptStore;
  readonly refresh: RefreshExchanger;
  readonly remoteKeys: RemoteKeySets;
  readonly graphiqlExample: GatewayOptions['graphiqlExample'];
}

/** A gateway with one configuration, from its tenants to its routes. */
interface State {
  readonly limit: GatewayConfig['rate_limit'];
  readonly buckets: BucketStore;
  fetch(request: Request, connection: Connection): Promise<Response>;
  close(): Promise<void>;
}

/** What answers at a path, and what its errors look like. */
interface Route {
  answer(request: Request, context: RequestContext): Response | Promise<Response>;
  readonly onError: (error: unknown) => Response;
}

async function compose(
  config: GatewayConfig,
  { deps, addons, attempts, refresh, remoteKeys, graphiqlExample }: Parts,
  previous?: State,
): Promise<State> {
  const tenantOf = tenantLookup(config.tenants, compileTenants(config, addons));
  const { burst, refill_per_minute } = config.rate_limit;
  const buckets = keepsLimit(previous, config)
    ? previous.buckets
    : new MemoryStore({ burst, refillPerMinute: refill_per_minute }, deps.now);
  const cors = createCors(config.cors.origins);
  const clientIp = clientIpReader(config.trust_proxy);
  const schema = buildSchema(addons);
  const yoga = createGraphqlServer({
    schema,
    limits: config.graphql,
    attemptsPerMinute: config.rate_limit.attempts_per_minute,
    buckets,
    attempts,
    errors: errorPresenter(deps.log, safeMessages(schema, config.graphql.suggestions)),
    graphiql: config.graphiql ? await loadGraphiql(graphiqlExample) : undefined,
  });

  const routes = new Map<string, Route>([
    ['/graphql', { answer: (request, context) => yoga.fetch(request, context), onError: errorResponse }],
    ['/delegation', { answer: createLegacyEndpoint(yoga, addons), onError: legacyErrorResponse }],
    ['/.well-known/jwks.json', get(({ tenant }) => jsonResponse(tenant.jwks, PUBLIC))],
    ['/saml/metadata', get(({ tenant }) => samlMetadataResponse(tenant.samlMetadata))],
  ]);

  function answer(
    request: Request,
    connection: Connection,
    requestId: string,
    path: string,
  ): Response | Promise<Response> {
    if (connection.hasValidHost === false) throw new DelegationError('INVALID_REQUEST', 'Expected one Host header');
    const preflight = cors.preflight(request);
    if (preflight) return preflight;
    if (path === '/livez' || path === '/readyz') return jsonResponse({ status: 'ok' });
    const tenant = tenantOf(request.headers.get('host') ?? new URL(request.url).host);
    if (!tenant) throw new DelegationError('INVALID_REQUEST', 'No tenant has this host', { status: 421 });
    const route = routes.get(path);
    if (!route) throw new DelegationError('INVALID_REQUEST', 'There is nothing at this path', { status: 404 });
    const ip = clientIp(connection.remoteAddress, request.headers.get('x-forwarded-for'));
    return route.answer(request, {
      tenant,
      ip,
      requestId,
      bearerToken: bearerToken(request),
      signal: request.signal,
      deps,
      refresh,
      remoteKeys,
    });
  }

  return {
    limit: config.rate_limit,
    buckets,
    async fetch(request, connection) {
      const requestId = requestIdOf(request, deps);
      const path = URL.canParse(request.url) ? new URL(request.url).pathname : '';
      let response: Response;
      try {
        response = await answer(request, connection, requestId, path);
      } catch (error) {
        // Who has gone away is no fault of ours, and hears no answer.
        if (!(error instanceof DelegationError) && !request.signal.aborted)
          deps.log.error({ requestId, error: describeError(error) }, 'unexpected error');
        response = (routes.get(path)?.onError ?? errorResponse)(error);
      }
      const headers = { 'X-Request-Id': requestId, 'X-Content-Type-Options': 'nosniff', ...cors.headers(request) };
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
      return response;
    },
    async close() {
      await yoga.dispose();
    },
  };
}

function keepsLimit(previous: State | undefined, { rate_limit }: GatewayConfig): previous is State {
  return (
    previous?.limit.burst === rate_limit.burst && previous.limit.refill_per_minute === rate_limit.refill_per_minute
  );
}

const PUBLIC = { headers: { 'Cache-Control': 'public, max-age=300' } };

function get(answer: (context: RequestContext) => Response): Route {
  return {
    onError: errorResponse,
    answer(request, context) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed('GET');
      return answer(context);
    },
  };
}
