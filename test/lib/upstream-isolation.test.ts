import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/server.js';
import { type ConfigDocument, type GraphqlAnswer, type TestGateway, testGateway } from '../support/gateway.js';
import { type Upstream, upstream } from '../support/upstream.js';

const DELEGATIONS = 500;
/** So many that none of them has more than 64 calls under way. */
const TARGETS = 8;
const QUERY = 'mutation ($input: DelegateInput!) { delegate(input: $input) { credential { token apiType } } }';

/** Adds clients `crm-0`, `crm-1`, … whose Salesforce add-ons call this upstream. */
function withSalesforce({ url }: Upstream) {
  return (config: ConfigDocument) => {
    Object.assign(config, { rate_limit: { burst: 10_000, per_user: false, attempts_per_minute: 10_000 } });
    for (let index = 0; index < TARGETS; index++) {
      config.tenants[0]?.clients.push({
        client_id: `crm-${index}`,
        name: 'CRM',
        allowed_clients: ['web'],
        addons: { salesforce_api: { clientid: 'consumer-key', principal: 'user_id', token_endpoint: `${url}/token` } },
      } as never);
    }
  };
}

/** Serves a gateway over HTTP, and builds the function with which a client sends its mutation. */
async function serveForClient(gateway: TestGateway) {
  const server = await serve(gateway, { host: '127.0.0.1', port: 0, quietMs: 20 });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(async () => {
    agent.destroy();
    await server.close();
  });
  return async (input: Record<string, unknown>, { token, signal }: { token: string; signal?: AbortSignal }) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const outgoing = request(`${server.url}/graphql`, { method: 'POST', headers, agent, ...(signal && { signal }) });
    outgoing.end(JSON.stringify({ query: QUERY, variables: { input } }));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await json(response) };
  };
}

describe('a client that disconnects', () => {
  it('ends the call to the upstream', async () => {
    const org = await upstream(() => {});
    const gateway = await testGateway(withSalesforce(org));
    const delegate = await serveForClient(gateway);
    const caller = new AbortController();
    const token = await gateway.idToken();
    const left = delegate({ target: 'crm-0' }, { token, signal: caller.signal }).catch((error: Error) => error.name);
    await org.until(() => org.bodies.length === 1);
    expect(org.ended()).toBe(0);
    const disconnected = performance.now();
    caller.abort();
    expect(await left).toBe('AbortError');
    await org.until(() => org.ended() === 1);
    expect(performance.now() - disconnected).toBeLessThan(2_000);
  });
});

describe('an upstream that hangs', () => {
  it(`does not slow down other delegations while ${DELEGATIONS} wait for it`, async () => {
    const org = await upstream(() => {});
    const gateway = await testGateway(withSalesforce(org));
    const delegate = await serveForClient(gateway);
    const token = await gateway.idToken();
    const app = async () => {
      const started = performance.now();
      expect(await delegate({ target: 'api', apiType: 'APP' }, { token })).toMatchObject({
        status: 200,
        body: { data: { delegate: { credential: { apiType: 'APP' } } } },
      });
      return performance.now() - started;
    };
    const apps = async () => {
      const times: number[] = [];
      for (let count = 0; count < 50; count++) times.push(await app());
      return median(times);
    };
    await apps();
    const alone = await apps();

    const callers = Array.from({ length: DELEGATIONS }, () => new AbortController());
    const tokens = await Promise.all(callers.map((_caller, index) => gateway.idToken({ sub: `auth0|user-${index}` })));
    const hanging = callers.map(({ signal }, index) =>
      delegate({ target: `crm-${index % TARGETS}` }, { token: tokens[index] as string, signal }).then(
        ({ body }) => (body as GraphqlAnswer).errors?.[0].extensions.code,
        (error: Error) => error.name,
      ),
    );
    await org.until(() => org.bodies.length === DELEGATIONS);
    const held = org.connections() - org.ended();
    const beside = await apps();
    for (const caller of callers) caller.abort();
    const ends = await Promise.all(hanging);

    console.info(
      `APP delegation, median of 50: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms while ${held} wait`,
    );
    // On a busy machine the first may have timed out before the last arrive.
    expect(held).toBeGreaterThan(0);
    expect(ends.filter((end) => end !== 'AbortError' && end !== 'UPSTREAM_UNAVAILABLE')).toEqual([]);
    expect(beside).toBeLessThan(2 * alone + 25);
    await org.until(() => org.ended() >= DELEGATIONS);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
