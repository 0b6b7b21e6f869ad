import { createSasTokenProvider } from '@azure/core-amqp';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { addonGateway } from '../support/addon.js';
import { anyCodePoint } from '../support/any-text.js';
import { testClock } from '../support/clock.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Any text of one line. */
const line = fc.string({ unit: anyCodePoint, minLength: 1, maxLength: 60 }).filter((text) => !/\p{Cc}/u.test(text));

const config = fc.record({
  namespace: fc.stringMatching(/^[a-z][a-z0-9-]{4,48}[a-z0-9](\.servicebus\.(windows\.net|chinacloudapi\.cn))?$/),
  sasKeyName: line,
  // Begins as no name does: an audit event with the name of a policy must not look as if it had the key of another one.
  sasKey: fc.string({ unit: anyCodePoint, maxLength: 80 }).map((text) => `\u{1F511}${text}`),
  entityPath: fc.option(
    line.filter((path) => !path.startsWith('/')),
    { nil: undefined },
  ),
});
const seconds = fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2120, 0) / 1000 });

it('@azure/core-amqp makes the same token, byte for byte, at the hour that it fixes', async () => {
  await fc.assert(
    fc.asyncProperty(config, seconds, async (policy, now) => {
      const gateway = await addonGateway('azure_sb', { ...policy, expiration: 60 }, { clock: testClock(now * 1000) });
      const { data, text } = await gateway.issue('... on AzureServiceBusSas { resourceUri }');
      const { token, resourceUri } = data?.delegate?.credential ?? { token: text };
      const host = policy.namespace.includes('.') ? policy.namespace : `${policy.namespace}.servicebus.windows.net`;
      expect(resourceUri).toBe(`http://${host}/${policy.entityPath ?? ''}`);
      vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
      const provider = createSasTokenProvider({
        sharedAccessKeyName: policy.sasKeyName,
        sharedAccessKey: policy.sasKey,
      });
      expect(token).toBe((await provider.getToken(resourceUri)).token);
      vi.useRealTimers();
    }),
    { numRuns: 200 },
  );
});
