import { describe, expect, it } from 'vitest';
import { DELEGATE, type TestGateway, testGateway } from '../support/gateway.js';
import { GRANT_TYPE } from '../support/legacy.js';

const SECRET = 'tok-5ecret-in-a-message';
const MASKED = 'An unexpected error occurred; the log has it under the request id';
const REQUEST_ID = 'the-request-of-this-test';
const HEADERS = { 'x-request-id': REQUEST_ID };
const CONNECTION = { remoteAddress: '192.0.2.1' };

function requests(token: string): Readonly<Record<string, Request>> {
  const parameters = new URLSearchParams({ grant_type: GRANT_TYPE, client_id: 'web', id_token: token, target: 'api' });
  return {
    'POST /graphql': new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: DELEGATE, variables: { input: { target: 'api' } } }),
    }),
    'POST /delegation': new Request('http://gateway.test/delegation', {
      method: 'POST',
      headers: HEADERS,
      body: parameters,
    }),
    'GET /delegation': new Request(`http://gateway.test/delegation?${parameters}&cbx=cb`, { headers: HEADERS }),
  };
}

/** A gateway whose clock breaks at a reading; the readings of one delegation are counted from 1. */
async function brokenGateway(breaksAt: (reading: number) => boolean) {
  let readings = Number.NEGATIVE_INFINITY;
  const gateway: TestGateway = await testGateway(
    (config) => {
      Object.assign(config.tenants[0]!, { legacy: { jsonp: true } });
    },
    {
      deps: {
        now: () => {
          if (breaksAt(++readings)) throw new Error(SECRET);
          return Date.UTC(2026, 0, 1);
        },
      },
    },
  );
  return { gateway, token: await gateway.idToken(), start: () => (readings = 0) };
}

describe.each(['POST /graphql', 'POST /delegation', 'GET /delegation'])('an unexpected error at %s', (endpoint) => {
  it.each([
    ['in the attempt guard, before the delegation', 1, 0],
    ['in the bucket, within the delegation', 5, 1],
  ])('%s is masked, and logged and audited under its request id', async (_where, reading, audited) => {
    const { gateway, token, start } = await brokenGateway((each) => each === reading);
    start();
    const response = await gateway.fetch(requests(token)[endpoint] as Request, CONNECTION);
    const text = await response.text();
    expect(text).toContain(MASKED);
    expect(text).not.toContain(SECRET);
    const lines = gateway.log.lines.map((line) => JSON.parse(line));
    expect(lines.filter(({ msg }) => msg === 'unexpected error')).toMatchObject([
      { requestId: REQUEST_ID, error: { type: 'Error' } },
    ]);
    expect(gateway.log.audits()).toHaveLength(audited);
    for (const event of gateway.log.audits()) {
      expect(event).toMatchObject({ audit: 'fd', code: 'INTERNAL', requestId: REQUEST_ID });
    }
  });
});
