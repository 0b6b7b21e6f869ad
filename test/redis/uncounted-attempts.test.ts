import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { createGateway } from '../../src/gateway.js';
import { recordingLog } from '../support/log.js';
import { describeWithRedis, startRedis } from '../support/redis-server.js';
import { delegate, sharedConfig, signTokens } from './shared-gateways.js';

describeWithRedis('attempts that could not be counted', () => {
  it('are one audit event an address, as those over the limit', async () => {
    const redis = await startRedis();
    const log = recordingLog();
    const gateway = await createGateway(parseConfig(sharedConfig(redis.url)), { log, openAuditLog: log.openAuditLog });
    await redis.kill();
    const [token] = await signTokens(1);
    for (let request = 0; request < 3; request++) expect(await delegate(gateway, token!)).toBe('failed');
    await gateway.close();
    expect(log.audits()).toMatchObject([{ audit: 'fd', code: 'UPSTREAM_UNAVAILABLE', attempts: 3, ip: '192.0.2.1' }]);
  });
});
