import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import type { Client, Tenant } from '../../src/config/tenant.js';
import { authorize, type Grant } from '../../src/delegation/authorize.js';
import { buildChainClaims, readChain, startChain } from '../../src/delegation/chain.js';
import type { Caller } from '../../src/delegation/verify-id-token.js';
import { DelegationError } from '../../src/errors.js';
import { APP_SECRET, baseConfig, ISSUER } from '../support/gateway.js';

const IDS = ['a', 'b', 'c', 'd', 'e'] as const;
const MAX_AGE = 1_000;
const FIREBASE = { firebase: { secret: 'a-secret-of-firebase' } };

interface Graph {
  /** For each client: who may delegate to it, whether its tokens are HS256, and whether those may delegate. */
  readonly clients: readonly {
    readonly allowed: readonly string[];
    readonly hs256: boolean;
    readonly trusted: boolean;
  }[];
  readonly maxDepth: number;
}

const graphs: fc.Arbitrary<Graph> = fc.record({
  clients: fc.array(
    fc.record({
      allowed: fc.uniqueArray(fc.constantFrom(...IDS, '*')),
      hs256: fc.boolean(),
      trusted: fc.boolean(),
    }),
    { minLength: IDS.length, maxLength: IDS.length },
  ),
  maxDepth: fc.integer({ min: 1, max: 4 }),
});

const steps = fc.array(
  fc.record({
    target: fc.constantFrom(...IDS),
    addon: fc.boolean(),
    wait: fc.integer({ min: 0, max: 400 }),
    lifetime: fc.integer({ min: 1, max: 2_000 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** One tenant for each way in which clients can sign; its policies are replaced by those of the graph. */
const tenants = new Map<string, Tenant>();
function buildTenant({ clients, maxDepth }: Graph): Tenant {
  const key = clients.map(({ hs256 }) => Number(hs256)).join('');
  let tenant = tenants.get(key);
  if (!tenant) {
    const document = baseConfig();
    const secret = { client_secret: APP_SECRET, jwt_configuration: { alg: 'HS256' } };
    Object.assign(document.tenants[0]!, {
      clients: clients.map(({ hs256 }, index) => ({ client_id: IDS[index], addons: FIREBASE, ...(hs256 && secret) })),
    });
    tenant = parseConfig(document).tenants[0] as Tenant;
    tenants.set(key, tenant);
  }
  const withPolicy = (client: Client, index: number): [string, Client] => [
    client.clientId,
    {
      ...client,
      allowedClients: new Set(clients[index]!.allowed),
      hs256Delegation: clients[index]!.trusted,
    },
  ];
  return {
    ...tenant,
    chain: { maxAgeSeconds: MAX_AGE, maxDepth },
    clients: new Map([...tenant.clients.values()].map(withPolicy)),
  };
}

/** What the slow model remembers of a token: all that ever happened to it. */
interface History {
  readonly holder: string;
  readonly isFirst: boolean;
  /** The applications that passed the token on, the earliest first. */
  readonly delegators: readonly string[];
  readonly end: number;
}

/** Decides by the words of the contract, from the whole history. */
function mayDelegate(graph: Graph, { holder, isFirst, delegators }: History, target: string, addon: boolean): boolean {
  if (holder === target && !addon) return true;
  const { hs256, trusted } = graph.clients[IDS.indexOf(holder as 'a')]!;
  if (!isFirst && hs256 && !trusted) return false;
  const { allowed } = graph.clients[IDS.indexOf(target as 'a')]!;
  const everybody = [...delegators, holder];
  if (!everybody.every((each) => each === target || allowed.includes(each) || allowed.includes('*'))) return false;
  const runs = everybody.filter((each, index) => each !== everybody[index - 1]);
  return runs.length <= graph.maxDepth;
}

it('10,000 random walks: a chain goes where the model lets it, ends when it ends, and loses nothing', () => {
  let granted = 0;
  let refused = 0;
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 2_000 }), steps, (graph, firstLifetime, walk) => {
      const tenant = buildTenant(graph);
      let now = 1_767_225_600;
      const signIn = { auth_time: now - 5, acr: 'mfa', amr: ['pwd'] };
      let claims: Record<string, unknown> = { ...signIn, iss: ISSUER, iat: now, exp: now + firstLifetime };
      let history: History = {
        holder: 'a',
        isFirst: true,
        delegators: [],
        end: now + Math.max(firstLifetime, MAX_AGE),
      };
      for (const { target, addon, wait, lifetime } of walk) {
        now += wait;
        if (now >= (claims.exp as number)) return;
        const caller = buildCaller(tenant, claims, history, now);
        const grant = tryAuthorize(tenant, caller, target, addon);
        expect(grant !== undefined).toBe(mayDelegate(graph, history, target, addon));
        if (!grant) {
          refused++;
          continue;
        }
        granted++;
        if (addon) continue;
        claims = {
          ...buildChainClaims(grant.chain),
          iss: tenant.issuer,
          iat: now,
          exp: Math.min(now + lifetime, grant.chain.expiresAt),
        };
        const renewed = history.holder === target;
        history = {
          ...history,
          holder: target,
          isFirst: false,
          delegators: renewed ? history.delegators : [...history.delegators, history.holder],
        };
        expect(claims.exp).toBeLessThanOrEqual(history.end);
        expect(claims).toMatchObject({ ...signIn, idp: ISSUER, chain_exp: history.end });
        const runs = history.delegators.filter((each, index, all) => each !== all[index - 1]);
        expect(readActors(claims.act)).toEqual(runs.toReversed());
      }
    }),
    { numRuns: 10_000 },
  );
  console.log(`chain walks: ${granted} hops granted, ${refused} refused`);
  expect(Math.min(granted, refused)).toBeGreaterThan(5_000);
});

function buildCaller(tenant: Tenant, claims: Record<string, unknown>, history: History, now: number): Caller {
  const { iat, exp } = claims as { iat: number; exp: number };
  const client = tenant.clients.get(history.holder) as Client;
  return {
    userId: 'auth0|alice',
    issuer: String(claims.iss),
    client,
    authenticated: false,
    claims,
    chain: history.isFirst
      ? startChain({ ...claims, iss: ISSUER, iat, exp }, tenant.chain)
      : readChain(claims, { tenant, client, nowSeconds: now }),
    isOwnToken: !history.isFirst,
    isSoleAudience: true,
    identity: { read: () => undefined },
  };
}

function tryAuthorize(tenant: Tenant, caller: Caller, target: string, addon: boolean): Grant | undefined {
  const apiType = addon ? 'FIREBASE' : 'APP';
  try {
    return authorize(tenant, caller, { subjectToken: undefined, target, apiType, scope: [], inputs: {} });
  } catch (error) {
    if (error instanceof DelegationError && error.code === 'UNAUTHORIZED_CLIENT') return undefined;
    throw error;
  }
}

function readActors(act: unknown): string[] {
  const { sub, act: inner } = (act ?? {}) as { sub?: string; act?: unknown };
  return sub === undefined ? [] : [sub, ...readActors(inner)];
}
