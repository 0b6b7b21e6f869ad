import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { authenticateClient } from '../../src/delegation/authenticate-client.js';
import { UsedAssertions } from '../../src/delegation/used-assertions.js';
import { remoteKeySets } from '../../src/keys/remote-jwks.js';
import { NO_TRACING } from '../../src/observability/tracing.js';
import { authenticationGateway, BACKEND_JWKS } from '../support/client-authentication.js';
import { testClock } from '../support/clock.js';
import { baseConfig, TENANT_ISSUER } from '../support/gateway.js';
import { recordingLogs } from '../support/log.js';

describe('an assertion of a client with 10,000 live ones', () => {
  it('is refused, because a forgotten one could be used again, and is taken when others have expired', async () => {
    const { assertion } = await authenticationGateway();
    const document = baseConfig();
    document.tenants[0]?.clients.push({ client_id: 'backend', name: 'Backend', jwks: BACKEND_JWKS } as never);
    const [tenant] = parseConfig(document).tenants;
    const client = tenant?.clients.get('backend');
    if (!tenant || !client) throw new Error('no client');
    const clock = testClock();
    const deps = { now: clock.now, fetch, randomUUID: () => 'id', tracing: NO_TRACING, ...recordingLogs() };
    const usedAssertions = new UsedAssertions();
    const until = clock.seconds() + 60;
    for (let count = 0; count < 10_000; count++) {
      usedAssertions.use([tenant.name, 'backend'], `jti-${count}`, until, clock.seconds());
    }
    const authenticate = (value: string) =>
      authenticateClient(
        client,
        { type: 'assertion', value },
        { tenant, deps, remoteKeys: remoteKeySets(deps), usedAssertions },
      );
    await expect(authenticate(assertion({ aud: TENANT_ISSUER }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED_CLIENT',
      message:
        'The client assertion does not verify: too many assertions of its client have not expired; let them expire sooner',
    });
    clock.advance(120_000);
    expect(await authenticate(assertion({ exp: clock.seconds() + 60 }))).toBe(true);
  });
});
