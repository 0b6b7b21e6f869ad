import { buildGuardAuditEvent } from './delegation/audit-event.js';
import { createRefreshTokenExchanger, type RefreshTokenExchanger } from './delegation/exchange-refresh-token.js';
import type { Deps } from './deps.js';
import type { GraphiqlExample } from './endpoints/graphql/graphiql.js';
import { remoteKeySets } from './keys/remote-jwks.js';
import { Upstreams } from './lib/upstream.js';
import type { AuditLog } from './observability/audit-log.js';
import type { GatewayMetrics } from './observability/open-metrics.js';
import { RefusedAttemptsCollector } from './rate-limit/refused-attempts.js';

/** What a reload keeps. */
export interface SharedServices {
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

/** Creates what is created once for a gateway. */
export function createSharedServices(
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
